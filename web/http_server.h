// The daemon's HTTP server (Poco, RFC 9110): the API under /api/v1/ for whoever holds the token, and the page's files.
// It listens on loopback only. Start and stop it from one thread; requests run on its own threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "web/api_types.h"
#include "web/listener_options.h"

namespace podswarm::web {

struct HttpServerOptions {
  ListenerOptions listen{.address = "127.0.0.1"};  // a loopback address, of either family
  std::string token{};                             // wanted as `Authorization: Bearer TOKEN` by every API request
  // Answers GET and HEAD of paths outside /api/, without a token; 404 where empty. It must give away nothing private.
  ApiHandler pages{};
  std::size_t max_body_bytes = 8u << 20;
};

class HttpServer {
 public:
  // Listens when it returns. `handler` gets every authorised request under /api/v1/.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>, ServerError> start(HttpServerOptions options,
                                                                                    ApiHandler handler);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  // Takes no new request, lets the running ones finish and be answered, closes idle connections, joins the threads.
  // So never call it from a handler, nor from a thread that a running handler waits for. Twice is harmless.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::web
