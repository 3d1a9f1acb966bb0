// The address and port of a peer, as BitTorrent's compact forms carry it (BEP 23, BEP 7). A pure value; no sockets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace podswarm::engine {

// Named apart from engine.h's PeerAddress, whose host may be a name.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};  // network order; of IPv4 the first four bytes, the rest is zero
  std::uint16_t port = 0;
  bool is_v6 = false;

  auto operator<=>(const Endpoint&) const = default;

  [[nodiscard]] static Endpoint v4(std::array<std::uint8_t, 4> address, std::uint16_t port);
  // An IPv4-mapped address becomes the IPv4 one.
  [[nodiscard]] static Endpoint v6(const std::array<std::uint8_t, 16>& address, std::uint16_t port);

  // The 4 or 16 bytes.
  [[nodiscard]] base::ByteView address_bytes() const { return {address.data(), is_v6 ? 16u : 4u}; }
  // "192.0.2.1:6881", "[2001:db8::1]:6881"
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::string address_string() const;
  // Not a place to connect to: port 0, the unspecified address, multicast, broadcast.
  [[nodiscard]] bool is_unusable() const;
};

struct EndpointHasher {
  [[nodiscard]] std::size_t operator()(const Endpoint& endpoint) const;
};

// An IP address (no name, no brackets) and a port.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view address, std::uint16_t port);
// "address:port" with brackets round IPv6.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

inline constexpr std::size_t kCompactV4 = 6;
inline constexpr std::size_t kCompactV6 = 18;

// The endpoint in the 6 or 18 bytes at `p`.
[[nodiscard]] Endpoint read_compact(const std::uint8_t* p, bool v6);

// 6 bytes an IPv4 peer, 18 an IPv6 one; an incomplete rest is passed over, unusable ones are left out.
void append_compact(std::vector<Endpoint>& out, base::ByteView compact, bool v6, std::size_t max_peers);
// Appends the 6 or 18 bytes.
void write_compact(base::Bytes& out, const Endpoint& endpoint);

}  // namespace podswarm::engine
