// One GET: hop after hop until an answer that is no redirect, then the body. See http_client.h for the contract.
//
// Threads: the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/url.h"
#include "engine/core/cookie_jar.h"
#include "engine/core/http_response.h"
#include "engine/net/http_client.h"
#include "engine/net/http_connection.h"

namespace podswarm::engine {

// Held by shared_ptr; cancel() drops the handlers and breaks the hold of operations under way.
class HttpExchangeCore : public std::enable_shared_from_this<HttpExchangeCore> {
 public:
  HttpExchangeCore(boost::asio::io_context& io, Resolver& resolver, std::shared_ptr<TlsContexts> contexts,
                   std::chrono::milliseconds address_stagger, HttpRequest request);

  void open(HttpExchange::HeadHandler on_head);
  void read(std::span<std::uint8_t> buffer, HttpExchange::ReadHandler on_read);
  void cancel();

 private:
  void hop(const std::string& url);
  void connect();
  // What was left open by an earlier request may be closed by now: tried once more, on a connection of its own.
  [[nodiscard]] bool try_again();
  void send_request();
  void read_head();
  void on_head_bytes(std::size_t bytes);
  void on_head();
  void redirect(const HttpHead& head);
  void read_plain();
  void read_chunked();
  void on_chunked_bytes(std::size_t bytes);
  void read_from_input();
  void deliver(std::size_t bytes);
  // The answer is read to its end.
  void leave_connection();
  void fail_open(base::Failure<HttpError> failure);
  void fail_read(base::Failure<HttpError> failure);
  [[nodiscard]] bool may_carry_credentials() const;
  [[nodiscard]] std::string request_text() const;
  [[nodiscard]] base::Failure<HttpError> failure(HttpError code, const std::string& cause) const;

  boost::asio::io_context& io_;
  Resolver& resolver_;
  std::shared_ptr<TlsContexts> contexts_;
  std::chrono::milliseconds address_stagger_;
  HttpRequest request_;
  base::Url first_;  // what was asked for
  base::Url url_;    // of the hop under way
  std::string url_text_;
  int redirects_ = 0;
  std::shared_ptr<HttpConnection> connection_;  // null once it was left to others
  bool used_before_ = false;                    // the connection
  base::SteadyTime asked_at_{};
  HttpResponseReader reader_;
  // Received and not consumed yet: the head, a body's beginning that came with it, chunks.
  base::Bytes input_;
  std::size_t input_size_ = 0;
  HttpBody body_ = HttpBody::kNone;
  std::uint64_t remaining_ = 0;  // of a body with a length
  bool body_over_ = false;
  std::span<std::uint8_t> out_;
  HttpExchange::HeadHandler on_head_;
  HttpExchange::ReadHandler on_read_;
};

}  // namespace podswarm::engine
