#include "engine/core/rate.h"

#include <algorithm>
#include <cmath>

namespace podswarm::engine {

namespace {

double seconds(base::SteadyTime::duration d) {
  return std::chrono::duration<double>(d).count();
}

const double kWindowSeconds = seconds(RateMeter::kWindow);

}  // namespace

void RateMeter::add(std::uint64_t bytes, base::SteadyTime now) {
  if (total_ == 0) first_ = last_ = now;
  total_ += bytes;
  if (now > last_) {
    weighted_ *= std::exp(-seconds(now - last_) / kWindowSeconds);
    last_ = now;
  }
  weighted_ += static_cast<double>(bytes);
}

double RateMeter::bytes_per_s(base::SteadyTime now) const {
  if (total_ == 0) return 0;
  const double current = weighted_ * std::exp(-std::max(0.0, seconds(now - last_)) / kWindowSeconds);
  // The weights that a steady flow since `first_` would have summed up to; not less than a tenth of a second, so that
  // the first bytes of all are no burst.
  const double weight = 1 - std::exp(-std::max(0.1, seconds(now - first_)) / kWindowSeconds);
  return current / (weight * kWindowSeconds);
}

double TokenBucket::threshold() const {
  return std::clamp(static_cast<double>(limit_) * kBurstSeconds, 1.0, static_cast<double>(kQuantum));
}

void TokenBucket::refill(base::SteadyTime now) {
  if (now <= filled_) return;
  const double rate = static_cast<double>(limit_);
  const double most = std::max(rate * kBurstSeconds, threshold());
  tokens_ = std::min(most, tokens_ + rate * seconds(now - filled_));
  filled_ = now;
}

void TokenBucket::set_limit(std::uint64_t bytes_per_s, base::SteadyTime now) {
  if (bytes_per_s == limit_) return;
  if (limit_ != 0) refill(now);
  limit_ = bytes_per_s;
  filled_ = now;
  const double rate = static_cast<double>(limit_);
  tokens_ = std::clamp(tokens_, -rate, rate * kBurstSeconds);
}

std::uint64_t TokenBucket::available(base::SteadyTime now) {
  const std::uint64_t of_whole = whole_ == nullptr ? kUnlimited : whole_->available(now);
  if (limit_ == 0) return of_whole;
  refill(now);
  return tokens_ < threshold() ? 0 : std::min(of_whole, static_cast<std::uint64_t>(tokens_));
}

base::SteadyTime TokenBucket::ready_at(base::SteadyTime now) {
  const base::SteadyTime of_whole = whole_ == nullptr ? now : whole_->ready_at(now);
  if (limit_ == 0) return of_whole;
  refill(now);
  const double missing = threshold() - tokens_;
  if (missing <= 0) return of_whole;
  const double wait = missing / static_cast<double>(limit_);
  // Rounded up: waking a moment too early would only mean waking twice.
  const base::SteadyTime ready = now + std::chrono::microseconds(static_cast<std::int64_t>(wait * 1e6) + 1);
  return std::max(ready, of_whole);
}

}  // namespace podswarm::engine
