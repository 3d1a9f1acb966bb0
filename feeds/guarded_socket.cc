#include "feeds/guarded_socket.h"

#include <Poco/Exception.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace podswarm::feeds {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

FetchResult<base::UniqueFd> connect_any(const std::vector<Endpoint>& endpoints, const IoGuard& guard,
                                        milliseconds limit) {
  const auto until = steady_clock::now() + limit;
  base::Failure<FetchError> last = base::fail(FetchError::kConnect, "has no address");
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows packets must leave time for the next one.
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - steady_clock::now()), milliseconds(0));
    const auto share = left / static_cast<long>(endpoints.size() - i);
    const Endpoint& endpoint = endpoints[i];
    base::UniqueFd fd(::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    int error = fd ? 0 : errno;
    if (fd && ::connect(fd.get(), endpoint.data(), endpoint.size) != 0) error = errno;
    if (error == EINPROGRESS) {
      if (auto failure = guard.wait(fd.get(), POLLOUT, share, "no connection")) {
        if (failure->code == FetchError::kCancelled || guard.check()) return *failure;
        failure->message = "no connection within " + in_words(limit);
        last = *failure;
        continue;
      }
      socklen_t size = sizeof error;
      ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return fd;
    last = base::fail(FetchError::kConnect, std::string("cannot connect: ") + std::strerror(error));
  }
  return last;
}

GuardedSocket::GuardedSocket(base::UniqueFd fd, const IoGuard& guard, milliseconds stall)
    : StreamSocketImpl(fd.release()), guard_(guard), stall_(stall) {}

void GuardedSocket::give_up(base::Failure<FetchError> failure) {
  failure_ = std::move(failure);
  throw Poco::IOException(failure_->message);
}

void GuardedSocket::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto failure = guard_.check()) give_up(std::move(*failure));
    const ssize_t sent = ::send(sockfd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto failure = guard_.wait(sockfd(), POLLOUT, stall_, "the server took nothing")) {
        give_up(std::move(*failure));
      }
    } else if (errno != EINTR) {
      give_up(base::fail(FetchError::kProtocol, std::string("the connection was lost: ") + std::strerror(errno)));
    }
  }
}

std::size_t GuardedSocket::receive_some(char* buffer, std::size_t capacity, milliseconds limit) {
  for (;;) {
    if (auto failure = guard_.check()) give_up(std::move(*failure));
    const ssize_t received = ::recv(sockfd(), buffer, capacity, 0);
    if (received >= 0) {
      const auto size = static_cast<std::size_t>(received);
      if (size > allowed_bytes_) give_up(base::fail(FetchError::kProtocol, "the answer's header does not end"));
      allowed_bytes_ -= size;
      return size;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto failure = guard_.wait(sockfd(), POLLIN, limit, "the server said nothing")) give_up(std::move(*failure));
    } else if (errno != EINTR) {
      give_up(base::fail(FetchError::kProtocol, std::string("the connection was lost: ") + std::strerror(errno)));
    }
  }
}

FetchResult<void> GuardedSocket::start_tls(std::unique_ptr<TlsClient> tls, milliseconds limit) try {
  const auto until = steady_clock::now() + limit;
  for (;;) {
    const auto step = tls->handshake();
    send_all(tls->take_output());
    if (step == TlsClient::Step::kDone) {
      tls_ = std::move(tls);
      return {};
    }
    if (step != TlsClient::Step::kNeedsInput) {
      give_up(base::fail(FetchError::kTls,
                         step == TlsClient::Step::kFailed ? tls->failure() : "the server closed during the handshake"));
    }
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds(0)) {
      give_up(base::fail(FetchError::kTimeout, "no TLS handshake within " + in_words(limit)));
    }
    char buffer[16 * 1024];
    const std::size_t size = receive_some(buffer, sizeof buffer, left);
    if (size == 0) give_up(base::fail(FetchError::kTls, "the server closed during the handshake"));
    tls->put_input({buffer, size});
  }
} catch (const Poco::IOException&) {
  return *failure_;
}

std::size_t GuardedSocket::receive_decrypted(char* buffer, std::size_t capacity) {
  for (;;) {
    std::size_t size = 0;
    const auto step = tls_->read(buffer, capacity, size);
    if (step == TlsClient::Step::kFailed) give_up(base::fail(FetchError::kProtocol, tls_->failure()));
    send_all(tls_->take_output());
    if (step == TlsClient::Step::kDone) return size;
    if (step == TlsClient::Step::kClosed) return 0;
    char wire[16 * 1024];
    const std::size_t received = receive_some(wire, sizeof wire, stall_);
    // Without an orderly close a body of announced length is complete or found short; for one that only the close
    // ends, too many servers leave the close out to insist on it.
    if (received == 0) return 0;
    tls_->put_input({wire, received});
  }
}

int GuardedSocket::receiveBytes(void* buffer, int length, int) {
  if (length <= 0) return 0;
  auto* bytes = static_cast<char*>(buffer);
  const auto capacity = static_cast<std::size_t>(length);
  return static_cast<int>(tls_ ? receive_decrypted(bytes, capacity) : receive_some(bytes, capacity, stall_));
}

int GuardedSocket::sendBytes(const void* buffer, int length, int) {
  if (length <= 0) return 0;
  const std::string_view bytes(static_cast<const char*>(buffer), static_cast<std::size_t>(length));
  if (!tls_) {
    send_all(bytes);
    return length;
  }
  const auto step = tls_->write(bytes);
  if (step == TlsClient::Step::kFailed) give_up(base::fail(FetchError::kProtocol, tls_->failure()));
  // Only a renegotiation asks for input before output, and the handshake has left none open.
  if (step != TlsClient::Step::kDone) give_up(base::fail(FetchError::kProtocol, "the server stopped TLS"));
  send_all(tls_->take_output());
  return length;
}

}  // namespace podswarm::feeds
