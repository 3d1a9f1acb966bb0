#include "engine/core/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace podswarm::engine {

namespace {

Sha256Hash parent(const Sha256Hash& left, const Sha256Hash& right) {
  std::array<std::uint8_t, 64> both;
  std::copy(left.begin(), left.end(), both.begin());
  std::copy(right.begin(), right.end(), both.begin() + 32);
  return sha256(both);
}

}  // namespace

Sha256Hash merkle_pad(unsigned level) {
  Sha256Hash hash{};
  for (unsigned i = 0; i < level; ++i) hash = parent(hash, hash);
  return hash;
}

Sha256Hash merkle_root(std::vector<Sha256Hash> hashes, std::uint64_t width, const Sha256Hash& pad) {
  assert(std::has_single_bit(width) && hashes.size() <= width);
  Sha256Hash absent = pad;
  for (; width > 1; width /= 2) {
    // What is absent at the right costs one hash a level, however wide the tree is.
    if (hashes.size() % 2 != 0) hashes.push_back(absent);
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) hashes[i] = parent(hashes[2 * i], hashes[2 * i + 1]);
    hashes.resize(hashes.size() / 2);
    absent = parent(absent, absent);
  }
  return hashes.empty() ? absent : hashes.front();
}

std::vector<Sha256Hash> merkle_leaves(base::ByteView data) {
  std::vector<Sha256Hash> out;
  out.reserve(data.size() / kMerkleLeafSize + 1);
  while (!data.empty()) {
    const auto leaf = data.first(std::min<std::size_t>(data.size(), kMerkleLeafSize));
    out.push_back(sha256(leaf));
    data = data.subspan(leaf.size());
  }
  return out;
}

Sha256Hash merkle_root_of_layer(std::string_view layer, std::uint32_t leaves_per_piece) {
  assert(layer.size() % 32 == 0 && std::has_single_bit(leaves_per_piece));
  std::vector<Sha256Hash> hashes(layer.size() / 32);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::copy_n(layer.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, hashes[i].begin());
  }
  const std::uint64_t width = std::bit_ceil(std::max<std::uint64_t>(hashes.size(), 1));
  return merkle_root(std::move(hashes), width, merkle_pad(static_cast<unsigned>(std::countr_zero(leaves_per_piece))));
}

}  // namespace podswarm::engine
