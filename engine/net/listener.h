// Takes peers' connections for all torrents: one port, IPv4 and IPv6. Network thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "engine/core/digest.h"
#include "engine/net/transport.h"

namespace podswarm::engine {

class Listener {
 public:
  // A peer that named a torrent. `received` is what it sent so far, at least kHandshakeInfoHashEnd bytes.
  using Handler =
      std::function<void(const InfoHash& info_hash, std::unique_ptr<Transport> transport, base::Bytes received)>;

  // `address` "" = any. Throws boost::system::system_error when it cannot listen.
  Listener(boost::asio::io_context& io, const std::string& address, std::uint16_t port, Handler on_peer);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
