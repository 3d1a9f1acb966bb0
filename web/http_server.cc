#include "web/http_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/IPAddress.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <ostream>
#include <utility>

#include "base/log.h"
#include "web/http_listener.h"
#include "web/request_check.h"

namespace podswarm::web {

namespace {

namespace net = Poco::Net;

constexpr std::chrono::seconds kSendGrace{2};
constexpr std::string_view kTooLarge = "the body is larger than the daemon takes";
constexpr std::size_t kMaxDrainBytes = 64u << 20;

// What the request handlers share; it lives as long as the last of them.
struct Site {
  HttpServerOptions options;
  ApiHandler handler;
  std::uint16_t port = 0;
  Gate gate;
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
    if (!is_own_host(http_request.get("Host", ""), site_->options.listen.address, site_->port)) {
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
    response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") out << answer.body;
    // Poco's sendBuffer() leaves the rest to the response's end of life, when a stop may have cut the connection.
    out.flush();
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

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<Site> site = std::make_shared<Site>();
  std::unique_ptr<HttpListener> listener;
};

base::Result<std::unique_ptr<HttpServer>, ServerError> HttpServer::start(HttpServerOptions options,
                                                                         ApiHandler handler) {
  net::IPAddress address;
  if (!net::IPAddress::tryParse(options.listen.address, address) || !address.isLoopback()) {
    return base::fail(ServerError::kBadOption, options.listen.address + ": not a loopback address");
  }
  if (options.token.empty()) return base::fail(ServerError::kBadOption, "the API wants a token");
  auto listener = HttpListener::bind(options.listen);
  if (!listener) return listener.error();
  auto impl = std::make_unique<Impl>();
  impl->listener = std::move(*listener);
  impl->site->port = impl->listener->port();
  impl->site->handler = std::move(handler);
  impl->site->options = std::move(options);
  impl->listener->serve(new HandlerFactory(impl->site));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop();
}

std::uint16_t HttpServer::port() const {
  return impl_->site->port;
}

void HttpServer::stop() {
  impl_->listener->stop(impl_->site->gate, kSendGrace);
}

}  // namespace podswarm::web
