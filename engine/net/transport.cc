#include "engine/net/transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace podswarm::engine {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kMaxParts = 128;

class TcpTransport final : public Transport {
 public:
  TcpTransport(tcp::socket socket, const Endpoint& remote) : socket_(std::move(socket)), remote_(remote) {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  std::size_t read(std::span<std::uint8_t> into, boost::system::error_code& error) override {
    for (;;) {
      const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) {
        error = asio::error::eof;
        return 0;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, boost::system::system_category());
      return 0;
    }
  }

  std::size_t write(std::span<const base::ByteView> parts, boost::system::error_code& error) override {
    std::array<iovec, kMaxParts> vectors;
    const std::size_t count = std::min(parts.size(), kMaxParts);
    for (std::size_t i = 0; i < count; ++i) {
      // sendmsg only reads from it.
      vectors[i] = {const_cast<std::uint8_t*>(parts[i].data()), parts[i].size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    for (;;) {
      const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<std::size_t>(sent);
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, boost::system::system_category());
      return 0;
    }
  }

  void wait_readable(ReadyHandler handler) override { wait(tcp::socket::wait_read, std::move(handler)); }
  void wait_writable(ReadyHandler handler) override { wait(tcp::socket::wait_write, std::move(handler)); }

  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  [[nodiscard]] const Endpoint& remote() const override { return remote_; }

 private:
  void wait(tcp::socket::wait_type what, ReadyHandler handler) {
    socket_.async_wait(what, [handler = std::move(handler)](const boost::system::error_code& error) {
      if (error != asio::error::operation_aborted) handler();
    });
  }

  tcp::socket socket_;
  Endpoint remote_;
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket, const Endpoint& remote) {
  return std::make_unique<TcpTransport>(std::move(socket), remote);
}

Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return Endpoint::v4(endpoint.address().to_v4().to_bytes(), endpoint.port());
  return Endpoint::v6(endpoint.address().to_v6().to_bytes(), endpoint.port());
}

tcp::endpoint to_tcp(const Endpoint& endpoint) {
  if (endpoint.is_v6) return {asio::ip::address_v6(endpoint.address), endpoint.port};
  const auto& a = endpoint.address;
  return {asio::ip::address_v4({a[0], a[1], a[2], a[3]}), endpoint.port};
}

}  // namespace podswarm::engine
