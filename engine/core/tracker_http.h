// HTTP trackers (BEP 3, 7, 23, 24, 48): the client's announce and scrape URLs and the answers to them; and the same
// from the tracker's side. Pure values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/digest.h"
#include "engine/core/endpoint.h"
#include "engine/core/peer_wire.h"

namespace podswarm::engine {

enum class AnnounceEvent : std::uint8_t { kNone = 0, kCompleted = 1, kStarted = 2, kStopped = 3 };  // BEP 15's numbers

// What is told to a tracker, HTTP or UDP.
struct AnnounceRequest {
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint16_t port = 0;
  std::uint64_t uploaded = 0;  // since `started`
  std::uint64_t downloaded = 0;
  std::uint64_t left = 0;  // a magnet without metadata says 1: it is no seed
  AnnounceEvent event = AnnounceEvent::kNone;
  std::uint32_t key = 0;  // the same for a torrent's whole life
  std::uint32_t num_want = 50;
  std::string tracker_id;  // as the tracker gave it
  std::string ip;          // "" = the tracker sees it
};

// What a tracker answers, HTTP or UDP.
struct AnnounceResponse {
  std::chrono::seconds interval{1800};    // clamped to kMinInterval..kMaxInterval
  std::chrono::seconds min_interval{0};   // 0 = not said
  std::optional<std::uint32_t> complete;  // seeds
  std::optional<std::uint32_t> incomplete;
  std::optional<std::uint32_t> downloaded;
  std::string tracker_id;  // "" = keep the one that was given before
  std::string warning;
  std::optional<Endpoint> external_ip;                             // BEP 24; port 0
  std::vector<Endpoint> peers;                                     // at most kMaxTrackerPeers; no order, no duplicates
  std::vector<std::pair<std::string, std::uint16_t>> named_peers;  // of the long form: hosts that are no IP addresses
};

inline constexpr std::chrono::seconds kMinInterval{60};
inline constexpr std::chrono::seconds kMaxInterval{24 * 3600};
// More than anybody asks for: a tracker that invents addresses keeps us from real ones for so long only.
inline constexpr std::size_t kMaxTrackerPeers = 200;
inline constexpr std::size_t kMaxTrackerResponse = 1u << 20;

enum class TrackerError {
  kRefused,  // the tracker's own "failure reason": the message is its text, cleaned
  kNotBencoded,
  kBadAnswer,  // bencoded, but no announce answer
  kTooLarge,
  kNoScrape,  // the announce URL has no scrape convention
  kBadQuery,  // server side
};

// `announce` as the torrent has it; a query of its own is kept.
[[nodiscard]] std::string announce_url(std::string_view announce, const AnnounceRequest& request);
[[nodiscard]] base::Result<AnnounceResponse, TrackerError> parse_announce_response(base::ByteView body);

// BEP 31: how long a tracker that refused wants to be left alone ("never" is kMaxInterval); nothing if it does not say.
[[nodiscard]] std::optional<std::chrono::seconds> refusal_retry_in(base::ByteView body);

// BEP 48: only where the last path segment begins with "announce".
[[nodiscard]] base::Result<std::string, TrackerError> scrape_url(std::string_view announce,
                                                                 const std::vector<InfoHash>& torrents);
struct ScrapeCounts {
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::uint32_t downloaded = 0;

  friend bool operator==(const ScrapeCounts&, const ScrapeCounts&) = default;
};
using ScrapeResponse = std::vector<std::pair<InfoHash, ScrapeCounts>>;
[[nodiscard]] base::Result<ScrapeResponse, TrackerError> parse_scrape_response(base::ByteView body);

// ---- the tracker's side ----

struct AnnounceQuery {
  AnnounceRequest request;
  bool compact = true;  // BEP 23: without a word, compact
  bool no_peer_id = false;
};
// The query of a GET, without '?'. info_hash, peer_id and port must be there and good; num_want is clamped to 200.
[[nodiscard]] base::Result<AnnounceQuery, TrackerError> parse_announce_query(std::string_view query);
// Every info_hash of a scrape; none means all torrents, which a tracker may refuse. At most 100.
[[nodiscard]] base::Result<std::vector<InfoHash>, TrackerError> parse_scrape_query(std::string_view query);

struct TrackedPeer {
  Endpoint endpoint;
  PeerId peer_id{};
};
struct AnnounceAnswer {
  std::chrono::seconds interval{1800};
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::vector<TrackedPeer> peers;
};
[[nodiscard]] base::Bytes encode_announce_response(const AnnounceAnswer& answer, bool compact, bool no_peer_id);
[[nodiscard]] base::Bytes encode_tracker_failure(std::string_view reason);
[[nodiscard]] base::Bytes encode_scrape_response(ScrapeResponse torrents);

}  // namespace podswarm::engine
