// TLS settings, one set for each file of CAs. Reading certificates takes a while, so it happens on a worker, once.
//
// Threads: used and answered on the io_context's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace podswarm::engine {

struct TlsContext {
  std::shared_ptr<boost::asio::ssl::context> context;  // null = failed
  std::string error;
};

// Peers are verified, TLS 1.2 or newer, HTTP/1.1 by ALPN. `ca_file` "" = the system's CAs. Blocking.
[[nodiscard]] TlsContext make_tls_context(const std::string& ca_file);

class TlsContexts : public std::enable_shared_from_this<TlsContexts> {
 public:
  using Handler = std::function<void(TlsContext)>;

  TlsContexts(boost::asio::io_context& io, boost::asio::thread_pool& workers) : io_(io), workers_(workers) {}

  // Never from inside this call. A file that could not be read is tried again the next time.
  void get(const std::string& ca_file, Handler handler);

 private:
  struct Entry {
    TlsContext made;
    std::vector<Handler> waiting;
  };

  void made(const std::string& ca_file, TlsContext context);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  std::map<std::string, Entry> entries_;
};

}  // namespace podswarm::engine
