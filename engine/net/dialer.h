// Calls peers: TCP connects under a timeout, few enough half-open ones at a time. Network thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/net/transport.h"

namespace podswarm::engine {

class Dialer {
 public:
  static constexpr std::chrono::seconds kTimeout{15};

  // Null when it failed.
  using Handler = std::function<void(std::unique_ptr<Transport>)>;

  // `address` is what connections are made from, "" = any.
  Dialer(boost::asio::io_context& io, const std::string& address);
  // No handler is called afterwards.
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // How many calls may be under way, and how many may begin in a second (0 = any number).
  void set_limits(std::size_t half_open, std::size_t per_second);
  // For whoever does not wait: not while others do.
  [[nodiscard]] bool has_room() const;
  // Calls `wake` once, when it is the turn of `who` and there is room for one call, which is for those that wait behind
  // it if it makes none. Never from inside this call. One that waits already keeps its place.
  void wait(const void* who, std::function<void()> wake);
  void stop_waiting(const void* who);
  // The handler is never called from inside the call.
  void dial(const Endpoint& endpoint, Handler handler);
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
