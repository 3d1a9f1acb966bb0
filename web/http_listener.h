// A listening socket with Poco's server threads behind it, and a stop that ends: what this program's HTTP servers
// share. For this folder's own sources. Start and stop it from one thread; requests run on its own threads.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "web/listener_options.h"
#include "web/server_stop.h"

namespace podswarm::web {

class HttpListener {
 public:
  // Has the port when it returns; connections wait until serve().
  [[nodiscard]] static base::Result<std::unique_ptr<HttpListener>, ServerError> bind(const ListenerOptions& options);
  // stop() comes first where requests may be at work.
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  void serve(Poco::Net::HTTPRequestHandlerFactory::Ptr handlers);
  [[nodiscard]] std::uint16_t port() const;

  // Waits for the requests inside `gate` (and `grace` for their answers to be taken), cuts all connections, joins the
  // threads. So never call it from a handler, nor from a thread that a running handler waits for. Twice is harmless.
  void stop(Gate& gate, std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit HttpListener(std::unique_ptr<Impl> impl);
  void end();

  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::web
