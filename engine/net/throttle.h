// A rate limit that many connections share, in turns: who wants to move bytes asks, moves at most a turn's worth, and
// queues behind the others for the next one. Without turns the same few would always be there first. Network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>

#include "engine/core/rate.h"
#include "engine/net/timer_queue.h"

namespace podswarm::engine {

class Throttle {
 public:
  // A place in the queue. Destroying it gives the place up. Must not outlive the throttle.
  class Waiter {
   public:
    explicit Waiter(std::function<void()> action) : action_(std::move(action)) {}
    ~Waiter() { leave(); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    [[nodiscard]] bool waits() const { return queue_ != nullptr; }
    void leave();

   private:
    friend class Throttle;
    std::function<void()> action_;
    Throttle* queue_ = nullptr;
    std::list<Waiter*>::iterator place_;
    bool has_turn_ = false;  // its turn came and it has taken nothing since
  };

  Throttle(TimerQueue& timers, TokenBucket& bucket) : bucket_(bucket), alarm_(timers, [this] { serve(); }) {}
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  // How much the waiter may move now. 0: it is not its turn; its action is called when it is.
  [[nodiscard]] std::uint64_t ask(Waiter& waiter, base::SteadyTime now);
  // It has moved that, possibly more than it might.
  void take(Waiter& waiter, std::uint64_t bytes);
  void set_limit(std::uint64_t bytes_per_s, base::SteadyTime now);
  [[nodiscard]] bool is_limited() const { return bucket_.limit() != 0; }

 private:
  void serve();

  TokenBucket& bucket_;
  std::list<Waiter*> waiting_;
  TimerQueue::Alarm alarm_;
};

}  // namespace podswarm::engine
