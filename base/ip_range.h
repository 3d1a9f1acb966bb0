// Which IP addresses lie on the public Internet (IANA special-purpose registries, RFC 6890 and successors). It keeps a
// feed or a redirect from reaching into the machine or the household's network. Pure; any thread.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace podswarm::base {

// `address` in network byte order: 4 bytes of IPv4 or 16 of IPv6 (asio: `to_bytes()`). False for private, loopback,
// link-local, unique-local, carrier-grade NAT, multicast, documentation and reserved ranges, and for any other length.
// An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is as public as what it carries.
[[nodiscard]] bool is_public_address(ByteView address);

// Whether a URL's host (lower case, without brackets) is in the machine or its network by its very name: an address that
// is not public, or a name that the public DNS does not have, "localhost", "nas" or one below "local", "lan", "home.arpa"
// or "internal" (RFC 6761, 6762, 8375). Whoever types it means such a place; what a name resolves to tells nothing.
[[nodiscard]] bool is_local_host(std::string_view host);

}  // namespace podswarm::base
