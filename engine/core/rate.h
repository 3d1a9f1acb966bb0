// Measuring rates and limiting them. Time is an argument; nothing here needs a timer: a meter decays and a bucket
// refills when it is asked. Network thread.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace podswarm::engine {

// Bytes a second as an exponentially weighted mean over about `kWindow`, honest from the first byte on: before a whole
// window has passed, the mean is over the time that has.
class RateMeter {
 public:
  static constexpr std::chrono::milliseconds kWindow{3'000};

  void add(std::uint64_t bytes, base::SteadyTime now);
  [[nodiscard]] double bytes_per_s(base::SteadyTime now) const;
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  std::uint64_t total_ = 0;
  double weighted_ = 0;  // bytes, decayed to `last_`
  base::SteadyTime first_{};
  base::SteadyTime last_{};
};

// A token bucket of bytes. Holds at most kBurst seconds' worth, and may be overdrawn by what was sent in one go: then
// it stays empty until the debt is paid. Where it has a `whole`, it is a share of it: what is taken here is taken there
// too, and both must have it.
class TokenBucket {
 public:
  static constexpr double kBurstSeconds = 0.1;
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  // Nobody is woken for less, so that a low limit does not turn into a packet for every few bytes.
  static constexpr std::uint64_t kQuantum = 16 * 1024;

  TokenBucket() = default;
  // `whole` must outlive it.
  explicit TokenBucket(TokenBucket* whole) : whole_(whole) {}

  // 0 = no limit. Takes effect at once; debts stand, but at most a second's worth.
  void set_limit(std::uint64_t bytes_per_s, base::SteadyTime now);
  // The lower of its own and that of the whole; 0 where neither has one.
  [[nodiscard]] std::uint64_t limit() const {
    const std::uint64_t whole = whole_ == nullptr ? 0 : whole_->limit();
    return limit_ == 0 || (whole != 0 && whole < limit_) ? whole : limit_;
  }

  // What may be moved now; kUnlimited where there is no limit, 0 while less than a quantum is there.
  [[nodiscard]] std::uint64_t available(base::SteadyTime now);
  void take(std::uint64_t bytes) {
    if (limit_ != 0) tokens_ -= static_cast<double>(bytes);
    if (whole_ != nullptr) whole_->take(bytes);
  }
  // Of what was taken, what was not used.
  void give_back(std::uint64_t bytes) {
    if (limit_ != 0) tokens_ += static_cast<double>(bytes);
    if (whole_ != nullptr) whole_->give_back(bytes);
  }
  // When available() will be more than 0 (now or earlier, if it is).
  [[nodiscard]] base::SteadyTime ready_at(base::SteadyTime now);

 private:
  [[nodiscard]] double threshold() const;
  void refill(base::SteadyTime now);

  TokenBucket* whole_ = nullptr;
  std::uint64_t limit_ = 0;
  double tokens_ = 0;
  base::SteadyTime filled_{};
};

}  // namespace podswarm::engine
