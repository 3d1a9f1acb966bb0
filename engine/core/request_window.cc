#include "engine/core/request_window.h"

#include <algorithm>
#include <utility>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

namespace {

// The least lengths of a span, and how many of them a mean is over.
constexpr std::chrono::milliseconds kFirstSpans{20};
constexpr std::chrono::milliseconds kLaterSpans{100};
constexpr std::size_t kMeanSpans = 5;

}  // namespace

void RequestWindow::on_refused(std::size_t in_flight, base::SteadyTime now) {
  if (std::exchange(tried_more_, false)) forgive_ = std::min(2 * forgive_, kForgiveLast);
  refused_above_ = std::clamp(in_flight, kLeastUnsaid, kUnsaid);
  refused_at_ = now;
}

void RequestWindow::forgive(base::SteadyTime now) {
  if (refused_above_ == 0 || now < refused_at_ + forgive_) return;
  refused_above_ *= 2;
  if (refused_above_ > kUnsaid) refused_above_ = 0;
  refused_at_ = now;
  tried_more_ = true;
}

void RequestWindow::on_block(std::uint32_t bytes, base::SteadyTime::duration latency, base::SteadyTime now) {
  snubbed_ = false;
  forgive(now);
  // The first answer waited behind nothing: the least latency is that of the path and the peer's disk.
  least_latency_ = std::min(least_latency_, latency);
  if (span_start_ == base::SteadyTime{}) {
    // What comes after the first block, over the time after it: how long that one took says nothing of the rate.
    first_block_ = span_start_ = now;
    return;
  }
  span_bytes_ += bytes;
  const auto elapsed = now - span_start_;
  const bool starting = now - first_block_ < kTrustAfter;
  if (elapsed < std::max<base::SteadyTime::duration>(least_latency_, starting ? kFirstSpans : kLaterSpans)) return;
  span_rates_[spans_++ % span_rates_.size()] =
      static_cast<double>(span_bytes_) / std::chrono::duration<double>(elapsed).count();
  span_start_ = now;
  span_bytes_ = 0;
}

void RequestWindow::on_choked() {
  span_start_ = {};
  span_bytes_ = 0;
}

double RequestWindow::rate(base::SteadyTime now) const {
  const std::size_t known = std::min(spans_, span_rates_.size());
  // At first the best span counts, so that the window opens fast; later the mean, since many peers send in bursts.
  if (now - first_block_ < kTrustAfter) return *std::max_element(span_rates_.begin(), span_rates_.end());
  const std::size_t used = std::min(known, kMeanSpans);
  double sum = 0;
  for (std::size_t i = 1; i <= used; ++i) sum += span_rates_[(spans_ - i) % span_rates_.size()];
  const double mean = sum / static_cast<double>(used);
  // A span that does not end is news too.
  const auto open = now - span_start_;
  if (open < std::max<base::SteadyTime::duration>(4 * least_latency_, kTrustAfter)) return mean;
  return std::min(mean, static_cast<double>(span_bytes_) / std::chrono::duration<double>(open).count());
}

std::size_t RequestWindow::most(double rate) const {
  if (peer_limit_ != 0) return std::min(kMost, peer_limit_);
  if (refused_above_ != 0) return refused_above_;
  if (spans_ == 0) return kUnsaid;
  // Twice what is on its way, without the slack: a peer whose answers queue has enough, whatever its rate.
  const double bytes = 2 * rate * std::chrono::duration<double>(least_latency_).count();
  return std::clamp(static_cast<std::size_t>(std::min(bytes / kBlockSize, static_cast<double>(kMost))), kUnsaid, kMost);
}

std::size_t RequestWindow::depth(base::SteadyTime now) const {
  if (snubbed_) return 1;
  if (spans_ == 0 || span_start_ == base::SteadyTime{}) return std::min(kStart, most(0));
  const double rate = this->rate(now);
  // Twice the bandwidth-delay product: while the window is what limits the rate, this doubles it once a round trip.
  const double bytes = rate * (2 * std::chrono::duration<double>(least_latency_).count() + kSlackSeconds);
  const auto blocks = static_cast<std::size_t>(std::min(bytes / kBlockSize, static_cast<double>(kMost)));
  const std::size_t limit = most(rate);
  return std::clamp(blocks, std::min(kLeast, limit), limit);
}

std::size_t RequestWindow::excess(std::size_t in_flight, base::SteadyTime now) const {
  if (span_start_ == base::SteadyTime{} || now - first_block_ < kTrustAfter) return 0;
  const std::size_t wanted = depth(now);
  return in_flight > wanted + wanted / 2 + kLeast ? in_flight - wanted : 0;
}

}  // namespace podswarm::engine
