// How many block requests one peer is kept busy with: enough that its answers never run dry, no more, so that pieces
// are not promised to peers who will take long to send them. Starts deep and follows rate × latency from the first
// answers on, without timers. Sans-IO. Network thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace podswarm::engine {

class RequestWindow {
 public:
  static constexpr std::size_t kStart = 256;
  static constexpr std::size_t kLeast = 4;
  static constexpr std::size_t kMost = 4000;
  // What a peer is assumed to queue when it does not say `reqq` (BEP 10), until it refuses some. More is tried where so
  // much cannot fill the path.
  static constexpr std::size_t kUnsaid = 500;
  static constexpr std::size_t kLeastUnsaid = 16;
  // What it refused may have been the moment's: twice as much is tried after so long, and each time that this was too
  // much, only after twice as long.
  static constexpr std::chrono::seconds kForgive{30};
  static constexpr std::chrono::seconds kForgiveLast{1800};
  // Work that lies ready beyond the bandwidth-delay product, for peers that answer in bursts.
  static constexpr double kSlackSeconds = 0.3;
  // Requests are taken back only after the rate was watched for so long: a moment's hiccup is none of the peer's.
  static constexpr std::chrono::milliseconds kTrustAfter{1'000};

  // The peer's own word on how much it queues; 0 is taken as unsaid.
  void set_peer_limit(std::size_t reqq) { peer_limit_ = reqq; }
  // `bytes` of requested payload arrived; `latency` is since the request of its block was sent.
  void on_block(std::uint32_t bytes, base::SteadyTime::duration latency, base::SteadyTime now);
  // It rejected or forgot a request, though it does not choke; `in_flight` are left.
  void on_refused(std::size_t in_flight, base::SteadyTime now);
  // It was silent for long: one request at a time until it delivers again.
  void on_snubbed() { snubbed_ = true; }
  // Choked: what was learned of its rate is stale when it unchokes.
  void on_choked();

  // Requests to keep in flight.
  [[nodiscard]] std::size_t depth(base::SteadyTime now) const;
  // Of so many in flight, how many are far too many now that the rate is known: to be taken back, the latest first.
  [[nodiscard]] std::size_t excess(std::size_t in_flight, base::SteadyTime now) const;

 private:
  void forgive(base::SteadyTime now);
  [[nodiscard]] double rate(base::SteadyTime now) const;
  [[nodiscard]] std::size_t most(double rate) const;

  std::size_t peer_limit_ = 0;     // 0: unsaid
  std::size_t refused_above_ = 0;  // 0: never
  base::SteadyTime refused_at_{};  // or since then more is tried
  bool tried_more_ = false;        // since it refused
  std::chrono::seconds forgive_ = kForgive;
  bool snubbed_ = false;
  base::SteadyTime::duration least_latency_ = base::SteadyTime::duration::max();
  // Deliveries, counted over spans of at least the latency.
  base::SteadyTime first_block_{};  // since it unchoked us
  base::SteadyTime span_start_{};
  std::uint64_t span_bytes_ = 0;
  std::array<double, 8> span_rates_{};
  std::size_t spans_ = 0;
};

}  // namespace podswarm::engine
