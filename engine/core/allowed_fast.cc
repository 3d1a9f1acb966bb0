#include <algorithm>
#include <numeric>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

std::vector<std::uint32_t> allowed_fast_set(const std::array<std::uint8_t, 4>& peer_address, const InfoHash& info_hash,
                                            std::uint32_t piece_count, std::size_t count) {
  std::vector<std::uint32_t> out;
  if (piece_count <= count) {
    out.resize(piece_count);
    std::iota(out.begin(), out.end(), 0u);
    return out;
  }
  // The last byte of the address is left out, so that a neighbour gets the same set.
  std::array<std::uint8_t, 24> seed{peer_address[0], peer_address[1], peer_address[2], 0};
  std::copy(info_hash.begin(), info_hash.end(), seed.begin() + 4);
  Sha1Hash x = sha1(seed);
  while (out.size() < count) {
    for (std::size_t i = 0; i < x.size() && out.size() < count; i += 4) {
      const std::uint32_t index = base::load_be32(x.data() + i) % piece_count;
      if (std::find(out.begin(), out.end(), index) == out.end()) out.push_back(index);
    }
    x = sha1(x);
  }
  return out;
}

}  // namespace podswarm::engine
