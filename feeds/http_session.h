// One GET or POST on a connection of its own: resolve, check the addresses, connect, TLS, send, read (Poco speaks the
// HTTP). Blocking; used by one thread. No Poco type and no exception of Poco's comes out of it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/url.h"
#include "feeds/http_body.h"
#include "feeds/io_guard.h"
#include "feeds/resolver.h"

namespace podswarm::feeds {

// What a fetch knows of the network; tests put their own in place.
struct FetchNetwork {
  std::function<FetchResult<std::vector<Endpoint>>(const std::string& host, std::uint16_t port, const IoGuard& guard)>
      resolve;
  std::function<bool(base::ByteView address)> is_public;

  // The system's resolver, base::is_public_address.
  [[nodiscard]] static FetchNetwork system();
};

struct ExchangeOptions {
  std::string ca_file;
  bool allow_private = true;
  std::chrono::milliseconds connect_timeout{};  // for the connection, and again for the TLS handshake
  std::chrono::milliseconds stall_timeout{};
  const std::string* body = nullptr;  // sent by POST; lives as long as open() runs
};

class HttpExchange {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Connects to `url` (http or https, a checked host), sends the request and reads the answer's header. With
  // `allow_private` off only a public address is connected to, the very one that was checked: a name that resolves
  // anew to something else gains nothing. `guard` must outlive the exchange. Messages begin with the host.
  [[nodiscard]] static FetchResult<std::unique_ptr<HttpExchange>> open(const base::Url& url, const Headers& headers,
                                                                       const ExchangeOptions& options,
                                                                       const FetchNetwork& network,
                                                                       const IoGuard& guard);
  ~HttpExchange();

  [[nodiscard]] int status() const;
  // The first field of that name, trimmed; "" where there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
  // All fields of that name, joined by ", " as RFC 9110 §5.3 says.
  [[nodiscard]] std::string joined_header(const std::string& name) const;
  // The body's announced length, 0 where unknown.
  [[nodiscard]] std::uint64_t announced_bytes() const;

  // The next bytes of the body as they were sent, still compressed: `out` is replaced. Empty at the end of the body.
  [[nodiscard]] FetchResult<void> read_some(std::string& out);

 private:
  struct Impl;
  explicit HttpExchange(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::feeds
