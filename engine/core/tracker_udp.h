// UDP trackers (BEP 15, options of BEP 41): packets of both directions. Pure values; retransmission and connection ids
// are timed by whoever sends.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/tracker_http.h"

namespace podswarm::engine {

inline constexpr std::chrono::seconds kUdpConnectionIdLifetime{60};
inline constexpr std::size_t kMaxUdpScrape = 74;  // torrents in one packet
// How long to wait for the answer to the attempt number `n` (from 0): 15·2^n s, n at most 8.
[[nodiscard]] std::chrono::seconds udp_tracker_timeout(unsigned attempt);

[[nodiscard]] base::Bytes encode_udp_connect(std::uint32_t transaction);
// `path_and_query` of the tracker's URL goes along (BEP 41) unless it is "" or "/".
[[nodiscard]] base::Bytes encode_udp_announce(std::uint64_t connection, std::uint32_t transaction,
                                              const AnnounceRequest& request, std::string_view path_and_query);
// At most kMaxUdpScrape torrents; more is a bug.
[[nodiscard]] base::Bytes encode_udp_scrape(std::uint64_t connection, std::uint32_t transaction,
                                            const std::vector<InfoHash>& torrents);

struct UdpConnected {
  std::uint64_t connection = 0;
};
struct UdpScraped {
  std::vector<ScrapeCounts> torrents;  // in the order of the request
};
struct UdpTrackerReply {
  std::uint32_t transaction = 0;
  std::variant<UdpConnected, AnnounceResponse, UdpScraped> body;
};
enum class UdpTrackerError {
  kNotReply,  // too short, or of an unknown action: ignore it
  kRefused,   // the tracker's error message, cleaned, is the message
};
struct UdpReplyHeader {
  std::uint32_t action = 0;
  std::uint32_t transaction = 0;
};
// So that a reply finds its request, refusals included. Nothing for what is too short.
[[nodiscard]] std::optional<UdpReplyHeader> peek_udp_reply(base::ByteView packet);
// `v6`: the packet came over IPv6, its peers have 18 bytes.
[[nodiscard]] base::Result<UdpTrackerReply, UdpTrackerError> decode_udp_reply(base::ByteView packet, bool v6);

// ---- the tracker's side ----

struct UdpConnectRequest {};
struct UdpAnnounceRequest {
  std::uint64_t connection = 0;
  AnnounceRequest request;
  std::string path_and_query;  // BEP 41
};
struct UdpScrapeRequest {
  std::uint64_t connection = 0;
  std::vector<InfoHash> torrents;
};
struct UdpTrackerRequest {
  std::uint32_t transaction = 0;
  std::variant<UdpConnectRequest, UdpAnnounceRequest, UdpScrapeRequest> body;
};
enum class UdpRequestError { kNotRequest };
[[nodiscard]] base::Result<UdpTrackerRequest, UdpRequestError> decode_udp_request(base::ByteView packet);
[[nodiscard]] base::Bytes encode_udp_connected(std::uint32_t transaction, std::uint64_t connection);
// Peers of the other family are left out.
[[nodiscard]] base::Bytes encode_udp_announced(std::uint32_t transaction, const AnnounceAnswer& answer, bool v6);
[[nodiscard]] base::Bytes encode_udp_scraped(std::uint32_t transaction, const std::vector<ScrapeCounts>& torrents);
[[nodiscard]] base::Bytes encode_udp_error(std::uint32_t transaction, std::string_view message);

}  // namespace podswarm::engine
