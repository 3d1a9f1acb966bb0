#include "engine/core/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace podswarm::engine {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

Endpoint Endpoint::v4(std::array<std::uint8_t, 4> address, std::uint16_t port) {
  Endpoint out;
  std::copy(address.begin(), address.end(), out.address.begin());
  out.port = port;
  return out;
}

Endpoint Endpoint::v6(const std::array<std::uint8_t, 16>& address, std::uint16_t port) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin())) {
    return v4({address[12], address[13], address[14], address[15]}, port);
  }
  Endpoint out;
  out.address = address;
  out.port = port;
  out.is_v6 = true;
  return out;
}

std::string Endpoint::address_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return text.data();
}

std::string Endpoint::to_string() const {
  const std::string host = address_string();
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Endpoint::is_unusable() const {
  if (port == 0) return true;
  if (is_v6) {
    if (address[0] == 0xFF) return true;  // multicast
    return std::all_of(address.begin(), address.end(), [](std::uint8_t b) { return b == 0; });
  }
  return address[0] == 0 || address[0] >= 224;  // "this network", multicast, reserved and broadcast
}

std::size_t EndpointHasher::operator()(const Endpoint& endpoint) const {
  const std::uint64_t a = base::load_be64(endpoint.address.data());
  const std::uint64_t b = base::load_be64(endpoint.address.data() + 8);
  std::uint64_t x = a * 0x9E3779B97F4A7C15u ^ (b + endpoint.port) * 0xC2B2AE3D27D4EB4Fu ^ (endpoint.is_v6 ? 1u : 0u);
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  return static_cast<std::size_t>(x ^ (x >> 32));
}

std::optional<Endpoint> parse_endpoint(std::string_view address, std::uint16_t port) {
  if (address.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string text(address);
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, text.c_str(), four.data()) == 1) return Endpoint::v4(four, port);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, text.c_str(), sixteen.data()) == 1) return Endpoint::v6(sixteen, port);
  return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
  if (error != std::errc() || end != last) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (brackets != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return parse_endpoint(host, port);
}

Endpoint read_compact(const std::uint8_t* p, bool v6) {
  if (!v6) return Endpoint::v4({p[0], p[1], p[2], p[3]}, base::load_be16(p + 4));
  std::array<std::uint8_t, 16> address{};
  std::copy_n(p, address.size(), address.begin());
  return Endpoint::v6(address, base::load_be16(p + 16));
}

void append_compact(std::vector<Endpoint>& out, base::ByteView compact, bool v6, std::size_t max_peers) {
  const std::size_t size = v6 ? kCompactV6 : kCompactV4;
  for (; compact.size() >= size && out.size() < max_peers; compact = compact.subspan(size)) {
    const Endpoint endpoint = read_compact(compact.data(), v6);
    if (!endpoint.is_unusable()) out.push_back(endpoint);
  }
}

void write_compact(base::Bytes& out, const Endpoint& endpoint) {
  const auto address = endpoint.address_bytes();
  out.insert(out.end(), address.begin(), address.end());
  out.push_back(static_cast<std::uint8_t>(endpoint.port >> 8));
  out.push_back(static_cast<std::uint8_t>(endpoint.port));
}

}  // namespace podswarm::engine
