#include "engine/disk/piece_batch.h"

#include <algorithm>
#include <utility>

namespace podswarm::engine {

namespace {

constexpr std::uint32_t kBuffer = 256 * 1024;  // what was read is still in the cache when it is hashed

}  // namespace

PieceBatch::PieceBatch(TorrentDataRef data, std::vector<std::uint32_t> pieces, bool side_by_side)
    : data_(std::move(data)),
      pieces_(std::move(pieces)),
      side_by_side_(side_by_side && Sha1Lanes::available() && !data_->metainfo.is_v2()) {}

double PieceBatch::bytes_per_s() const {
  return read_ == 0 ? 0 : static_cast<double>(read_) / std::chrono::duration<double>(took_).count();
}

bool PieceBatch::advance(std::uint64_t bytes) {
  const auto begin = std::chrono::steady_clock::now();
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
  for (const std::uint64_t end = read_ + bytes; read_ < end && next_ < pieces_.size();) {
    if (group_ == 0) begin_group();
    hash_next();
    if (offset_ == size_) end_group();
  }
  took_ += std::chrono::steady_clock::now() - begin;
  return next_ == pieces_.size();
}

void PieceBatch::begin_group() {
  const FileLayout& layout = data_->layout;
  size_ = layout.piece_size(pieces_[next_]);
  offset_ = 0;
  group_ = 1;
  if (side_by_side_ && pieces_.size() - next_ >= Sha1Lanes::kLanes) {
    const auto first = pieces_.begin() + static_cast<std::ptrdiff_t>(next_);
    const bool alike = std::all_of(first, first + Sha1Lanes::kLanes,
                                   [&](std::uint32_t piece) { return layout.piece_size(piece) == size_; });
    if (alike) group_ = Sha1Lanes::kLanes;
  }
  if (group_ == 1) hasher_ = std::make_unique<PieceHasher>(data_->metainfo, pieces_[next_]);
  there_.fill(true);
  // This group and the one after it: the device reads on while this thread hashes.
  for (std::size_t i = next_ == 0 ? 0 : group_; i < 2 * group_ && next_ + i < pieces_.size(); ++i) {
    data_->storage.will_read(pieces_[next_ + i]);
  }
}

void PieceBatch::hash_next() {
  const std::uint32_t size = std::min(kBuffer / static_cast<std::uint32_t>(group_), size_ - offset_);
  Sha1Lanes::Data data{};
  for (std::size_t i = 0; i < group_; ++i) {
    const std::span<std::uint8_t> bytes(buffer_.get() + i * size, size);
    there_[i] = there_[i] && data_->storage.read(pieces_[next_ + i], offset_, bytes);
    if (group_ > 1) {
      data[i] = bytes.data();
    } else if (there_[i]) {
      hasher_->update(bytes);
    }
  }
  read_ += std::uint64_t{size} * group_;
  offset_ += size;
  if (std::none_of(there_.begin(), there_.begin() + static_cast<std::ptrdiff_t>(group_), std::identity())) {
    offset_ = size_;
  } else if (group_ > 1) {
    lanes_.update(data, size);
  }
}

void PieceBatch::end_group() {
  if (group_ == 1) {
    if (there_[0] && hasher_->finish()) good_.push_back(pieces_[next_]);
  } else {
    const auto hashes = lanes_.finish();
    for (std::size_t i = 0; i < group_; ++i) {
      const std::uint32_t piece = pieces_[next_ + i];
      if (there_[i] && std::ranges::equal(hashes[i], data_->metainfo.piece_hash(piece))) good_.push_back(piece);
    }
  }
  next_ += group_;
  group_ = 0;
}

}  // namespace podswarm::engine
