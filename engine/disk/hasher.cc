#include "engine/disk/hasher.h"

#include <algorithm>

#include "engine/core/merkle.h"

namespace podswarm::engine {

PieceHasher::PieceHasher(const Metainfo& metainfo, std::uint32_t piece) : metainfo_(metainfo), piece_(piece) {
  if (metainfo.is_v1()) sha1_.emplace();
  v2_ = metainfo.v2_piece(piece);
  if (v2_) {
    leaf_.emplace();
    v2_left_ = v2_->size;
    leaf_left_ = std::min(v2_left_, kMerkleLeafSize);
    leaves_.reserve((v2_left_ + kMerkleLeafSize - 1) / kMerkleLeafSize);
  }
}

void PieceHasher::update(base::ByteView data) {
  if (sha1_) sha1_->update(data);
  // In a hybrid, padding follows the file's bytes: it is no part of the tree.
  if (v2_) update_leaves(data.first(std::min<std::size_t>(data.size(), v2_left_)));
}

void PieceHasher::update_leaves(base::ByteView data) {
  while (!data.empty()) {
    const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(data.size(), leaf_left_));
    leaf_->update(data.first(taken));
    data = data.subspan(taken);
    leaf_left_ -= taken;
    v2_left_ -= taken;
    if (leaf_left_ == 0) {
      leaves_.push_back(leaf_->finish());
      leaf_left_ = std::min(v2_left_, kMerkleLeafSize);
    }
  }
}

bool PieceHasher::finish() {
  bool good = sha1_.has_value() || v2_.has_value();
  if (sha1_) {
    const Sha1Hash hash = sha1_->finish();
    good = good && std::ranges::equal(hash, metainfo_.piece_hash(piece_));
  }
  if (v2_) good = good && merkle_root(std::move(leaves_), v2_->leaves, merkle_pad(0)) == v2_->root;
  return good;
}

}  // namespace podswarm::engine
