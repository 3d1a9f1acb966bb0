#include "engine/net/tracker_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "engine/core/tracker_swarms.h"

namespace podswarm::engine {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHeadBytes = 16 * 1024;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

Endpoint endpoint_of(const asio::ip::address& address) {
  if (address.is_v4()) return Endpoint::v4(address.to_v4().to_bytes(), 0);
  return Endpoint::v6(address.to_v6().to_bytes(), 0);
}

struct Answer {
  http::status status = http::status::ok;
  base::Bytes body;
};

}  // namespace

// Shared with the connections, which end with it.
class TrackerServer::Impl : public std::enable_shared_from_this<TrackerServer::Impl> {
 public:
  Impl(asio::io_context& io, TrackerServerOptions options)
      : io_(io),
        options_(std::move(options)),
        acceptor_(io),
        pause_(io),
        swarms_({options_.peer_expiry, options_.max_torrents, options_.max_peers_per_torrent, options_.max_numwant},
                std::random_device{}()) {
    const bool any = options_.address.empty();
    const auto address =
        any ? asio::ip::address(asio::ip::address_v6::any()) : asio::ip::make_address(options_.address);
    try {
      listen(tcp::endpoint(address, options_.port), any);
    } catch (const boost::system::system_error&) {
      if (!any) throw;
      // A machine without IPv6.
      acceptor_.close();
      listen(tcp::endpoint(tcp::v4(), options_.port), false);
    }
    port_ = acceptor_.local_endpoint().port();
  }

  void accept();
  void close();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& address() const { return options_.address; }

 private:
  class Connection;

  void listen(const tcp::endpoint& endpoint, bool both_families);
  [[nodiscard]] Answer answer(std::string_view target, const asio::ip::address& from);
  [[nodiscard]] Answer announce(std::string_view query, const asio::ip::address& from);
  [[nodiscard]] Answer scrape(std::string_view query);

  asio::io_context& io_;
  TrackerServerOptions options_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  TrackerSwarms swarms_;
  std::uint16_t port_ = 0;
  std::vector<std::weak_ptr<Connection>> connections_;
  bool closed_ = false;
};

class TrackerServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::weak_ptr<Impl> server, std::chrono::milliseconds timeout)
      : stream_(std::move(socket)), server_(std::move(server)), timeout_(timeout) {
    error_code error;
    const auto remote = stream_.socket().remote_endpoint(error);
    if (!error) remote_ = remote.address();
  }

  void close() { stream_.close(); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeadBytes);
    parser_->body_limit(0);
    stream_.expires_after(timeout_);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->reply();
    });
  }

 private:
  void reply() {
    const auto server = server_.lock();
    if (!server || server->closed_) return;
    const auto& request = parser_->get();
    Answer answer;
    if (request.method() == http::verb::get) {
      answer = server->answer(std::string_view(request.target()), remote_);
    } else {
      answer = {http::status::method_not_allowed, {}};
    }
    response_ = {};
    response_.result(answer.status);
    response_.version(request.version());
    response_.keep_alive(request.keep_alive());
    response_.set(http::field::content_type, "text/plain");
    response_.body() = base::as_text(answer.body);
    response_.prepare_payload();
    stream_.expires_after(timeout_);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      if (self->response_.keep_alive()) return self->read();
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  std::weak_ptr<Impl> server_;
  std::chrono::milliseconds timeout_;
  asio::ip::address remote_;
  beast::flat_buffer buffer_{kMaxHeadBytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

void TrackerServer::Impl::listen(const tcp::endpoint& endpoint, bool both_families) {
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  if (both_families) acceptor_.set_option(asio::ip::v6_only(false));
  acceptor_.bind(endpoint);
  acceptor_.listen();
}

void TrackerServer::Impl::accept() {
  acceptor_.async_accept([weak = weak_from_this()](error_code error, tcp::socket socket) {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    std::erase_if(self->connections_, [](const auto& connection) { return connection.expired(); });
    if (!error && self->connections_.size() < self->options_.max_connections) {
      const auto connection = std::make_shared<Connection>(std::move(socket), weak, self->options_.request_timeout);
      self->connections_.push_back(connection);
      connection->read();
    }
    if (!error) return self->accept();
    // Out of descriptors, most likely: trying again at once would only burn time.
    self->pause_.expires_after(kAcceptPause);
    self->pause_.async_wait([weak](error_code cancelled) {
      const auto again = weak.lock();
      if (!cancelled && again && !again->closed_) again->accept();
    });
  });
}

void TrackerServer::Impl::close() {
  closed_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& weak : connections_) {
    if (const auto connection = weak.lock()) connection->close();
  }
}

Answer TrackerServer::Impl::answer(std::string_view target, const asio::ip::address& from) {
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  const std::string_view query = question == std::string_view::npos ? "" : target.substr(question + 1);
  if (path == "/announce") return announce(query, from);
  if (path == "/scrape") return scrape(query);
  return {http::status::not_found, encode_tracker_failure("this tracker is at /announce")};
}

// Refusals are "200 OK" with a reason in the body: clients do not read the body of anything else.
Answer TrackerServer::Impl::announce(std::string_view query, const asio::ip::address& from) {
  const auto parsed = parse_announce_query(query);
  if (!parsed) return {http::status::ok, encode_tracker_failure(parsed.error().message)};
  auto answer = swarms_.announce(parsed->request, endpoint_of(from), base::SteadyTime::clock::now());
  if (!answer) return {http::status::ok, encode_tracker_failure(answer.error().message)};
  answer->interval = options_.interval;
  return {http::status::ok, encode_announce_response(*answer, parsed->compact, parsed->no_peer_id)};
}

Answer TrackerServer::Impl::scrape(std::string_view query) {
  const auto parsed = parse_scrape_query(query);
  if (!parsed) return {http::status::ok, encode_tracker_failure(parsed.error().message)};
  if (parsed->empty()) return {http::status::ok, encode_tracker_failure("name the torrents to be scraped")};
  return {http::status::ok, encode_scrape_response(swarms_.scrape(*parsed, base::SteadyTime::clock::now()))};
}

TrackerServer::TrackerServer(asio::io_context& io, TrackerServerOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {
  impl_->accept();
}
TrackerServer::~TrackerServer() {
  impl_->close();
}
std::uint16_t TrackerServer::local_port() const {
  return impl_->port();
}

std::string TrackerServer::announce_url() const {
  const auto address = impl_->address().empty() ? asio::ip::address(asio::ip::address_v4::loopback())
                                                : asio::ip::make_address(impl_->address());
  const auto shown = address.is_unspecified() ? asio::ip::address(asio::ip::address_v4::loopback()) : address;
  const std::string host = shown.is_v6() ? "[" + shown.to_string() + "]" : shown.to_string();
  return "http://" + host + ":" + std::to_string(local_port()) + "/announce";
}

}  // namespace podswarm::engine
