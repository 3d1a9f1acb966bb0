#include "web/http_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "web/request_check.h"
#include "web/server_stop.h"

#if defined(__SANITIZE_THREAD__)
// The distribution's Poco is built without the sanitizer, which therefore does not see its reference counts and takes
// the last release of a socket for a race with what another thread did before it.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libPocoNet.so\nrace:libPocoFoundation.so\n";
}
#endif

namespace podswarm::web {

namespace {

namespace net = Poco::Net;

constexpr std::chrono::seconds kSendGrace{2};
// How long an idle thread of the server sleeps between two looks at whether it shall end.
constexpr std::chrono::milliseconds kThreadIdle{500};
constexpr std::string_view kTooLarge = "the body is larger than the daemon takes";
constexpr std::size_t kMaxDrainBytes = 64u << 20;

Poco::Timespan poco_timespan(std::chrono::milliseconds duration) {
  return Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// What the request handlers share; it lives as long as the last of them.
struct Site {
  HttpServerOptions options;
  ApiHandler handler;
  std::uint16_t port = 0;
  Gate gate;
  OpenConnections connections;
};

class Handler final : public net::HTTPRequestHandler {
 public:
  explicit Handler(std::shared_ptr<Site> site) : site_(std::move(site)) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override try {
    std::optional<ApiRequest> accepted;
    ApiResponse answer;
    // A client that is slow to send its body is not at work yet: it cannot delay a stop.
    if (auto refused = accept(request, response, accepted)) {
      send(request, response, *refused);
      return;
    }
    Gate::Pass pass(site_->gate);
    if (!pass.inside()) {
      response.setKeepAlive(false);
      send(request, response, api_error(503, "stopping", "the daemon is stopping"));
      return;
    }
    try {
      answer = is_api(accepted->path) ? site_->handler(*accepted) : site_->options.pages(*accepted);
    } catch (const std::exception& error) {
      spdlog::error("web: {} {} failed: {}", accepted->method, accepted->path, error.what());
      answer = api_error(500, "internal", "an internal error; the daemon's log says more");
    } catch (...) {
      spdlog::error("web: {} {} failed", accepted->method, accepted->path);
      answer = api_error(500, "internal", "an internal error; the daemon's log says more");
    }
    pass.worked();
    send(request, response, answer);
  } catch (const std::exception&) {
    // The client is gone or silent; Poco would try to tell it.
    response.setKeepAlive(false);
  }

 private:
  static bool is_api(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

  // Fills `accepted` with a request that a handler may see, or says why not.
  std::optional<ApiResponse> accept(net::HTTPServerRequest& http_request, net::HTTPServerResponse& response,
                                    std::optional<ApiRequest>& accepted) {
    if (!is_own_host(http_request.get("Host", ""), site_->options.address, site_->port)) {
      return refuse(http_request, response, api_error(403, "bad-host", "this name is not the daemon's"));
    }
    accepted = parse_target(http_request.getMethod(), http_request.getURI());
    if (!accepted) {
      return refuse(http_request, response, api_error(400, "bad-path", "the path or query is malformed"));
    }
    if (!is_api(accepted->path)) return accept_page(http_request, response);
    if (!has_token(http_request.get("Authorization", ""), site_->options.token)) {
      response.set("WWW-Authenticate", "Bearer");
      return refuse(http_request, response, api_error(401, "unauthorized", "wants the daemon's token"));
    }
    if (!accepted->path.starts_with("/api/v1/")) {
      return refuse(http_request, response, api_error(404, "not-found", "the API is under /api/v1/"));
    }
    return read_body(http_request, response, accepted->body);
  }

  std::optional<ApiResponse> accept_page(net::HTTPServerRequest& request, net::HTTPServerResponse& response) {
    if (!site_->options.pages) return refuse(request, response, api_error(404, "not-found", "no such page"));
    if (request.getMethod() != "GET" && request.getMethod() != "HEAD") {
      response.set("Allow", "GET, HEAD");
      return refuse(request, response, api_error(405, "method", "pages are only read"));
    }
    response.set("Content-Security-Policy", "frame-ancestors 'none'");
    return std::nullopt;
  }

  // The error for a body that will not do.
  std::optional<ApiResponse> read_body(net::HTTPServerRequest& request, net::HTTPServerResponse& response,
                                       std::string& body) {
    const std::size_t limit = site_->options.max_body_bytes;
    const bool has_length = request.hasContentLength();
    const auto too_large = [&] { return refuse(request, response, api_error(413, "too-large", kTooLarge)); };
    if (!has_length && !request.getChunkedTransferEncoding()) {
      // No body, and where Poco would read one up to the connection's end, not that either.
      if (request.getMethod() != "GET" && request.getMethod() != "HEAD") response.setKeepAlive(false);
      return std::nullopt;
    }
    if (has_length && std::cmp_greater(request.getContentLength64(), limit)) return too_large();
    auto* in = request.stream().rdbuf();
    char buffer[16 * 1024];
    for (std::streamsize size = sizeof buffer; size == sizeof buffer;) {
      size = in->sgetn(buffer,
                       sizeof buffer);  // less only at the end, after which Poco's chunked stream must not be asked
      body.append(buffer, static_cast<std::size_t>(std::max<std::streamsize>(size, 0)));
      if (body.size() > limit) {
        if (size == sizeof buffer) return too_large();
        response.setKeepAlive(false);
        return api_error(413, "too-large", kTooLarge);
      }
    }
    if (has_length && std::cmp_less(body.size(), request.getContentLength64())) {
      return refuse(request, response, api_error(400, "bad-body", "the body was cut off"));
    }
    return std::nullopt;
  }

  // An answer before the body was read. What comes of it is read and dropped within reason, as closing on unread
  // bytes would make the system throw the answer away as well.
  static ApiResponse refuse(net::HTTPServerRequest& request, net::HTTPServerResponse& response, ApiResponse answer) {
    response.setKeepAlive(false);
    const bool has_body = request.getChunkedTransferEncoding() ||
                          (request.hasContentLength() && std::cmp_less(request.getContentLength64(), kMaxDrainBytes));
    if (!has_body) return answer;
    auto* in = request.stream().rdbuf();
    char buffer[16 * 1024];
    std::size_t drained = 0;
    for (std::streamsize size = sizeof buffer; size == sizeof buffer && drained < kMaxDrainBytes;) {
      size = in->sgetn(buffer, sizeof buffer);
      drained += sizeof buffer;
    }
    return answer;
  }

  static void send(net::HTTPServerRequest& request, net::HTTPServerResponse& response, const ApiResponse& answer) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(answer.status));
    response.setContentType(answer.content_type);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "no-store");
    if (request.getMethod() == "HEAD") {
      response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
      response.send();
    } else {
      response.sendBuffer(answer.body.data(), answer.body.size());
    }
  }

  std::shared_ptr<Site> site_;
};

class HandlerFactory final : public net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(std::shared_ptr<Site> site) : site_(std::move(site)) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override { return new Handler(site_); }

 private:
  std::shared_ptr<Site> site_;
};

// Poco's own way to cut connections at a stop, HTTPServer::stopAll, touches their sockets while their threads close
// them. A descriptor of our own, closed after theirs, cannot meanwhile become another connection's.
class Connection final : public net::HTTPServerConnection {
 public:
  Connection(const net::StreamSocket& socket, const net::HTTPServerParams::Ptr& params,
             const net::HTTPRequestHandlerFactory::Ptr& factory, std::shared_ptr<Site> site)
      : HTTPServerConnection(socket, params, factory), site_(std::move(site)) {}

  void run() override {
    const base::UniqueFd own(::fcntl(socket().impl()->sockfd(), F_DUPFD_CLOEXEC, 0));
    if (!own) return;
    site_->connections.add(own.get());
    HTTPServerConnection::run();
    site_->connections.remove(own.get());
  }

 private:
  std::shared_ptr<Site> site_;
};

class ConnectionFactory final : public net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(std::shared_ptr<Site> site, net::HTTPServerParams::Ptr params)
      : site_(std::move(site)), params_(std::move(params)), handlers_(new HandlerFactory(site_)) {}
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Connection(socket, params_, handlers_, site_);
  }

 private:
  std::shared_ptr<Site> site_;
  net::HTTPServerParams::Ptr params_;
  net::HTTPRequestHandlerFactory::Ptr handlers_;
};

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<Site> site = std::make_shared<Site>();
  std::unique_ptr<Poco::ThreadPool> threads;
  std::unique_ptr<net::TCPServer> server;
};

base::Result<std::unique_ptr<HttpServer>, ServerError> HttpServer::start(HttpServerOptions options,
                                                                         ApiHandler handler) {
  net::IPAddress address;
  if (!net::IPAddress::tryParse(options.address, address) || !address.isLoopback()) {
    return base::fail(ServerError::kBadOption, options.address + ": not a loopback address");
  }
  if (options.token.empty()) return base::fail(ServerError::kBadOption, "the API wants a token");
  const std::string place = options.address + ":" + std::to_string(options.port);
  try {
    net::ServerSocket socket;
    // Without SO_REUSEPORT, with which Poco's shorter constructors would let another process share the port.
    socket.bind(net::SocketAddress(address, options.port), true, false);
    socket.listen();

    auto impl = std::make_unique<Impl>();
    impl->site->port = socket.address().port();
    impl->site->handler = std::move(handler);
    net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
    params->setMaxThreads(options.max_threads);
    params->setMaxQueued(64);
    params->setTimeout(poco_timespan(options.io_timeout));
    params->setKeepAliveTimeout(poco_timespan(options.idle_timeout));
    // A thread of Poco's that is about to wait for work misses a stop and waits this long, ten seconds by default.
    params->setThreadIdleTime(poco_timespan(kThreadIdle));
    impl->threads = std::make_unique<Poco::ThreadPool>(1, options.max_threads);
    impl->site->options = std::move(options);
    impl->server =
        std::make_unique<net::TCPServer>(new ConnectionFactory(impl->site, params), *impl->threads, socket, params);
    impl->server->start();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  } catch (const Poco::Exception& error) {
    const bool in_use = error.code() == EADDRINUSE;
    return base::fail(in_use ? ServerError::kInUse : ServerError::kOther,
                      place + ": cannot listen: " + (in_use ? "the port is in use" : error.displayText()));
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop();
}

std::uint16_t HttpServer::port() const {
  return impl_->site->port;
}

void HttpServer::stop() {
  if (!impl_->server) return;
  impl_->site->gate.close_and_wait(kSendGrace);
  // Wakes Poco's listening thread, which else looks about every quarter of a second whether it shall end.
  ::shutdown(impl_->server->socket().impl()->sockfd(), SHUT_RDWR);
  impl_->server->stop();
  impl_->site->connections.shut_all();
  impl_->threads->joinAll();
  impl_->server.reset();
}

}  // namespace podswarm::web
