// The daemon's HTTP server (Poco, RFC 9110): the API under /api/v1/ for whoever holds the token, and the page's files.
// It listens on loopback only. Start and stop it from one thread; requests run on its own threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "web/api_types.h"

namespace podswarm::web {

enum class ServerError {
  kBadOption,  // not a loopback address, an empty token
  kInUse,      // the port is taken
  kOther,
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // a loopback address in numbers, of either family
  std::uint16_t port = 0;             // 0: any free one
  std::string token{};                // wanted as `Authorization: Bearer TOKEN` by every API request
  // Answers GET and HEAD of paths outside /api/, without a token; 404 where empty. It must give away nothing private.
  ApiHandler pages{};
  std::size_t max_body_bytes = 8u << 20;
  int max_threads = 16;                            // requests at a time; more wait
  std::chrono::milliseconds io_timeout{15'000};    // a silent client in the middle of a request
  std::chrono::milliseconds idle_timeout{10'000};  // a kept-alive connection without a request
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
