#include "engine/net/timer_queue.h"

namespace podswarm::engine {

void TimerQueue::Alarm::set(base::SteadyTime at) {
  cancel();
  place_ = queue_.alarms_.emplace(at, this);
  set_ = true;
  if (place_ == queue_.alarms_.begin()) queue_.arm();
}

void TimerQueue::Alarm::set_no_later(base::SteadyTime at) {
  if (!set_ || at < place_->first) set(at);
}

void TimerQueue::Alarm::cancel() {
  if (!set_) return;
  set_ = false;
  // The timer itself stands: that it goes off for nothing costs less than setting it each time.
  queue_.alarms_.erase(place_);
}

void TimerQueue::arm() {
  if (closed_ || alarms_.empty() || alarms_.begin()->first >= armed_) return;
  armed_ = alarms_.begin()->first;
  timer_.expires_at(armed_);
  timer_.async_wait([this, alive = std::weak_ptr<char>(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) on_timer();
  });
}

void TimerQueue::on_timer() {
  armed_ = base::SteadyTime::max();
  const base::SteadyTime now = std::chrono::steady_clock::now();
  // What is set to the past meanwhile waits for the next turn of the loop: others have theirs in between.
  for (std::size_t due = alarms_.size(); due > 0 && !alarms_.empty() && alarms_.begin()->first <= now && !closed_;
       --due) {
    Alarm* alarm = alarms_.begin()->second;
    alarm->set_ = false;
    alarms_.erase(alarms_.begin());
    // The action may destroy the alarm.
    const std::weak_ptr<char> alive = alive_;
    const auto action = alarm->action_;
    action();
    if (alive.expired()) return;
  }
  arm();
}

void TimerQueue::close() {
  closed_ = true;
  timer_.cancel();
}

}  // namespace podswarm::engine
