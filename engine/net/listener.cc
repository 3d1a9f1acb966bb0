#include "engine/net/listener.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/v6_only.hpp>
#include <set>
#include <utility>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Connections that have not said yet what they want.
constexpr std::size_t kMaxWaiting = 100;
constexpr std::chrono::seconds kHandshakeTime{10};
// After an error that will not go away at once, such as too many open files.
constexpr std::chrono::milliseconds kPause{500};

// Reads a handshake as far as the info-hash. Kept alive by its handlers.
class Greeting : public std::enable_shared_from_this<Greeting> {
 public:
  using DoneHandler = std::function<void(std::shared_ptr<Greeting>, bool good)>;

  Greeting(asio::io_context& io, std::unique_ptr<Transport> transport, DoneHandler on_done)
      : transport_(std::move(transport)), timer_(io, kHandshakeTime), on_done_(std::move(on_done)) {}

  void start() {
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->finish(false);
    });
    wait();
  }
  void close() {
    on_done_ = nullptr;
    timer_.cancel();
    if (transport_) transport_->close();
  }
  [[nodiscard]] std::unique_ptr<Transport> take_transport() { return std::move(transport_); }
  [[nodiscard]] base::Bytes take_received() { return std::move(received_); }

 private:
  void wait() {
    transport_->wait_readable([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->read();
    });
  }
  void read() {
    if (!transport_) return;
    std::array<std::uint8_t, kHandshakeSize> buffer;
    boost::system::error_code error;
    const std::size_t got = transport_->read(std::span(buffer).first(kHandshakeSize - received_.size()), error);
    if (error) return finish(false);
    received_.insert(received_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    if (!may_be_handshake(received_)) return finish(false);
    if (received_.size() >= kHandshakeInfoHashEnd) return finish(true);
    wait();
  }
  void finish(bool good) {
    timer_.cancel();
    if (!on_done_) return;
    const DoneHandler handler = std::exchange(on_done_, nullptr);
    handler(shared_from_this(), good);
  }

  std::unique_ptr<Transport> transport_;
  asio::steady_timer timer_;
  DoneHandler on_done_;
  base::Bytes received_;
};

tcp::acceptor open_acceptor(asio::io_context& io, const std::string& address, std::uint16_t port) {
  const auto listen = [&](const tcp::endpoint& endpoint) {
    tcp::acceptor acceptor(io);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen();
    acceptor.non_blocking(true);
    return acceptor;
  };
  if (!address.empty()) return listen({asio::ip::make_address(address), port});
  try {
    return listen({asio::ip::address_v6::any(), port});
  } catch (const boost::system::system_error& error) {
    // A system without IPv6.
    if (error.code() != asio::error::address_family_not_supported &&
        error.code() != boost::system::errc::address_not_available) {
      throw;
    }
    return listen({asio::ip::address_v4::any(), port});
  }
}

}  // namespace

class Listener::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const std::string& address, std::uint16_t port, Handler on_peer)
      : io_(io), acceptor_(open_acceptor(io, address, port)), pause_(io), on_peer_(std::move(on_peer)) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
      if (self->closed_ || error == asio::error::operation_aborted) return;
      if (error) return self->accept_later();
      self->greet(std::move(socket));
      self->accept();
    });
  }
  void close() {
    closed_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& greeting : greetings_) greeting->close();
    greetings_.clear();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept_later() {
    pause_.expires_after(kPause);
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && !self->closed_) self->accept();
    });
  }
  void greet(tcp::socket socket) {
    boost::system::error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error || greetings_.size() >= kMaxWaiting) return;
    auto greeting =
        std::make_shared<Greeting>(io_, make_tcp_transport(std::move(socket), to_endpoint(remote)),
                                   [weak = weak_from_this()](const std::shared_ptr<Greeting>& done, bool good) {
                                     if (const auto self = weak.lock()) self->greeted(done, good);
                                   });
    greetings_.insert(greeting);
    greeting->start();
  }
  void greeted(const std::shared_ptr<Greeting>& greeting, bool good) {
    greetings_.erase(greeting);
    if (!good || closed_) return greeting->close();
    base::Bytes received = greeting->take_received();
    InfoHash info_hash;
    std::copy_n(received.begin() + (kHandshakeInfoHashEnd - info_hash.size()), info_hash.size(), info_hash.begin());
    on_peer_(info_hash, greeting->take_transport(), std::move(received));
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Handler on_peer_;
  std::set<std::shared_ptr<Greeting>> greetings_;
  bool closed_ = false;
};

Listener::Listener(asio::io_context& io, const std::string& address, std::uint16_t port, Handler on_peer)
    : impl_(std::make_shared<Impl>(io, address, port, std::move(on_peer))) {
  impl_->accept();
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  impl_->close();
}

std::uint16_t Listener::port() const {
  return impl_->port();
}

}  // namespace podswarm::engine
