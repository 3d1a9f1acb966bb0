#include "base/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

namespace podswarm::base {

namespace {

struct Range4 {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

constexpr Range4 kNotPublic4[] = {
    {v4(0, 0, 0, 0), 8},       // this network
    {v4(10, 0, 0, 0), 8},      // private
    {v4(100, 64, 0, 0), 10},   // carrier-grade NAT
    {v4(127, 0, 0, 0), 8},     // loopback
    {v4(169, 254, 0, 0), 16},  // link-local, clouds' metadata services
    {v4(172, 16, 0, 0), 12},   // private
    {v4(192, 0, 0, 0), 24},    // protocol assignments
    {v4(192, 0, 2, 0), 24},    // documentation
    {v4(192, 88, 99, 0), 24},  // 6to4 relay anycast, withdrawn
    {v4(192, 168, 0, 0), 16},  // private
    {v4(198, 18, 0, 0), 15},   // benchmarks
    {v4(198, 51, 100, 0), 24}, {v4(203, 0, 113, 0), 24}, {v4(224, 0, 0, 0), 3},  // multicast, reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4), [&](const Range4& range) {
    return (address >> (32 - range.bits)) == (range.network >> (32 - range.bits));
  });
}

template <std::size_t N>
bool starts_with(ByteView address, const std::array<std::uint8_t, N>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0/96
constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};                        // 64:ff9b::/96

bool is_public6(ByteView address) {
  if (starts_with(address, kMapped) || starts_with(address, kNat64)) return is_public4(load_be32(&address[12]));
  // Only 2000::/3 is handed out for the public Internet; loopback, unique-local, link-local, multicast lie outside it.
  if ((address[0] & 0xe0) != 0x20) return false;
  const std::uint32_t head = load_be32(address.data());
  if ((head >> 16) == 0x2002) return is_public4(load_be32(&address[2]));  // 6to4
  if ((head >> 9) == (0x20010000u >> 9)) return false;                    // 2001::/23: Teredo, ORCHID, benchmarks
  if (head == 0x20010db8u) return false;                                  // documentation
  return (head >> 12) != 0x3fff0;                                         // documentation
}

}  // namespace

bool is_public_address(ByteView address) {
  if (address.size() == 4) return is_public4(load_be32(address.data()));
  if (address.size() == 16) return is_public6(address);
  return false;
}

bool is_local_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  std::uint8_t address[16];
  const std::string text(host.substr(0, host.find('%')));  // a link-local address may name its interface
  if (::inet_pton(AF_INET, text.c_str(), address) == 1) return !is_public_address(ByteView(address, 4));
  if (::inet_pton(AF_INET6, text.c_str(), address) == 1) return !is_public_address(ByteView(address, 16));
  static constexpr std::string_view kLocal[] = {".localhost", ".local", ".lan", ".home.arpa", ".internal"};
  return host.find('.') == std::string_view::npos ||
         std::any_of(std::begin(kLocal), std::end(kLocal), [&](std::string_view end) { return host.ends_with(end); });
}

}  // namespace podswarm::base
