// Verifies one piece from its bytes in order: by SHA-1 (BEP 3), by its Merkle tree (BEP 52), or both for a hybrid.
// Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "engine/core/digest.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

class PieceHasher {
 public:
  // `metainfo` must outlive it.
  PieceHasher(const Metainfo& metainfo, std::uint32_t piece);

  // The next bytes of the piece.
  void update(base::ByteView data);
  // All bytes were given: are they the right ones?
  [[nodiscard]] bool finish();

 private:
  void update_leaves(base::ByteView data);

  const Metainfo& metainfo_;
  std::uint32_t piece_;
  std::optional<Sha1> sha1_;
  std::optional<Metainfo::V2Piece> v2_;
  std::optional<Sha256> leaf_;
  std::uint32_t v2_left_ = 0;    // of the file's bytes in the piece
  std::uint32_t leaf_left_ = 0;  // of the leaf at hand
  std::vector<Sha256Hash> leaves_;
};

}  // namespace podswarm::engine
