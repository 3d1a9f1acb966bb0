#include "engine/net/dialer.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <utility>

namespace podswarm::engine {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Call {
  explicit Call(asio::io_context& io) : socket(io), timer(io) {}
  tcp::socket socket;
  asio::steady_timer timer;
};

}  // namespace

class Dialer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const std::string& address) : io_(io) {
    if (!address.empty()) local_ = asio::ip::make_address(address);
  }

  void set_limits(std::size_t half_open, std::size_t per_second) {
    half_open_ = half_open;
    per_second_ = per_second;
  }
  [[nodiscard]] bool has_room() const {
    if (calls_.size() >= half_open_) return false;
    return per_second_ == 0 || begun_ < per_second_ || std::chrono::steady_clock::now() >= second_ends_;
  }

  void dial(const Endpoint& endpoint, Handler handler) {
    if (const auto now = std::chrono::steady_clock::now(); now >= second_ends_) {
      second_ends_ = now + std::chrono::seconds(1);
      begun_ = 0;
    }
    ++begun_;
    auto call = std::make_shared<Call>(io_);
    calls_.insert(call);
    boost::system::error_code error;
    const tcp::endpoint target = to_tcp(endpoint);
    call->socket.open(target.protocol(), error);
    // An address of the other family is no reason not to call: the system picks one then.
    if (!error && local_ && local_->is_v6() == target.address().is_v6() && !local_->is_unspecified()) {
      call->socket.bind({*local_, 0}, error);
    }
    if (error) {
      asio::post(
          io_, [self = shared_from_this(), call, handler = std::move(handler)] { self->done(call, handler, nullptr); });
      return;
    }
    call->timer.expires_after(kTimeout);
    call->timer.async_wait([weak = std::weak_ptr<Call>(call)](const boost::system::error_code& cancelled) {
      boost::system::error_code ignored;
      const auto late = weak.lock();
      if (late && !cancelled) late->socket.close(ignored);
    });
    call->socket.async_connect(target, [self = shared_from_this(), call, endpoint,
                                        handler = std::move(handler)](const boost::system::error_code& failed) {
      call->timer.cancel();
      std::unique_ptr<Transport> transport;
      if (!failed && !self->closed_) transport = make_tcp_transport(std::move(call->socket), endpoint);
      self->done(call, handler, std::move(transport));
    });
  }

  void close() {
    closed_ = true;
    for (const auto& call : calls_) {
      boost::system::error_code ignored;
      call->socket.close(ignored);
      call->timer.cancel();
    }
    calls_.clear();
  }

 private:
  void done(const std::shared_ptr<Call>& call, const Handler& handler, std::unique_ptr<Transport> transport) {
    calls_.erase(call);
    if (!closed_) handler(std::move(transport));
  }

  asio::io_context& io_;
  std::optional<asio::ip::address> local_;
  std::set<std::shared_ptr<Call>> calls_;
  std::size_t half_open_ = 50;
  std::size_t per_second_ = 0;
  std::size_t begun_ = 0;  // in the second that ends then
  std::chrono::steady_clock::time_point second_ends_{};
  bool closed_ = false;
};

Dialer::Dialer(asio::io_context& io, const std::string& address) : impl_(std::make_shared<Impl>(io, address)) {}
Dialer::~Dialer() {
  impl_->close();
}
void Dialer::set_limits(std::size_t half_open, std::size_t per_second) {
  impl_->set_limits(half_open, per_second);
}
bool Dialer::has_room() const {
  return impl_->has_room();
}
void Dialer::dial(const Endpoint& endpoint, Handler handler) {
  impl_->dial(endpoint, std::move(handler));
}
void Dialer::close() {
  impl_->close();
}

}  // namespace podswarm::engine
