#include "engine/net/http_exchange.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "engine/net/http_connection_cache.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kFirstRead = 16 * 1024;
constexpr std::size_t kChunkedInput = 128 * 1024;
// The head of an answer may take so many times as long as one read of it.
constexpr int kHeadStalls = 2;

base::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// A field's value must not become a second field.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return text;
}

// The host is percent-decoded: nothing may be in it that ends a Host field or a message.
bool is_sane_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::none_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || std::strchr("/?#@[]\\<>\"%", c) != nullptr;
  });
}

std::uint16_t default_port(const base::Url& url) {
  return url.scheme == "https" ? 443 : 80;
}

}  // namespace

HttpExchangeCore::HttpExchangeCore(boost::asio::io_context& io, Resolver& resolver,
                                   std::shared_ptr<TlsContexts> contexts, std::chrono::milliseconds address_stagger,
                                   HttpRequest request)
    : io_(io),
      resolver_(resolver),
      contexts_(std::move(contexts)),
      address_stagger_(address_stagger),
      request_(std::move(request)) {
  if (!request_.cookies) request_.cookies = std::make_shared<CookieJar>();
}

base::Failure<HttpError> HttpExchangeCore::failure(HttpError code, const std::string& cause) const {
  return base::fail(code, (connection_ ? connection_->name() : url_.authority()) + ": " + cause);
}

void HttpExchangeCore::cancel() {
  on_head_ = nullptr;
  on_read_ = nullptr;
  if (connection_) connection_->close();
}

void HttpExchangeCore::leave_connection() {
  if (!connection_) return;
  if (request_.connections && reader_.keeps_alive() && input_size_ == 0) {
    request_.connections->put(std::exchange(connection_, nullptr));
  } else {
    connection_->close();
  }
}

void HttpExchangeCore::fail_open(base::Failure<HttpError> failure) {
  if (connection_) connection_->close();
  if (const auto handler = std::exchange(on_head_, nullptr)) handler(std::move(failure));
}

void HttpExchangeCore::fail_read(base::Failure<HttpError> failure) {
  if (connection_) connection_->close();
  if (const auto handler = std::exchange(on_read_, nullptr)) handler(std::move(failure));
}

void HttpExchangeCore::open(HttpExchange::HeadHandler on_head) {
  on_head_ = std::move(on_head);
  boost::asio::post(io_, [self = shared_from_this()] {
    if (self->on_head_) self->hop(self->request_.url);
  });
}

void HttpExchangeCore::hop(const std::string& text) {
  auto url = base::parse_url(text);
  const bool web = url && (url->scheme == "http" || url->scheme == "https") && url->port != 0;
  if (!web || !is_sane_host(url->host)) {
    const HttpError code = redirects_ == 0 ? HttpError::kBadUrl : HttpError::kRedirect;
    const std::string shown(base::utf8_prefix(base::redact_url(base::sanitize_url(text)), 200));
    if (redirects_ == 0) return fail_open(base::fail(code, shown + ": is not an http or https URL"));
    return fail_open(failure(code, "redirects to what is not an http or https URL: " + shown));
  }
  if (connection_) connection_->close();
  url_ = std::move(*url);
  url_text_ = base::sanitize_url(text);
  if (redirects_ == 0) first_ = url_;
  used_before_ = false;
  connect();
}

void HttpExchangeCore::connect() {
  HttpTarget target;
  target.host = url_.host;
  target.port = url_.port;
  target.tls = url_.scheme == "https";
  target.ca_file = request_.ca_file;
  target.allow_private = request_.allow_private;
  target.family = request_.family;
  target.local_address = request_.local_address;
  target.connect_timeout = request_.connect_timeout;
  target.stall_timeout = request_.stall_timeout;
  target.address_stagger = address_stagger_;
  if (request_.connections && !used_before_) {
    if (auto kept = request_.connections->take(target)) {
      connection_ = std::move(kept);
      used_before_ = true;
      return send_request();
    }
  }
  used_before_ = false;
  connection_ = std::make_shared<HttpConnection>(io_, resolver_, contexts_, std::move(target));
  connection_->connect([self = shared_from_this()](HttpResult<void> connected) {
    if (!connected) return self->fail_open(connected.error());
    self->send_request();
  });
}

bool HttpExchangeCore::try_again() {
  if (!used_before_ || input_size_ > 0) return false;
  connection_->close();
  connect();
  return true;
}

// The first host's own; its plain and its TLS service are one, but never from TLS down to plain text.
bool HttpExchangeCore::may_carry_credentials() const {
  if (url_.host != first_.host) return false;
  if (first_.scheme == "https" && url_.scheme != "https") return false;
  const bool both_default = url_.port == default_port(url_) && first_.port == default_port(first_);
  return url_.port == first_.port || both_default;
}

std::string HttpExchangeCore::request_text() const {
  std::string out = "GET " + url_.target + " HTTP/1.1\r\nHost: " + url_.authority() + "\r\n";
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += std::string(name) + ": " + one_line(value) + "\r\n";
  };
  add("User-Agent", request_.user_agent);
  add("Accept", "*/*");
  add("Accept-Encoding", "identity");
  std::string user = url_.user, password = url_.password;
  if (user.empty() && password.empty() && may_carry_credentials()) {
    user = request_.user.empty() ? first_.user : request_.user;
    password = request_.user.empty() ? first_.password : request_.password;
  } else if (redirects_ == 0 && !request_.user.empty()) {
    user = request_.user;
    password = request_.password;
  }
  const bool own_pair = redirects_ > 0 && (!url_.user.empty() || !url_.password.empty());
  if (!request_.token.empty() && may_carry_credentials() && !own_pair) {
    add("Authorization", "Bearer " + request_.token);
  } else if (!user.empty() || !password.empty()) {
    const std::string pair = user + ":" + password;
    add("Authorization", "Basic " + base::to_base64(base::as_bytes(pair)));
  }
  add("Cookie", request_.cookies->header_for(url_, wall_now()));
  for (const HttpField& field : request_.fields) add(one_line(field.name), field.value);
  out += request_.connections ? "\r\n" : "Connection: close\r\n\r\n";
  return out;
}

void HttpExchangeCore::send_request() {
  asked_at_ = std::chrono::steady_clock::now();
  reader_ = HttpResponseReader();
  input_size_ = 0;
  connection_->write(request_text(), [self = shared_from_this()](HttpResult<void> sent) {
    // A server may answer, and close, before it has read the request: the answer counts.
    if (!sent && sent.error().code == HttpError::kTimeout) return self->fail_open(sent.error());
    self->read_head();
  });
}

void HttpExchangeCore::read_head() {
  if (input_.size() < input_size_ + kFirstRead) input_.resize(input_size_ + kFirstRead);
  connection_->read_some({input_.data() + input_size_, input_.size() - input_size_},
                         [self = shared_from_this()](HttpResult<std::size_t> bytes) {
                           const bool slow = !bytes && bytes.error().code == HttpError::kTimeout;
                           if (!bytes && !slow && self->try_again()) return;
                           if (!bytes) return self->fail_open(bytes.error());
                           self->on_head_bytes(*bytes);
                         });
}

void HttpExchangeCore::on_head_bytes(std::size_t bytes) {
  if (bytes == 0) {
    if (try_again()) return;
    const char* cause = input_size_ == 0 ? "the server closed the connection without an answer"
                                         : "the connection ended in the middle of the answer's head";
    return fail_open(failure(HttpError::kShortRead, cause));
  }
  input_size_ += bytes;
  const auto consumed = reader_.put_head({input_.data(), input_size_});
  if (!consumed) return fail_open(failure(HttpError::kProtocol, consumed.error().message));
  std::memmove(input_.data(), input_.data() + *consumed, input_size_ - *consumed);
  input_size_ -= *consumed;
  if (!reader_.head_done()) {
    // Each byte may be in time and all of them together not.
    if (std::chrono::steady_clock::now() < asked_at_ + kHeadStalls * request_.stall_timeout) return read_head();
    return fail_open(failure(HttpError::kTimeout, "the answer's head comes too slowly"));
  }
  on_head();
}

void HttpExchangeCore::on_head() {
  HttpHead head = reader_.head();
  for (const HttpField& field : head.fields) {
    if (base::iequals(field.name, "Set-Cookie")) request_.cookies->store(url_, base::trim(field.value), wall_now());
  }
  if (is_redirect(head.status) && !head.field("Location").empty()) return redirect(head);
  // A length that does not fit what the body is for: better no answer than a wrong one.
  body_ = reader_.body();
  if (body_ == HttpBody::kLength) remaining_ = *head.content_length;
  body_over_ = body_ == HttpBody::kNone;
  head.final_url = base::redact_url(url_text_);
  if (body_ == HttpBody::kChunked && input_.size() < kChunkedInput) input_.resize(kChunkedInput);
  const auto handler = std::exchange(on_head_, nullptr);
  if (handler) handler(std::move(head));
}

void HttpExchangeCore::redirect(const HttpHead& head) {
  if (redirects_ == request_.max_redirects) {
    return fail_open(
        failure(HttpError::kRedirect, "more than " + std::to_string(request_.max_redirects) + " redirects"));
  }
  ++redirects_;
  // A short body has come with the head: then the server can be asked again.
  if (reader_.body() == HttpBody::kNone) leave_connection();
  if (reader_.body() == HttpBody::kLength && head.content_length <= input_size_) {
    input_size_ -= static_cast<std::size_t>(*head.content_length);
    leave_connection();
  }
  hop(base::resolve_url(url_text_, head.field("Location")));
}

void HttpExchangeCore::read(std::span<std::uint8_t> buffer, HttpExchange::ReadHandler on_read) {
  out_ = buffer;
  on_read_ = std::move(on_read);
  if (body_over_ || input_size_ > 0) {
    boost::asio::post(io_, [self = shared_from_this()] {
      if (self->on_read_) self->read_from_input();
    });
    return;
  }
  body_ == HttpBody::kChunked ? read_chunked() : read_plain();
}

// What came along with the head, or nothing any more.
void HttpExchangeCore::read_from_input() {
  if (body_over_) return deliver(0);
  if (body_ == HttpBody::kChunked) return on_chunked_bytes(0);
  std::size_t bytes = std::min(input_size_, out_.size());
  if (body_ == HttpBody::kLength) bytes = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, remaining_));
  std::memcpy(out_.data(), input_.data(), bytes);
  std::memmove(input_.data(), input_.data() + bytes, input_size_ - bytes);
  input_size_ -= bytes;
  deliver(bytes);
}

void HttpExchangeCore::read_plain() {
  std::span<std::uint8_t> window = out_;
  if (body_ == HttpBody::kLength && window.size() > remaining_)
    window = window.first(static_cast<std::size_t>(remaining_));
  connection_->read_some(window, [self = shared_from_this()](HttpResult<std::size_t> bytes) {
    if (!bytes) return self->fail_read(bytes.error());
    if (*bytes == 0 && self->body_ == HttpBody::kLength) {
      return self->fail_read(
          self->failure(HttpError::kShortRead,
                        "the connection ended " + std::to_string(self->remaining_) + " bytes before the file did"));
    }
    self->deliver(*bytes);
  });
}

void HttpExchangeCore::read_chunked() {
  connection_->read_some(
      {input_.data() + input_size_, input_.size() - input_size_},
      [self = shared_from_this()](HttpResult<std::size_t> bytes) {
        if (!bytes) return self->fail_read(bytes.error());
        if (*bytes == 0) {
          return self->fail_read(self->failure(HttpError::kShortRead, "the connection ended before the file did"));
        }
        self->on_chunked_bytes(*bytes);
      });
}

void HttpExchangeCore::on_chunked_bytes(std::size_t bytes) {
  input_size_ += bytes;
  const auto step = reader_.put_chunked({input_.data(), input_size_}, out_);
  if (!step) return fail_read(failure(HttpError::kProtocol, step.error().message));
  std::memmove(input_.data(), input_.data() + step->consumed, input_size_ - step->consumed);
  input_size_ -= step->consumed;
  body_over_ = reader_.body_done();
  if (step->produced > 0 || body_over_) return deliver(step->produced);
  if (input_size_ == input_.size()) return fail_read(failure(HttpError::kProtocol, "a chunk's head is too large"));
  read_chunked();
}

void HttpExchangeCore::deliver(std::size_t bytes) {
  if (body_ == HttpBody::kLength) {
    remaining_ -= bytes;
    body_over_ = remaining_ == 0;
  } else if (body_ == HttpBody::kUntilClose && bytes == 0) {
    body_over_ = true;
  }
  // Nothing more will be read: the server need not wait for the reader of this answer.
  if (body_over_) leave_connection();
  if (const auto handler = std::exchange(on_read_, nullptr)) handler(bytes);
}

}  // namespace podswarm::engine
