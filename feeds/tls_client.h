// The client side of TLS (RFC 8446, 5246) over memory: bytes from the wire in, bytes for the wire out. The certificate
// must chain to a trusted CA and name the host (RFC 9525); there is no way to switch that off.
// OpenSSL's own socket reads would block inside a record, out of reach of a deadline; hence memory.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "feeds/fetcher.h"

namespace podswarm::feeds {

// Trusts the system's CAs, or those in `ca_file` (PEM) alone. TLS 1.2 at least. Reading the system's takes tens of
// milliseconds, so a context is kept and shared until its file changes, or an hour. Thread-safe.
[[nodiscard]] FetchResult<std::shared_ptr<SSL_CTX>> tls_context(const std::string& ca_file);

class TlsClient {
 public:
  // `host` is a name (sent as SNI) or an address in numbers; either is what the certificate must be for.
  TlsClient(std::shared_ptr<SSL_CTX> context, const std::string& host);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  enum class Step { kDone, kNeedsInput, kFailed, kClosed };

  // Each does what the bytes at hand allow. Send `take_output()` after every call, also a failed one (it has the
  // alert); with kNeedsInput call again after `put_input`. kFailed: see failure().
  [[nodiscard]] Step handshake();
  // Sets `size` to what was read; kClosed is the server's orderly end.
  [[nodiscard]] Step read(char* buffer, std::size_t capacity, std::size_t& size);
  [[nodiscard]] Step write(std::string_view data);  // all of it

  void put_input(std::string_view bytes);
  [[nodiscard]] std::string take_output();

  // Why kFailed, without the host in front.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  Step step(int result);
  std::string describe_failure() const;
  // Called by OpenSSL for each certificate it has judged; changes nothing in the judgement.
  static int on_verified(int ok, X509_STORE_CTX* verification);

  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string host_;
  std::string other_names_;  // in a certificate that is not for host_
  std::string failure_;
};

}  // namespace podswarm::feeds
