// The Merkle trees of v2 torrents (BEP 52): SHA-256, leaves of 16 KiB, binary, absent leaves are zero. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "engine/core/digest.h"

namespace podswarm::engine {

inline constexpr std::uint32_t kMerkleLeafSize = 16 * 1024;

// The hash of a node whose leaves are all absent, `level` above the leaves (0: zeros).
[[nodiscard]] Sha256Hash merkle_pad(unsigned level);

// The root over `hashes`, filled up to `width` (a power of two, at least as many) with `pad`.
[[nodiscard]] Sha256Hash merkle_root(std::vector<Sha256Hash> hashes, std::uint64_t width, const Sha256Hash& pad);

// The leaves of `data`: the SHA-256 of each 16 KiB, the last one shorter.
[[nodiscard]] std::vector<Sha256Hash> merkle_leaves(base::ByteView data);

// The pieces root that a layer of piece hashes (32 bytes each) gives, `leaves_per_piece` being a power of two.
[[nodiscard]] Sha256Hash merkle_root_of_layer(std::string_view layer, std::uint32_t leaves_per_piece);

}  // namespace podswarm::engine
