#include "engine/net/http_client.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "engine/net/deadline.h"
#include "engine/net/http_exchange.h"
#include "engine/net/tls_contexts.h"

namespace podswarm::engine {

namespace {

class Exchange final : public HttpExchange {
 public:
  explicit Exchange(std::shared_ptr<HttpExchangeCore> core) : core_(std::move(core)) {}
  ~Exchange() override { core_->cancel(); }

  void open(HeadHandler on_head) override { core_->open(std::move(on_head)); }
  void read(std::span<std::uint8_t> buffer, ReadHandler on_read) override { core_->read(buffer, std::move(on_read)); }

 private:
  std::shared_ptr<HttpExchangeCore> core_;
};

// An exchange read to its end into memory.
class MemoryCall : public std::enable_shared_from_this<MemoryCall> {
 public:
  using Handler = std::function<void(HttpResult<HttpResponse>)>;

  MemoryCall(boost::asio::io_context& io, std::unique_ptr<HttpExchange> exchange, std::string host,
             std::size_t max_bytes, Handler on_done)
      : io_(io),
        exchange_(std::move(exchange)),
        host_(std::move(host)),
        max_bytes_(max_bytes),
        on_done_(std::move(on_done)) {}

  void start(std::chrono::milliseconds deadline) {
    if (deadline.count() > 0) {
      deadline_.emplace(io_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->finish(base::fail(HttpError::kTimeout, self->host_ + ": no answer in time"));
        }
      });
      deadline_->set(deadline);
    }
    exchange_->open([weak = weak_from_this()](HttpResult<HttpHead> head) {
      if (const auto self = weak.lock()) self->on_head(std::move(head));
    });
  }

  void cancel() {
    on_done_ = nullptr;
    exchange_.reset();
    deadline_.reset();
  }

 private:
  static constexpr std::size_t kStep = 64 * 1024;

  void on_head(HttpResult<HttpHead> head) {
    if (!head) return finish(head.error());
    response_.head = std::move(*head);
    if (response_.head.content_length.value_or(0) > max_bytes_) return too_large();
    read();
  }

  void read() {
    const std::size_t size = response_.body.size();
    // One byte over the cap is enough to know.
    const std::size_t room = std::min(kStep, max_bytes_ + 1 - size);
    response_.body.resize(size + room);
    const std::span<std::uint8_t> window(reinterpret_cast<std::uint8_t*>(response_.body.data()) + size, room);
    exchange_->read(window, [weak = weak_from_this(), size](HttpResult<std::size_t> bytes) {
      if (const auto self = weak.lock()) self->on_read(size, std::move(bytes));
    });
  }

  void on_read(std::size_t size_before, HttpResult<std::size_t> bytes) {
    if (!bytes) return finish(bytes.error());
    response_.body.resize(size_before + *bytes);
    if (*bytes == 0) return finish(std::move(response_));
    if (response_.body.size() > max_bytes_) return too_large();
    read();
  }

  void too_large() {
    finish(base::fail(HttpError::kTooLarge,
                      host_ + ": the answer is larger than " + std::to_string(max_bytes_) + " bytes"));
  }

  void finish(HttpResult<HttpResponse> result) {
    const Handler handler = std::exchange(on_done_, nullptr);
    cancel();
    if (handler) handler(std::move(result));
  }

  boost::asio::io_context& io_;
  std::unique_ptr<HttpExchange> exchange_;
  std::string host_;
  std::size_t max_bytes_;
  Handler on_done_;
  std::optional<Deadline> deadline_;
  HttpResponse response_;
};

class Call final : public HttpCall {
 public:
  explicit Call(std::shared_ptr<MemoryCall> call) : call_(std::move(call)) {}
  ~Call() override { call_->cancel(); }

 private:
  std::shared_ptr<MemoryCall> call_;
};

}  // namespace

class HttpClient::Impl {
 public:
  Impl(boost::asio::io_context& context, boost::asio::thread_pool& workers, HttpClientOptions options)
      : io(context),
        resolver(context, std::move(options.lookup)),
        contexts(std::make_shared<TlsContexts>(context, workers)),
        address_stagger(options.address_stagger) {}

  boost::asio::io_context& io;
  Resolver resolver;
  std::shared_ptr<TlsContexts> contexts;
  std::chrono::milliseconds address_stagger;
};

HttpClient::HttpClient(boost::asio::io_context& io, boost::asio::thread_pool& workers, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(io, workers, std::move(options))) {}
HttpClient::~HttpClient() = default;

Resolver& HttpClient::resolver() {
  return impl_->resolver;
}

std::unique_ptr<HttpExchange> HttpClient::exchange(HttpRequest request) {
  return std::make_unique<Exchange>(std::make_shared<HttpExchangeCore>(impl_->io, impl_->resolver, impl_->contexts,
                                                                       impl_->address_stagger, std::move(request)));
}

std::unique_ptr<HttpCall> HttpClient::get(HttpRequest request, std::size_t max_bytes,
                                          std::chrono::milliseconds deadline,
                                          std::function<void(HttpResult<HttpResponse>)> on_done) {
  const auto url = base::parse_url(request.url);
  std::string host = url ? url->authority() : std::string("?");
  auto call = std::make_shared<MemoryCall>(impl_->io, exchange(std::move(request)), std::move(host), max_bytes,
                                           std::move(on_done));
  call->start(deadline);
  return std::make_unique<Call>(std::move(call));
}

}  // namespace podswarm::engine
