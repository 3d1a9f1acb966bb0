#include "engine/core/request_window.h"

#include <algorithm>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

void RequestWindow::set_peer_limit(std::size_t reqq) {
  peer_limit_ = reqq == 0 ? kUnsaid : reqq;
}

void RequestWindow::on_block(std::uint32_t bytes, base::SteadyTime::duration latency, base::SteadyTime now) {
  snubbed_ = false;
  // The first answer waited behind nothing: the least latency is that of the path and the peer's disk.
  least_latency_ = std::min(least_latency_, latency);
  if (span_start_ == base::SteadyTime{}) {
    // What comes after the first block, over the time after it: how long that one took says nothing of the rate.
    first_block_ = span_start_ = now;
    return;
  }
  span_bytes_ += bytes;
  const auto elapsed = now - span_start_;
  if (elapsed < std::max<base::SteadyTime::duration>(least_latency_, std::chrono::milliseconds(20))) return;
  span_rates_[spans_++ % span_rates_.size()] =
      static_cast<double>(span_bytes_) / std::chrono::duration<double>(elapsed).count();
  span_start_ = now;
  span_bytes_ = 0;
}

void RequestWindow::on_choked() {
  span_start_ = {};
  span_bytes_ = 0;
}

std::size_t RequestWindow::excess(std::size_t in_flight) const {
  if (span_start_ - first_block_ < kTrustAfter) return 0;
  const std::size_t most = depth() + depth() / 2 + kLeast;
  return in_flight > most ? in_flight - depth() : 0;
}

std::size_t RequestWindow::depth() const {
  if (snubbed_) return 1;
  const std::size_t most = std::min(kMost, peer_limit_);
  if (spans_ == 0) return std::min(kStart, most);
  const double rate = *std::max_element(span_rates_.begin(), span_rates_.end());
  // Twice the bandwidth-delay product: while the window is what limits the rate, this doubles it once a round trip.
  const double bytes = rate * (2 * std::chrono::duration<double>(least_latency_).count() + kSlackSeconds);
  const auto blocks = static_cast<std::size_t>(std::min(bytes / kBlockSize, static_cast<double>(kMost)));
  return std::clamp(blocks, std::min(kLeast, most), most);
}

}  // namespace podswarm::engine
