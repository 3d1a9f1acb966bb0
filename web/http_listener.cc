#include "web/http_listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/file.h"

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

// How long an idle thread of the server sleeps between two looks at whether it shall end.
constexpr std::chrono::milliseconds kThreadIdle{500};
constexpr int kMaxQueued = 64;

Poco::Timespan poco_timespan(std::chrono::milliseconds duration) {
  return Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// Poco's own way to cut connections at a stop, HTTPServer::stopAll, touches their sockets while their threads close
// them. A descriptor of our own, closed after theirs, cannot meanwhile become another connection's.
class Connection final : public net::HTTPServerConnection {
 public:
  Connection(const net::StreamSocket& socket, const net::HTTPServerParams::Ptr& params,
             const net::HTTPRequestHandlerFactory::Ptr& factory, std::shared_ptr<OpenConnections> connections)
      : HTTPServerConnection(socket, params, factory), connections_(std::move(connections)) {}

  void run() override {
    const base::UniqueFd own(::fcntl(socket().impl()->sockfd(), F_DUPFD_CLOEXEC, 0));
    if (!own) return;
    connections_->add(own.get());
    HTTPServerConnection::run();
    connections_->remove(own.get());
  }

 private:
  std::shared_ptr<OpenConnections> connections_;
};

class ConnectionFactory final : public net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(net::HTTPServerParams::Ptr params, net::HTTPRequestHandlerFactory::Ptr handlers,
                    std::shared_ptr<OpenConnections> connections)
      : params_(std::move(params)), handlers_(std::move(handlers)), connections_(std::move(connections)) {}
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Connection(socket, params_, handlers_, connections_);
  }

 private:
  net::HTTPServerParams::Ptr params_;
  net::HTTPRequestHandlerFactory::Ptr handlers_;
  std::shared_ptr<OpenConnections> connections_;
};

// Without SO_REUSEPORT, with which Poco's shorter constructors would let another process share the port.
void bind_socket(net::ServerSocket& socket, const std::string& address, std::uint16_t port) {
  if (!address.empty()) {
    socket.bind(net::SocketAddress(net::IPAddress(address), port), true, false);
    return;
  }
  try {
    socket.bind6(net::SocketAddress(net::IPAddress("::"), port), true, false, false);
  } catch (const Poco::Exception& error) {
    if (error.code() == EADDRINUSE) throw;
    socket = net::ServerSocket();  // a system without IPv6
    socket.bind(net::SocketAddress(net::IPAddress("0.0.0.0"), port), true, false);
  }
}

}  // namespace

struct HttpListener::Impl {
  ListenerOptions options;
  net::ServerSocket socket;
  std::shared_ptr<OpenConnections> connections = std::make_shared<OpenConnections>();
  std::unique_ptr<Poco::ThreadPool> threads;
  std::unique_ptr<net::TCPServer> server;
};

base::Result<std::unique_ptr<HttpListener>, ServerError> HttpListener::bind(const ListenerOptions& options) {
  const bool v6 = options.address.find(':') != std::string::npos;
  const std::string place = (v6                        ? "[" + options.address + "]"
                             : options.address.empty() ? "*"
                                                       : options.address) +
                            ":" + std::to_string(options.port);
  net::IPAddress parsed;
  if (!options.address.empty() && !net::IPAddress::tryParse(options.address, parsed)) {
    return base::fail(ServerError::kBadOption, options.address + ": not an address in numbers");
  }
  try {
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    bind_socket(impl->socket, options.address, options.port);
    impl->socket.listen();
    return std::unique_ptr<HttpListener>(new HttpListener(std::move(impl)));
  } catch (const Poco::Exception& error) {
    const bool in_use = error.code() == EADDRINUSE;
    return base::fail(in_use ? ServerError::kInUse : ServerError::kOther,
                      place + ": cannot listen: " + (in_use ? "the port is in use" : error.displayText()));
  }
}

HttpListener::HttpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpListener::~HttpListener() {
  end();
}

void HttpListener::serve(net::HTTPRequestHandlerFactory::Ptr handlers) {
  net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
  params->setMaxThreads(impl_->options.max_threads);
  params->setMaxQueued(kMaxQueued);
  params->setTimeout(poco_timespan(impl_->options.io_timeout));
  params->setKeepAliveTimeout(poco_timespan(impl_->options.idle_timeout));
  // A thread of Poco's that is about to wait for work misses a stop and waits this long, ten seconds by default.
  params->setThreadIdleTime(poco_timespan(kThreadIdle));
  impl_->threads = std::make_unique<Poco::ThreadPool>(1, impl_->options.max_threads);
  impl_->server = std::make_unique<net::TCPServer>(
      new ConnectionFactory(params, std::move(handlers), impl_->connections), *impl_->threads, impl_->socket, params);
  impl_->server->start();
}

std::uint16_t HttpListener::port() const {
  return impl_->socket.address().port();
}

void HttpListener::stop(Gate& gate, std::chrono::milliseconds grace) {
  if (!impl_->server) return;
  gate.close_and_wait(grace);
  end();
}

void HttpListener::end() {
  if (!impl_->server) return;
  // Wakes Poco's listening thread, which else looks about every quarter of a second whether it shall end.
  ::shutdown(impl_->server->socket().impl()->sockfd(), SHUT_RDWR);
  impl_->server->stop();
  impl_->connections->shut_all();
  impl_->threads->joinAll();
  impl_->server.reset();
}

}  // namespace podswarm::web
