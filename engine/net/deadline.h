// A timeout that is moved often and met seldom: moving it costs a clock reading, not a timer operation.
//
// Threads: the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace podswarm::engine {

class Deadline {
 public:
  // `on_expiry` is called from the io_context; it may destroy the deadline.
  Deadline(boost::asio::io_context& io, std::function<void()> on_expiry);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now on; replaces what was set before.
  void set(std::chrono::steady_clock::duration from_now);
  void clear();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace podswarm::engine
