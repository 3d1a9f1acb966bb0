#include "engine/net/throttle.h"

#include <algorithm>

namespace podswarm::engine {

namespace {

// Of the limit, in a turn; so that a high one does not need a turn for every block.
constexpr std::uint64_t kTurnsPerSecond = 200;

}  // namespace

void Throttle::Waiter::leave() {
  if (queue_ == nullptr) return;
  queue_->waiting_.erase(place_);
  queue_ = nullptr;
}

std::uint64_t Throttle::ask(Waiter& waiter, base::SteadyTime now) {
  if (!is_limited()) return TokenBucket::kUnlimited;
  if (waiter.waits()) return 0;
  if (waiter.has_turn_ || waiting_.empty()) {
    const std::uint64_t available = bucket_.available(now);
    if (available > 0) return std::min(available, std::max(TokenBucket::kQuantum, bucket_.limit() / kTurnsPerSecond));
  }
  waiter.queue_ = this;
  // Who has its turn already keeps its place.
  waiter.place_ = waiting_.insert(waiter.has_turn_ ? waiting_.begin() : waiting_.end(), &waiter);
  alarm_.set_no_later(bucket_.ready_at(now));
  return 0;
}

void Throttle::take(Waiter& waiter, std::uint64_t bytes) {
  bucket_.take(bytes);
  waiter.has_turn_ = false;
}

void Throttle::serve() {
  const base::SteadyTime now = std::chrono::steady_clock::now();
  // Each of those that wait now at most once, even if they do not use their turn.
  for (std::size_t n = waiting_.size(); n > 0 && !waiting_.empty() && bucket_.available(now) > 0; --n) {
    Waiter* waiter = waiting_.front();
    waiter->leave();
    waiter->has_turn_ = true;
    // The action may destroy the waiter.
    const auto action = waiter->action_;
    action();
  }
  if (!waiting_.empty()) alarm_.set(std::max(bucket_.ready_at(now), now + std::chrono::microseconds(100)));
}

void Throttle::set_limit(std::uint64_t bytes_per_s, base::SteadyTime now) {
  bucket_.set_limit(bytes_per_s, now);
  if (!waiting_.empty()) alarm_.set(now);
}

}  // namespace podswarm::engine
