#include "tests/feeds/fetcher/hostile_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>

#include "base/text.h"

namespace podswarm::feeds::testing {

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::closed_within(std::chrono::milliseconds limit) {
  pollfd item{fd_, POLLRDHUP, 0};
  return ::poll(&item, 1, static_cast<int>(limit.count())) != 0;
}

std::string Connection::read_request() {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    char buffer[4096];
    const auto size = tls_ != nullptr ? SSL_read(tls_, buffer, sizeof buffer) : ::recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) return "";
    head.append(buffer, static_cast<std::size_t>(size));
  }
  return head;
}

std::string Request::field(std::string_view name) const {
  for (const auto line : base::split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && base::iequals(line.substr(0, colon), name)) {
      return std::string(base::trim(line.substr(colon + 1)));
    }
  }
  return "";
}

HostileServer::HostileServer(Script script, SSL_CTX* tls, const char* address, bool greet)
    : script_(std::move(script)),
      tls_(tls),
      address_(address),
      greet_(greet),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a client that may be gone
  sockaddr_in here{};
  here.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, address, &here.sin_addr), 1);
  EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  EXPECT_EQ(::listen(listener_.get(), 64), 0);
  socklen_t size = sizeof here;
  EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
  port_ = ntohs(here.sin_port);
  acceptor_ = std::thread([this] {
    for (;;) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        ::close(fd);
        return;
      }
      open_.push_back(fd);
      workers_.emplace_back([this, fd] { serve(fd); });
    }
  });
}

HostileServer::HostileServer(std::string answer, SSL_CTX* tls)
    : HostileServer([answer = std::move(answer)](Connection& connection, const Request&) { connection.send(answer); },
                    tls) {}

HostileServer::~HostileServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& worker : workers_) worker.join();
}

void HostileServer::serve(int fd) {
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  SSL* tls = nullptr;
  bool ready = true;
  if (tls_ != nullptr && !greet_) {
    tls = SSL_new(tls_);
    SSL_set_fd(tls, fd);
    ready = SSL_accept(tls) == 1;
  }
  Connection connection(fd, tls);
  if (ready) {
    Request request;
    if (!greet_) request.head = connection.read_request();
    if (greet_ || !request.head.empty()) {
      const auto words = base::split(request.head, ' ');
      if (words.size() > 1) request.target = std::string(words[1]);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      script_(connection, request);
    }
  }
  if (tls != nullptr) {
    SSL_shutdown(tls);
    SSL_free(tls);
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  ::close(fd);
}

std::string HostileServer::url(std::string_view target) const {
  return "http://" + address_ + ":" + std::to_string(port_) + std::string(target);
}

std::vector<Request> HostileServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string answer(int status, std::string_view body, std::string_view fields) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string brotli_stored(std::string_view text) {
  // RFC 7932 §9: WBITS 0; not last, four length nibbles, length - 1, uncompressed; the data; an empty last block.
  const auto header = static_cast<std::uint32_t>(((text.size() - 1) << 4) | (1u << 20));
  std::string out;
  for (int shift = 0; shift < 24; shift += 8) out += static_cast<char>((header >> shift) & 0xff);
  return out + std::string(text) + '\x03';
}

}  // namespace podswarm::feeds::testing
