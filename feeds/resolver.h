// Names to addresses, without letting a slow name server hold a fetch beyond its deadline. Any thread; blocking.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "feeds/io_guard.h"

namespace podswarm::feeds {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // 4 or 16 bytes of address, in network order; views this object.
  [[nodiscard]] base::ByteView address() const;
};

inline constexpr std::size_t kMaxEndpoints = 8;

// The system resolver's addresses for `host` (a name or a number), in its order, at most kMaxEndpoints and at least
// one. kResolve, or what `guard` says; a look-up that outlives the fetch ends by itself later.
[[nodiscard]] FetchResult<std::vector<Endpoint>> resolve(const std::string& host, std::uint16_t port,
                                                         const IoGuard& guard);

}  // namespace podswarm::feeds
