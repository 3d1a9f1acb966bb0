// Deadlines of everything in the engine on one timer: who has none costs nothing. Network thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>

#include "base/clock.h"

namespace podswarm::engine {

class TimerQueue {
 public:
  explicit TimerQueue(boost::asio::io_context& io) : timer_(io) {}
  ~TimerQueue() { close(); }
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Its time and what happens then. Destroying or resetting it cancels. Must not outlive the queue.
  class Alarm {
   public:
    Alarm(TimerQueue& queue, std::function<void()> action) : queue_(queue), action_(std::move(action)) {}
    ~Alarm() { cancel(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // Goes off once at that time, never from inside this call; replaces an earlier setting.
    void set(base::SteadyTime at);
    // As set(), unless it is set for an earlier time.
    void set_no_later(base::SteadyTime at);
    void cancel();
    [[nodiscard]] bool is_set() const { return set_; }

   private:
    friend class TimerQueue;
    TimerQueue& queue_;
    std::function<void()> action_;
    bool set_ = false;
    std::multimap<base::SteadyTime, Alarm*>::iterator place_;
  };

  void close();

 private:
  void arm();
  void on_timer();

  boost::asio::steady_timer timer_;
  std::multimap<base::SteadyTime, Alarm*> alarms_;
  base::SteadyTime armed_ = base::SteadyTime::max();
  bool closed_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine
