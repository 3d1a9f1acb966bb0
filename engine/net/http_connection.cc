#include "engine/net/http_connection.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/ip_range.h"
#include "base/text.h"
#include "engine/net/certificate_names.h"

namespace podswarm::engine {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // the most that one TLS record carries

bool is_public(const asio::ip::address& address) {
  if (address.is_v4()) return base::is_public_address(address.to_v4().to_bytes());
  return base::is_public_address(address.to_v6().to_bytes());
}

std::string words_for(const error_code& error) {
  return base::ascii_lower(error.message().substr(0, 1)) +
         error.message().substr(std::min<std::size_t>(1, error.message().size()));
}

}  // namespace

HttpConnection::HttpConnection(asio::io_context& io, Resolver& resolver, std::shared_ptr<TlsContexts> contexts,
                               HttpTarget target)
    : io_(io), resolver_(resolver), contexts_(std::move(contexts)), target_(std::move(target)), socket_(io) {
  const bool v6 = target_.host.find(':') != std::string::npos;
  name_ = (v6 ? "[" + target_.host + "]" : target_.host) + ":" + std::to_string(target_.port);
}

base::Failure<HttpError> HttpConnection::failure(HttpError code, const std::string& cause) const {
  return base::fail(code, name_ + ": " + cause);
}

void HttpConnection::finish(HttpResult<void> result) {
  if (deadline_) deadline_->clear();
  if (const DoneHandler handler = std::exchange(on_done_, nullptr)) handler(std::move(result));
}

void HttpConnection::close() {
  if (closed_) return;
  closed_ = true;
  on_done_ = nullptr;
  on_read_ = nullptr;
  deadline_.reset();
  if (race_) race_->cancel();
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::on_timeout() {
  const auto keep = shared_from_this();
  const DoneHandler on_done = std::exchange(on_done_, nullptr);
  const ReadHandler on_read = std::exchange(on_read_, nullptr);
  const auto reason = failure(HttpError::kTimeout, stage_);
  close();
  if (on_done) on_done(reason);
  if (on_read) on_read(reason);
}

void HttpConnection::connect(DoneHandler on_done) {
  on_done_ = std::move(on_done);
  deadline_.emplace(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_timeout();
  });
  deadline_->set(target_.connect_timeout);
  stage_ = "the name lookup timed out";
  resolver_.resolve(target_.host, [weak = weak_from_this()](Lookup lookup) {
    if (const auto self = weak.lock()) self->on_resolved(std::move(lookup));
  });
}

void HttpConnection::on_resolved(Lookup lookup) {
  if (closed_) return;
  if (!lookup.addresses.empty()) {
    std::erase_if(lookup.addresses, [this](const auto& address) { return !is_of(target_.family, address); });
    if (lookup.addresses.empty()) lookup.error = "the host has no address of that kind";
  }
  if (lookup.addresses.empty()) return finish(failure(HttpError::kResolve, lookup.error));
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : lookup.addresses) {
    if (target_.allow_private || is_public(address)) endpoints.emplace_back(address, target_.port);
  }
  if (endpoints.empty()) {
    return finish(failure(HttpError::kForbidden,
                          lookup.addresses.front().to_string() + " is a private address, which takes allow_private"));
  }
  stage_ = "connecting timed out";
  race_ = std::make_shared<TcpRace>(io_, std::move(endpoints), target_.local_address, target_.address_stagger,
                                    [weak = weak_from_this()](error_code error, tcp::socket socket) {
                                      if (const auto self = weak.lock()) self->on_connected(error, std::move(socket));
                                    });
  race_->start();
}

void HttpConnection::on_connected(error_code error, tcp::socket socket) {
  if (closed_) return;
  race_.reset();
  if (error) return finish(failure(HttpError::kConnect, words_for(error)));
  socket_ = std::move(socket);
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (!target_.tls) return finish({});
  stage_ = "the TLS handshake timed out";
  contexts_->get(target_.ca_file, [weak = weak_from_this()](const TlsContext& made) {
    if (const auto self = weak.lock()) self->handshake(made);
  });
}

// The host's name goes into SNI and into OpenSSL's own verification (RFC 2818, RFC 6125); the callback only remembers
// the words for a failure.
bool HttpConnection::prepare_tls(const TlsContext& made) {
  tls_context_ = made.context;
  tls_.emplace(socket_, *tls_context_);
  SSL* const handle = tls_->native_handle();
  error_code not_an_address;
  const auto address = asio::ip::make_address(target_.host, not_an_address);
  X509_VERIFY_PARAM* const verify = ::SSL_get0_param(handle);
  if (!not_an_address) {
    if (::X509_VERIFY_PARAM_set1_ip_asc(verify, address.to_string().c_str()) != 1) return false;
  } else {
    // A final dot belongs to the name in DNS only.
    const std::string host =
        target_.host.ends_with('.') ? target_.host.substr(0, target_.host.size() - 1) : target_.host;
    ::X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (host.empty() || ::X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) != 1) return false;
    if (SSL_set_tlsext_host_name(handle, host.c_str()) != 1) return false;
  }
  error_code error;
  tls_->set_verify_callback(
      [weak = weak_from_this()](bool good, ssl::verify_context& context) {
        const auto self = weak.lock();
        if (!good && self && self->certificate_problem_.empty()) {
          self->certificate_problem_ = describe_certificate_problem(context.native_handle());
        }
        return good;
      },
      error);
  return !error;
}

void HttpConnection::handshake(const TlsContext& made) {
  if (closed_) return;
  if (!made.context) return finish(failure(HttpError::kCaFile, made.error));
  if (!prepare_tls(made)) return finish(failure(HttpError::kTls, "cannot set up TLS for this host"));
  tls_->async_handshake(ssl::stream_base::client,
                        [self = shared_from_this()](error_code error) { self->on_handshake(error); });
}

void HttpConnection::on_handshake(error_code error) {
  if (closed_) return;
  if (!error) return finish({});
  if (!certificate_problem_.empty()) return finish(failure(HttpError::kTls, certificate_problem_));
  const bool cut =
      error == asio::error::eof || error == ssl::error::stream_truncated || error == asio::error::connection_reset;
  finish(failure(HttpError::kTls, cut ? std::string("the server ended the TLS handshake")
                                      : "the TLS handshake failed: " + words_for(error)));
}

void HttpConnection::write(std::string bytes, DoneHandler on_done) {
  out_ = std::move(bytes);
  on_done_ = std::move(on_done);
  stage_ = "no progress in sending the request";
  deadline_->set(target_.stall_timeout);
  auto written = [self = shared_from_this()](error_code error, std::size_t) {
    if (self->closed_) return;
    if (error) return self->finish(self->failure(HttpError::kShortRead, "sending failed: " + words_for(error)));
    self->finish({});
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(out_), std::move(written));
  } else {
    asio::async_write(socket_, asio::buffer(out_), std::move(written));
  }
}

void HttpConnection::read_some(std::span<std::uint8_t> buffer, ReadHandler on_read) {
  on_read_ = std::move(on_read);
  stage_ = "no data received for too long";
  deadline_->set(target_.stall_timeout);
  if (tls_) {
    // A record that had come when the connection was closed is decrypted all the same: the caller's buffer may be gone.
    record_.resize(kRecord);
    tls_->async_read_some(asio::buffer(record_.data(), std::min(record_.size(), buffer.size())),
                          [self = shared_from_this(), buffer](error_code error, std::size_t bytes) {
                            if (!self->closed_) std::copy_n(self->record_.begin(), bytes, buffer.begin());
                            self->on_read(error, bytes);
                          });
  } else {
    socket_.async_read_some(
        asio::buffer(buffer.data(), buffer.size()),
        [self = shared_from_this()](error_code error, std::size_t bytes) { self->on_read(error, bytes); });
  }
}

void HttpConnection::on_read(error_code error, std::size_t bytes) {
  if (closed_) return;
  deadline_->clear();
  const ReadHandler handler = std::exchange(on_read_, nullptr);
  if (!handler) return;
  if (bytes > 0) return handler(bytes);
  if (error == asio::error::eof) return handler(std::size_t{0});
  if (error == ssl::error::stream_truncated || error == asio::error::connection_reset) {
    return handler(failure(HttpError::kShortRead, "the connection was cut off"));
  }
  if (error) return handler(failure(HttpError::kShortRead, "receiving failed: " + words_for(error)));
  // TLS may complete with nothing after a record without payload.
  handler(failure(HttpError::kShortRead, "received nothing"));
}

}  // namespace podswarm::engine
