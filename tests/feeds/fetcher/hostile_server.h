// An HTTP server for tests that does exactly what a script says, byte by byte: plain or TLS, on loopback.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"

namespace podswarm::feeds::testing {

// The server's end of one connection. Every wait ends after some seconds at the latest, so that a failing test ends.
class Connection {
 public:
  Connection(int fd, SSL* tls) : fd_(fd), tls_(tls) {}
  // False once the client is gone.
  bool send(std::string_view bytes);
  // The client closed, or does so before `limit` is over.
  bool closed_within(std::chrono::milliseconds limit);
  void wait_closed() { closed_within(std::chrono::seconds(10)); }
  // Up to and with the empty line; "" when the client closed before.
  std::string read_request();

 private:
  int fd_;
  SSL* tls_;
};

struct Request {
  std::string target;
  std::string head;  // as it came
  // The value of a field, "" when absent.
  [[nodiscard]] std::string field(std::string_view name) const;
};

class HostileServer {
 public:
  using Script = std::function<void(Connection&, const Request&)>;

  // `tls` may be null. `address` is one of 127.0.0.0/8. With `greet` the script runs before any byte is read, the
  // request then being empty.
  explicit HostileServer(Script script, SSL_CTX* tls = nullptr, const char* address = "127.0.0.1", bool greet = false);
  // Sends `answer` to every request.
  explicit HostileServer(std::string answer, SSL_CTX* tls = nullptr);
  ~HostileServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT" + target
  [[nodiscard]] std::string url(std::string_view target = "/feed") const;
  [[nodiscard]] std::vector<Request> requests() const;

 private:
  void serve(int fd);

  Script script_;
  SSL_CTX* tls_;
  std::string address_;
  bool greet_;
  base::UniqueFd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
  bool stopping_ = false;
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with a Content-Length and `fields` (each ended by CR LF).
[[nodiscard]] std::string answer(int status, std::string_view body, std::string_view fields = "");

// Compressed with zlib: window bits 31 gzip, 15 zlib, -15 raw deflate.
[[nodiscard]] std::string deflated(std::string_view text, int window_bits);
// A brotli stream that stores `text` (at most 64 KiB) as it is.
[[nodiscard]] std::string brotli_stored(std::string_view text);

}  // namespace podswarm::feeds::testing
