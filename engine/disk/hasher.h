// Verifies one piece from its bytes in order: by SHA-1 (BEP 3), by its Merkle tree (BEP 52), or both for a hybrid.
// Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "engine/core/digest.h"
#include "engine/core/metainfo.h"
#include "engine/core/sha1_lanes.h"

namespace podswarm::engine {

class PieceHasher {
 public:
  // The next bytes of one piece, in portions of any sizes.
  using Portions = std::span<const base::ByteView>;
  static constexpr std::size_t kMost = Sha1Lane::kMost;

  // `metainfo` must outlive it.
  PieceHasher(const Metainfo& metainfo, std::uint32_t piece);
  PieceHasher(PieceHasher&&) = default;
  PieceHasher& operator=(PieceHasher&&) = delete;

  void update(base::ByteView data);
  // The next bytes of several pieces of one torrent, one for each of `hashers`: at most kMost.
  static void update(std::span<PieceHasher* const> hashers, std::span<const Portions> data);
  // All bytes were given: are they the right ones?
  [[nodiscard]] bool finish();

  // So many pieces of the torrent side by side take the least time; 1: they are as fast one after the other.
  [[nodiscard]] static std::size_t at_once(const Metainfo& metainfo);

 private:
  void update_leaves(base::ByteView data);

  const Metainfo& metainfo_;
  std::uint32_t piece_;
  std::variant<std::monostate, Sha1, Sha1Lane> sha1_;  // none: the torrent is v2 alone
  std::optional<Metainfo::V2Piece> v2_;
  std::optional<Sha256> leaf_;
  std::uint32_t v2_left_ = 0;    // of the file's bytes in the piece
  std::uint32_t leaf_left_ = 0;  // of the leaf at hand
  std::vector<Sha256Hash> leaves_;
};

}  // namespace podswarm::engine
