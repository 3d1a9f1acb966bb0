// Announces to trackers: HTTP and HTTPS (BEP 3) through the HTTP client, UDP (BEP 15) with retransmission and cached
// connection ids. Over both families where a tracker has both (BEP 7). It decides nothing else: when to announce what
// to whom is TrackerList's.
//
// Threads: created, called, answered and destroyed on the io_context's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/core/tracker_http.h"
#include "engine/net/http_client.h"

namespace podswarm::engine {

enum class AnnounceError {
  kBadUrl,   // neither http, https nor udp
  kNetwork,  // no such host, refused, TLS, connection lost
  kTimeout,
  kStatus,     // an HTTP status other than 200, without a tracker's words in the body
  kRefused,    // the tracker's own reason is the message
  kBadAnswer,  // not a tracker's answer
};

struct AnnounceOutcome {
  base::Result<AnnounceResponse, AnnounceError> result;  // a message begins with "host:port: "
  std::optional<std::chrono::seconds> retry_after;       // where an HTTP tracker asked for a pause
  bool is_further = false;                               // over the other family: one good answer was there before
};

struct TrackerClientOptions {
  std::string user_agent;
  std::string ca_file;                             // instead of the system's CAs
  bool allow_private = true;                       // else trackers at addresses that are not public are not spoken to
  boost::asio::ip::address local_address;          // to call from: a tracker takes it for the peer's; unspecified = any
  std::chrono::milliseconds http_timeout{30'000};  // for a whole HTTP announce
  std::size_t max_http = 50;                       // HTTP announces under way; more wait their turn
  std::size_t max_udp = 200;
  std::size_t max_a_host = 20;  // of either
  // The wait for the answer to the first packet; doubled for each one after it (15·2^n).
  std::chrono::milliseconds udp_first_timeout{15'000};
  // Packets without an answer after which an announce failed: with the default, after 15 + 30 + 60 + 120 s. BEP 15
  // allows 9 (two hours), which keeps a dead tracker from being reported.
  unsigned udp_attempts = 4;
  // Once a tracker has answered over one family, how long the other one is waited for.
  std::chrono::milliseconds second_patience{5'000};
};

class TrackerClient {
 public:
  using Ticket = std::uint64_t;
  using Handler = std::function<void(AnnounceOutcome)>;
  enum class Kind : std::uint8_t {
    kStopped,  // it is sent at the end still
    kUrgent,   // peers are wanted: it goes before others
    kOther,
  };
  [[nodiscard]] static Kind kind_of(const AnnounceRequest& request) {
    if (request.event == AnnounceEvent::kStopped) return Kind::kStopped;
    return request.left > 0 ? Kind::kUrgent : Kind::kOther;
  }

  // `http` must outlive it.
  TrackerClient(boost::asio::io_context& io, HttpClient& http, TrackerClientOptions options);
  // Cancels what is under way: no handler is called.
  ~TrackerClient();
  TrackerClient(const TrackerClient&) = delete;
  TrackerClient& operator=(const TrackerClient&) = delete;

  // A tracker whose host has addresses of both families is told over both (BEP 7). The handler is called with each good
  // answer, so up to twice, or once if there is none; never from inside this call, nor once it is cancelled. Without
  // `allow_private`, as without the client's own, addresses that are not public are not spoken to. `request` is asked
  // for what to say when its turn has come, unless it is cancelled: what waits till then costs little.
  Ticket announce(const std::string& url, Kind kind, std::function<AnnounceRequest()> request, Handler on_done,
                  bool allow_private = true);
  // The same with what holds until then.
  Ticket announce(const std::string& url, const AnnounceRequest& request, Handler on_done, bool allow_private = true);
  // How many the tracker counts, for one whose answers do not say: see TrackerScraper.
  void scrape(const std::string& url, const InfoHash& torrent, std::function<void(const ScrapeCounts&)> on_counts,
              bool allow_private = true);
  // Its handler is not called any more. An old or unknown ticket is ignored.
  void cancel(Ticket ticket);
  [[nodiscard]] std::size_t in_flight() const;

  // The end: announces other than `stopped` are cancelled, those are given `patience` (a UDP tracker's packet is
  // repeated often within it). Then calls `on_done`, never from inside this call, which may destroy the client.
  void finish(std::chrono::milliseconds patience, std::function<void()> on_done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
