#include "engine/net/deadline.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace podswarm::engine {

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  State(boost::asio::io_context& io, std::function<void()> handler) : timer(io), on_expiry(std::move(handler)) {}

  void wait_until(std::chrono::steady_clock::time_point when) {
    waiting = true;
    timer.expires_at(when);  // cancels the wait before
    const std::size_t generation = ++last_wait;
    timer.async_wait([self = shared_from_this(), generation](boost::system::error_code error) {
      if (!error && generation == self->last_wait) self->on_timer();
    });
  }

  void on_timer() {
    waiting = false;
    if (!armed) return;
    if (std::chrono::steady_clock::now() < due) return wait_until(due);
    armed = false;
    const auto keep = shared_from_this();
    const auto handler = on_expiry;
    handler();
  }

  boost::asio::steady_timer timer;
  std::function<void()> on_expiry;
  std::chrono::steady_clock::time_point due{};
  bool armed = false;
  bool waiting = false;
  std::size_t last_wait = 0;  // a wait that completed before it could be cancelled is not the last one
};

Deadline::Deadline(boost::asio::io_context& io, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(io, std::move(on_expiry))) {}

Deadline::~Deadline() {
  state_->armed = false;
  state_->timer.cancel();
}

void Deadline::set(std::chrono::steady_clock::duration from_now) {
  state_->due = std::chrono::steady_clock::now() + from_now;
  state_->armed = true;
  if (!state_->waiting || state_->due < state_->timer.expiry()) state_->wait_until(state_->due);
}

void Deadline::clear() {
  state_->armed = false;
}

}  // namespace podswarm::engine
