// Names to addresses. Each lookup runs on a thread of its own (getaddrinfo blocks, and a dead name server must neither
// hold up other lookups nor the end of the program), at most a few at once. Whoever asks for a name that is being
// looked up, or was a moment ago (NameCache), shares the answer.
//
// Threads: used and answered on the io_context's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace podswarm::engine {

struct Lookup {
  std::vector<boost::asio::ip::address> addresses;  // in the order in which to try them; empty = failed
  std::string error;                                // why, one line
};

// Blocking; called on a lookup's own thread. IP addresses never come here.
using LookupFunction = std::function<Lookup(const std::string& host)>;

// getaddrinfo: both families, the system's order (RFC 6724).
[[nodiscard]] Lookup system_lookup(const std::string& host);

class Resolver {
 public:
  using Handler = std::function<void(Lookup)>;

  explicit Resolver(boost::asio::io_context& io, LookupFunction lookup = {}, std::size_t max_threads = 8);
  // Outstanding lookups are forgotten: their handlers are not called, their threads are not waited for.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host` is a name or an IP address, without brackets; an address is answered without a lookup. The handler is
  // never called from inside this call. Whoever loses interest makes its handler a no-op.
  void resolve(const std::string& host, Handler handler);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace podswarm::engine
