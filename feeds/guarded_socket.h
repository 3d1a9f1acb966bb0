// A connected socket, plain or TLS, that Poco's HTTP session reads and writes through, with every wait under an
// IoGuard. Poco's timeouts are for each operation: a server that sends one byte at a time, in a header or inside a TLS
// record, would hold its own sockets for as long as it likes.
#pragma once

#include <Poco/Net/StreamSocketImpl.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "feeds/io_guard.h"
#include "feeds/resolver.h"
#include "feeds/tls_client.h"

namespace podswarm::feeds {

// Tries each address in turn within `limit` for all; a descriptor that does not block. kConnect or kTimeout.
[[nodiscard]] FetchResult<base::UniqueFd> connect_any(const std::vector<Endpoint>& endpoints, const IoGuard& guard,
                                                      std::chrono::milliseconds limit);

// Its reads and writes throw Poco::IOException after a failure, which is then found in failure().
class GuardedSocket final : public Poco::Net::StreamSocketImpl {
 public:
  // `guard` must outlive the socket. `stall`: the longest silence.
  GuardedSocket(base::UniqueFd fd, const IoGuard& guard, std::chrono::milliseconds stall);

  // The TLS handshake, within `limit`; from then on everything is encrypted. Once.
  [[nodiscard]] FetchResult<void> start_tls(std::unique_ptr<TlsClient> tls, std::chrono::milliseconds limit);

  // kProtocol once more than this many further bytes have come in.
  void allow_bytes(std::size_t count) { allowed_bytes_ = count; }

  [[nodiscard]] const std::optional<base::Failure<FetchError>>& failure() const { return failure_; }

  using StreamSocketImpl::receiveBytes;
  using StreamSocketImpl::sendBytes;
  int receiveBytes(void* buffer, int length, int flags = 0) override;
  int sendBytes(const void* buffer, int length, int flags = 0) override;

 private:
  ~GuardedSocket() override = default;  // reference-counted

  [[noreturn]] void give_up(base::Failure<FetchError> failure);
  void send_all(std::string_view bytes);
  std::size_t receive_some(char* buffer, std::size_t capacity, std::chrono::milliseconds limit);
  std::size_t receive_decrypted(char* buffer, std::size_t capacity);

  const IoGuard& guard_;
  std::chrono::milliseconds stall_;
  std::unique_ptr<TlsClient> tls_;
  std::size_t allowed_bytes_ = std::numeric_limits<std::size_t>::max();
  std::optional<base::Failure<FetchError>> failure_;
};

}  // namespace podswarm::feeds
