// One connection to a web server, TCP or TLS: name lookup, address check, connect, verified handshake, bytes. Every
// failure is worded for a person, beginning with "host:port: ".
//
// Threads: the io_context's. Handlers are never called from inside the call that gets them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "engine/net/deadline.h"
#include "engine/net/http_client.h"
#include "engine/net/tcp_race.h"
#include "engine/net/tls_contexts.h"

namespace podswarm::engine {

struct HttpTarget {
  std::string host;  // name or address, no brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file;
  bool allow_private = true;
  AddressFamily family = AddressFamily::kAny;
  boost::asio::ip::address local_address;
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds stall_timeout{60'000};
  std::chrono::milliseconds address_stagger{250};
};

// Held by shared_ptr; close() before the last one goes, or else operations under way keep it alive to their end.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using DoneHandler = std::function<void(HttpResult<void>)>;
  using ReadHandler = std::function<void(HttpResult<std::size_t>)>;

  HttpConnection(boost::asio::io_context& io, Resolver& resolver, std::shared_ptr<TlsContexts> contexts,
                 HttpTarget target);

  void connect(DoneHandler on_done);
  void write(std::string bytes, DoneHandler on_done);
  // 0 = the peer ended the connection in order (over TLS: with close_notify). After close() nothing is written into
  // `buffer`.
  void read_some(std::span<std::uint8_t> buffer, ReadHandler on_read);
  // Drops all handlers.
  void close();

  // "host:port"
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const HttpTarget& target() const { return target_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void on_resolved(Lookup lookup);
  void on_connected(boost::system::error_code error, Socket socket);
  void handshake(const TlsContext& made);
  bool prepare_tls(const TlsContext& made);
  void on_handshake(boost::system::error_code error);
  void on_read(boost::system::error_code error, std::size_t bytes);
  void on_timeout();
  void finish(HttpResult<void> result);
  [[nodiscard]] base::Failure<HttpError> failure(HttpError code, const std::string& cause) const;

  boost::asio::io_context& io_;
  Resolver& resolver_;
  std::shared_ptr<TlsContexts> contexts_;
  HttpTarget target_;
  std::string name_;
  Socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  std::shared_ptr<TcpRace> race_;
  std::optional<Deadline> deadline_;
  std::string out_;
  base::Bytes record_;  // received over TLS
  std::string certificate_problem_;
  const char* stage_ = "";
  bool closed_ = false;
  DoneHandler on_done_;
  ReadHandler on_read_;
};

}  // namespace podswarm::engine
