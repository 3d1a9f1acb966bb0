// A byte stream to a peer that tells when it is ready, and is then read and written at once: whoever is idle holds no
// buffer. TCP is one; others stand behind the same calls. Network thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

class Transport {
 public:
  using ReadyHandler = std::function<void()>;

  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // What is there, up to the span's size. 0 without an error: nothing at the moment. The end of the stream is
  // boost::asio::error::eof.
  virtual std::size_t read(std::span<std::uint8_t> into, boost::system::error_code& error) = 0;
  // As much as is taken of the parts one after the other. 0 without an error: nothing at the moment.
  virtual std::size_t write(std::span<const base::ByteView> parts, boost::system::error_code& error) = 0;

  // The handler is called once, never from inside the call, when a read (a write) may get somewhere, an error
  // included; not after close(). One of each at a time.
  virtual void wait_readable(ReadyHandler handler) = 0;
  virtual void wait_writable(ReadyHandler handler) = 0;

  virtual void close() = 0;
  [[nodiscard]] virtual const Endpoint& remote() const = 0;

 protected:
  Transport() = default;
};

// Takes over a connected socket.
[[nodiscard]] std::unique_ptr<Transport> make_tcp_transport(boost::asio::ip::tcp::socket socket,
                                                            const Endpoint& remote);

[[nodiscard]] Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);
[[nodiscard]] boost::asio::ip::tcp::endpoint to_tcp(const Endpoint& endpoint);

}  // namespace podswarm::engine
