// Virtual time: actions in the order of their times, equals in the order in which they were asked for. Nothing waits;
// the clock jumps from one action to the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace podswarm::engine::sim {

class EventQueue {
 public:
  static constexpr base::SteadyTime kStart{std::chrono::hours(1000)};

  [[nodiscard]] base::SteadyTime now() const { return now_; }
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(now_ - kStart).count(); }

  void at(base::SteadyTime when, std::function<void()> action) {
    waiting_.push({std::max(when, now_), ++order_, std::move(action)});
  }
  void after(base::SteadyTime::duration wait, std::function<void()> action) { at(now_ + wait, std::move(action)); }

  // The next action; false when there is none before `end`, which it is then.
  bool step(base::SteadyTime end) {
    if (waiting_.empty() || waiting_.top().when > end) {
      now_ = std::max(now_, end);
      return false;
    }
    Item& next = const_cast<Item&>(waiting_.top());
    now_ = next.when;
    const auto action = std::move(next.action);
    waiting_.pop();
    action();
    return true;
  }

 private:
  struct Item {
    base::SteadyTime when;
    std::uint64_t order;
    std::function<void()> action;
    bool operator<(const Item& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  base::SteadyTime now_ = kStart;
  std::uint64_t order_ = 0;
  std::priority_queue<Item> waiting_;
};

}  // namespace podswarm::engine::sim
