// A web server for tests that does what it is told, also what no server should: it lies about lengths, stops in the
// middle, answers slowly or never. Each connection has a thread of its own and blocking calls, so that a script reads
// from top to bottom. It listens on 127.0.0.1.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace podswarm::engine::testing {

struct TestRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;  // names in lower case
  std::size_t connection = 0;                 // on which of the server's, counted from 0

  // "" where there is none.
  [[nodiscard]] std::string field(const std::string& lower_name) const;
};

// One request on its connection, in the hands of a script. The connection is closed in order when the script returns,
// unless that says otherwise.
class TestExchange {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using TlsStream = boost::asio::ssl::stream<Socket&>;

  TestExchange(Socket& socket, TlsStream* tls, TestRequest received)
      : request(std::move(received)), socket_(socket), tls_(tls) {}

  // False once the client has gone.
  bool send(std::string_view bytes);
  // Status line, Content-Length, `fields` (each ending in CRLF) and the body.
  bool respond(int status, std::string_view body, std::string_view fields = "");
  // Does nothing until the client closes the connection, or the server is stopped.
  void wait_for_close();
  // The connection ends without ceremony when the script returns: RST, and no TLS close_notify.
  void abort();
  [[nodiscard]] bool aborted() const { return aborted_; }
  // When the script returns, the next request of the connection is waited for.
  void keep_open() { kept_open_ = true; }
  [[nodiscard]] bool kept_open() const { return kept_open_; }

  const TestRequest request;

 private:
  Socket& socket_;
  TlsStream* tls_;
  bool aborted_ = false;
  bool kept_open_ = false;
};

// A file as a correct server hands it out.
struct TestFile {
  std::string content;
  std::string etag = {};           // with its quotes; "" = none
  std::string last_modified = {};  // "" = none
  std::string content_type = "audio/mpeg";
  std::string fields = {};  // more, each ending in CRLF
};
// 200, 206 or 416, after Range ("bytes=1-" or "bytes=1-2") and If-Range.
void serve_file(TestExchange& exchange, const TestFile& file);

struct TestTls {
  std::string certificate_pem;
  std::string key_pem;
};

class TestHttpServer {
 public:
  using Script = std::function<void(TestExchange&)>;

  explicit TestHttpServer(std::optional<TestTls> tls = std::nullopt);
  // Breaks off all connections.
  ~TestHttpServer();
  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;

  // For a path without its query; the last one set counts. What has no script gets 404.
  void on(const std::string& path, Script script);
  void file(const std::string& path, TestFile file);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT/path", with https where TLS is on.
  [[nodiscard]] std::string url(std::string_view path, std::string_view host = "127.0.0.1") const;
  // All so far, in order of arrival.
  [[nodiscard]] std::vector<TestRequest> requests() const;

 private:
  void accept_all();
  void reset(boost::asio::ip::tcp::socket& socket);
  void talk(boost::asio::ip::tcp::socket& socket, std::size_t connection);
  template <class Stream>
  [[nodiscard]] std::optional<TestRequest> read_request(Stream& stream, std::size_t connection);
  // Answers requests until the connection is to be closed; false where that is to be a reset.
  template <class Stream>
  bool answer(Stream& stream, boost::asio::ip::tcp::socket& socket, TestExchange::TlsStream* tls,
              std::size_t connection);
  void run_script(TestExchange& exchange);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::optional<boost::asio::ssl::context> tls_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Script> scripts_;
  std::vector<TestRequest> requests_;
  std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> sockets_;
  std::vector<std::thread> threads_;
  bool stopping_ = false;
  std::thread acceptor_thread_;
};

}  // namespace podswarm::engine::testing
