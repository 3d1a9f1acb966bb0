#include "engine/disk/hasher.h"

#include <algorithm>

#include "engine/core/merkle.h"

namespace podswarm::engine {

PieceHasher::PieceHasher(const Metainfo& metainfo, std::uint32_t piece) : metainfo_(metainfo), piece_(piece) {
  if (metainfo.is_v1() && Sha1Lane::available()) {
    sha1_.emplace<Sha1Lane>();
  } else if (metainfo.is_v1()) {
    sha1_.emplace<Sha1>();
  }
  v2_ = metainfo.v2_piece(piece);
  if (v2_) {
    leaf_.emplace();
    v2_left_ = v2_->size;
    leaf_left_ = std::min(v2_left_, kMerkleLeafSize);
    leaves_.reserve((v2_left_ + kMerkleLeafSize - 1) / kMerkleLeafSize);
  }
}

std::size_t PieceHasher::at_once(const Metainfo& metainfo) {
  return metainfo.is_v1() && Sha1Lane::available() ? Sha1Lane::at_once() : 1;
}

void PieceHasher::update(base::ByteView data) {
  PieceHasher* const self = this;
  const Portions portions(&data, 1);
  update({&self, 1}, {&portions, 1});
}

void PieceHasher::update(std::span<PieceHasher* const> hashers, std::span<const Portions> data) {
  std::array<Sha1Lane*, kMost> lanes{};
  for (std::size_t i = 0; i < hashers.size(); ++i) {
    PieceHasher& hasher = *hashers[i];
    lanes[i] = std::get_if<Sha1Lane>(&hasher.sha1_);
    auto* const alone = std::get_if<Sha1>(&hasher.sha1_);
    for (const base::ByteView portion : data[i]) {
      if (alone != nullptr) alone->update(portion);
      // In a hybrid, padding follows the file's bytes: it is no part of the tree.
      if (hasher.v2_) hasher.update_leaves(portion.first(std::min<std::size_t>(portion.size(), hasher.v2_left_)));
    }
  }
  if (lanes[0] != nullptr) sha1_side_by_side(std::span(lanes).first(hashers.size()), data);
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
  bool good = !std::holds_alternative<std::monostate>(sha1_) || v2_.has_value();
  const auto is_right = [this](const Sha1Hash& hash) { return std::ranges::equal(hash, metainfo_.piece_hash(piece_)); };
  if (auto* const sha1 = std::get_if<Sha1>(&sha1_)) good = is_right(sha1->finish());
  if (auto* const lane = std::get_if<Sha1Lane>(&sha1_)) good = is_right(lane->finish());
  if (v2_) good = good && merkle_root(std::move(leaves_), v2_->leaves, merkle_pad(0)) == v2_->root;
  return good;
}

}  // namespace podswarm::engine
