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
      at_once_(side_by_side ? PieceHasher::at_once(data_->metainfo) : 1) {}

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
  while (group_ < at_once_ && next_ + group_ < pieces_.size() && layout.piece_size(pieces_[next_ + group_]) == size_) {
    ++group_;
  }
  hashers_.clear();
  for (std::size_t i = 0; i < group_; ++i) hashers_.emplace_back(data_->metainfo, pieces_[next_ + i]);
  there_.fill(true);
  // This group and the one after it: the device reads on while this thread hashes.
  for (std::size_t i = next_ == 0 ? 0 : group_; i < 2 * group_ && next_ + i < pieces_.size(); ++i) {
    data_->storage.will_read(pieces_[next_ + i]);
  }
}

void PieceBatch::hash_next() {
  // Whole blocks of the hash for each.
  const std::uint32_t size = std::min(kBuffer / static_cast<std::uint32_t>(group_) / 64 * 64, size_ - offset_);
  std::array<base::ByteView, PieceHasher::kMost> portions;
  std::array<PieceHasher::Portions, PieceHasher::kMost> data;
  std::array<PieceHasher*, PieceHasher::kMost> hashers{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < group_; ++i) {
    const std::span<std::uint8_t> bytes(buffer_.get() + i * size, size);
    there_[i] = there_[i] && data_->storage.read(pieces_[next_ + i], offset_, bytes);
    if (!there_[i]) continue;
    portions[count] = bytes;
    data[count] = std::span(portions).subspan(count, 1);
    hashers[count++] = &hashers_[i];
  }
  read_ += std::uint64_t{size} * group_;
  offset_ += size;
  if (count == 0) {
    offset_ = size_;
  } else {
    PieceHasher::update(std::span(hashers).first(count), std::span(data).first(count));
  }
}

void PieceBatch::end_group() {
  for (std::size_t i = 0; i < group_; ++i) {
    if (there_[i] && hashers_[i].finish()) good_.push_back(pieces_[next_ + i]);
  }
  next_ += group_;
  group_ = 0;
}

}  // namespace podswarm::engine
