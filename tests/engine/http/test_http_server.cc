#include "tests/engine/http/test_http_server.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "base/text.h"

namespace podswarm::engine::testing {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string TestRequest::field(const std::string& lower_name) const {
  const auto found = fields.find(lower_name);
  return found == fields.end() ? "" : found->second;
}

bool TestExchange::send(std::string_view bytes) {
  error_code error;
  if (tls_ != nullptr) {
    asio::write(*tls_, asio::buffer(bytes.data(), bytes.size()), error);
  } else {
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), error);
  }
  return !error;
}

bool TestExchange::respond(int status, std::string_view body, std::string_view fields) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n" + std::string(fields) + "\r\n";
  out += body;
  return send(out);
}

void TestExchange::wait_for_close() {
  char byte = 0;
  error_code error;
  while (!error) socket_.read_some(asio::buffer(&byte, 1), error);
}

void TestExchange::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.set_option(tcp::socket::linger(true, 0), ignored);
}

void serve_file(TestExchange& exchange, const TestFile& file) {
  std::string fields = file.fields + "Content-Type: " + file.content_type + "\r\nAccept-Ranges: bytes\r\n";
  if (!file.etag.empty()) fields += "ETag: " + file.etag + "\r\n";
  if (!file.last_modified.empty()) fields += "Last-Modified: " + file.last_modified + "\r\n";
  const std::string range = exchange.request.field("range");
  const std::string if_range = exchange.request.field("if-range");
  const bool current = if_range.empty() || if_range == file.etag || if_range == file.last_modified;
  std::size_t first = 0;
  const char* const end = range.data() + range.size();
  const auto parsed = std::from_chars(range.data() + std::min<std::size_t>(6, range.size()), end, first);
  if (!range.starts_with("bytes=") || !current || parsed.ec != std::errc()) {
    exchange.respond(200, file.content, fields);
    return;
  }
  std::size_t last = file.content.size() - 1;
  if (parsed.ptr + 1 < end) std::from_chars(parsed.ptr + 1, end, last);
  last = std::min(last, file.content.size() - 1);
  const std::string total = std::to_string(file.content.size());
  if (first >= file.content.size()) {
    exchange.respond(416, "", fields + "Content-Range: bytes */" + total + "\r\n");
    return;
  }
  fields += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + total + "\r\n";
  exchange.respond(206, std::string_view(file.content).substr(first, last - first + 1), fields);
}

TestHttpServer::TestHttpServer(std::optional<TestTls> tls)
    : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), port_(acceptor_.local_endpoint().port()) {
  if (tls) {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate_chain(asio::buffer(tls->certificate_pem));
    tls_->use_private_key(asio::buffer(tls->key_pem), asio::ssl::context::pem);
  }
  acceptor_thread_ = std::thread([this] { accept_all(); });
}

TestHttpServer::~TestHttpServer() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    // Wakes those who block in them; closing would pull the descriptors away from under them.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    for (const auto& socket : sockets_) {
      if (socket->is_open()) ::shutdown(socket->native_handle(), SHUT_RDWR);
    }
  }
  acceptor_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    threads = std::move(threads_);
  }
  for (auto& thread : threads) thread.join();
}

void TestHttpServer::on(const std::string& path, Script script) {
  const std::lock_guard lock(mutex_);
  scripts_[path] = std::move(script);
}

void TestHttpServer::file(const std::string& path, TestFile file) {
  on(path, [file = std::move(file)](TestExchange& exchange) { serve_file(exchange, file); });
}

std::string TestHttpServer::url(std::string_view path, std::string_view host) const {
  return (tls_ ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port_) + std::string(path);
}

std::vector<TestRequest> TestHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void TestHttpServer::accept_all() {
  for (;;) {
    error_code error;
    auto socket = std::make_shared<tcp::socket>(io_);
    acceptor_.accept(*socket, error);
    const std::lock_guard lock(mutex_);
    if (error || stopping_) return;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, connection = sockets_.size() - 1] { talk(*socket, connection); });
  }
}

template <class Stream>
std::optional<TestRequest> TestHttpServer::read_request(Stream& stream, std::size_t connection) {
  std::string text;
  error_code error;
  asio::read_until(stream, asio::dynamic_buffer(text, 64 * 1024), "\r\n\r\n", error);
  if (error) return std::nullopt;
  TestRequest request;
  request.connection = connection;
  bool first = true;
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    if (line.empty()) break;
    if (first) {
      const auto words = base::split(line, ' ');
      if (words.size() != 3) return std::nullopt;
      request.method = words[0];
      request.target = words[1];
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      request.fields[base::ascii_lower(line.substr(0, colon))] = base::trim(line.substr(colon + 1));
    }
    first = false;
  }
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  return request;
}

void TestHttpServer::run_script(TestExchange& exchange) {
  Script script;
  {
    const std::lock_guard lock(mutex_);
    const auto found = scripts_.find(exchange.request.target.substr(0, exchange.request.target.find('?')));
    if (found != scripts_.end()) script = found->second;
  }
  if (script) {
    script(exchange);
  } else {
    exchange.respond(404, "no such thing");
  }
}

// Closing is what sends the RST; the destructor looks at the same socket.
void TestHttpServer::reset(tcp::socket& socket) {
  const std::lock_guard lock(mutex_);
  error_code ignored;
  socket.close(ignored);
}

template <class Stream>
bool TestHttpServer::answer(Stream& stream, tcp::socket& socket, TestExchange::TlsStream* tls, std::size_t connection) {
  for (;;) {
    auto request = read_request(stream, connection);
    if (!request) return true;
    TestExchange exchange(socket, tls, std::move(*request));
    run_script(exchange);
    if (exchange.aborted()) return false;
    if (!exchange.kept_open()) return true;
  }
}

void TestHttpServer::talk(tcp::socket& socket, std::size_t connection) {
  error_code ignored;
  if (tls_) {
    TestExchange::TlsStream stream(socket, *tls_);
    error_code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    if (error) return;
    if (!answer(stream, socket, &stream, connection)) return reset(socket);
    stream.shutdown(ignored);  // the closing alert; waits for the client's, or for its end
  } else if (!answer(socket, socket, nullptr, connection)) {
    return reset(socket);
  }
  // Until the client has closed as well: data that it has not read yet must not be lost to a reset.
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  char rest[256];
  error_code error;
  while (!error) socket.read_some(asio::buffer(rest), error);
}

}  // namespace podswarm::engine::testing
