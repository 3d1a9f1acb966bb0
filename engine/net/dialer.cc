#include "engine/net/dialer.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <utility>

#include "engine/net/call_from.h"
#include "engine/net/turn_list.h"

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
  Impl(asio::io_context& io, const std::string& address) : io_(io), next_second_(io) {
    if (!address.empty()) local_ = asio::ip::make_address(address);
  }

  void set_limits(std::size_t half_open, std::size_t per_second) {
    half_open_ = half_open;
    per_second_ = per_second;
    wake_later();
  }
  [[nodiscard]] bool has_room() const { return may_dial() && (waking_ || waiting_.empty()); }

  void wait(const void* who, std::function<void()> wake) {
    if (closed_) return;
    waiting_.add(who, std::move(wake));
    wake_later();
  }
  void stop_waiting(const void* who) { waiting_.remove(who); }

  void dial(const Endpoint& endpoint, Handler handler) {
    if (const auto now = std::chrono::steady_clock::now(); now >= second_ends_) {
      second_ends_ = now + std::chrono::seconds(1);
      begun_ = 0;
    }
    ++begun_;
    waking_ = false;
    auto call = std::make_shared<Call>(io_);
    calls_.insert(call);
    boost::system::error_code error;
    const tcp::endpoint target = to_tcp(endpoint);
    call->socket.open(target.protocol(), error);
    // An address of the other family is no reason not to call: the system picks one then.
    if (!error && local_ && local_->is_v6() == target.address().is_v6() && !local_->is_unspecified()) {
      call_from(call->socket, *local_, error);
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
    waiting_.clear();
    next_second_.cancel();
  }

 private:
  [[nodiscard]] bool may_dial() const { return calls_.size() < half_open_ && !second_is_used(); }
  [[nodiscard]] bool second_is_used() const {
    return per_second_ != 0 && begun_ >= per_second_ && std::chrono::steady_clock::now() < second_ends_;
  }

  // As soon as there is room. Where calls under way are what there is no room for, the next one that ends comes here.
  void wake_later() {
    if (closed_ || waiting_.empty() || calls_.size() >= half_open_) return;
    if (second_is_used()) {
      next_second_.expires_at(second_ends_);
      next_second_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (self && !cancelled) self->wake();
      });
    } else if (!std::exchange(wake_posted_, true)) {
      asio::post(io_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->wake_posted_ = false;
        self->wake();
      });
    }
  }

  void wake() {
    for (std::size_t turns = waiting_.size(); turns > 0 && !waiting_.empty() && may_dial(); --turns) {
      const auto wake = waiting_.take();
      waking_ = true;
      wake();
      waking_ = false;
    }
    wake_later();
  }

  void done(const std::shared_ptr<Call>& call, const Handler& handler, std::unique_ptr<Transport> transport) {
    calls_.erase(call);
    if (!closed_) handler(std::move(transport));
    wake_later();
  }

  asio::io_context& io_;
  std::optional<asio::ip::address> local_;
  std::set<std::shared_ptr<Call>> calls_;
  std::size_t half_open_ = 50;
  std::size_t per_second_ = 0;
  std::size_t begun_ = 0;  // in the second that ends then
  std::chrono::steady_clock::time_point second_ends_{};
  asio::steady_timer next_second_;
  TurnList waiting_;
  bool wake_posted_ = false;
  bool waking_ = false;  // the one whose turn it is has not called anybody yet
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
void Dialer::wait(const void* who, std::function<void()> wake) {
  impl_->wait(who, std::move(wake));
}
void Dialer::stop_waiting(const void* who) {
  impl_->stop_waiting(who);
}
void Dialer::dial(const Endpoint& endpoint, Handler handler) {
  impl_->dial(endpoint, std::move(handler));
}
void Dialer::close() {
  impl_->close();
}

}  // namespace podswarm::engine
