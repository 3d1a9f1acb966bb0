#include "engine/core/peer_priority.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>

namespace podswarm::engine {

namespace {

constexpr std::uint8_t kMask = 0x55;

std::uint32_t crc32c(base::ByteView first, base::ByteView second) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(first.data(), first.size());
  crc.process_bytes(second.data(), second.size());
  return static_cast<std::uint32_t>(crc.checksum());
}

// How many leading bytes count in full: of addresses that are close to each other more, so that neighbours differ.
std::size_t whole_bytes(base::ByteView ours, base::ByteView theirs) {
  const std::size_t size = ours.size();
  const auto alike =
      static_cast<std::size_t>(std::mismatch(ours.begin(), ours.end(), theirs.begin()).first - ours.begin());
  const std::size_t least = size == 4 ? 2 : 6;
  return alike < least ? least : std::min(alike + 1, size);
}

}  // namespace

std::uint32_t peer_priority(const Endpoint& ours, const Endpoint& theirs) {
  if (ours.is_v6 != theirs.is_v6) return 0;
  if (ours.address == theirs.address) {
    std::array<std::uint8_t, 2> low{};
    std::array<std::uint8_t, 2> high{};
    base::store_be16(low.data(), std::min(ours.port, theirs.port));
    base::store_be16(high.data(), std::max(ours.port, theirs.port));
    return crc32c(low, high);
  }
  std::array<std::uint8_t, 16> a = ours.address;
  std::array<std::uint8_t, 16> b = theirs.address;
  const std::size_t size = ours.address_bytes().size();
  for (std::size_t i = whole_bytes(ours.address_bytes(), theirs.address_bytes()); i < size; ++i) {
    a[i] &= kMask;
    b[i] &= kMask;
  }
  if (b < a) std::swap(a, b);
  return crc32c(base::ByteView(a).first(size), base::ByteView(b).first(size));
}

}  // namespace podswarm::engine
