#include "engine/disk/checker.h"

#include <algorithm>
#include <utility>

#include "engine/disk/hasher.h"

namespace podswarm::engine {

namespace {

constexpr std::uint32_t kRead = 256 * 1024;           // at once: still in the cache when it is hashed
constexpr std::uint64_t kJobBytes = 8 * 1024 * 1024;  // of a job, so that others get their turn in between

std::vector<std::uint32_t> check(TorrentData& data, const std::vector<std::uint32_t>& pieces) {
  std::vector<std::uint32_t> good;
  const auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(kRead);
  for (const std::uint32_t piece : pieces) {
    PieceHasher hasher(data.metainfo, piece);
    const std::uint32_t size = data.layout.piece_size(piece);
    bool there = true;
    for (std::uint32_t offset = 0; offset < size && there; offset += kRead) {
      const std::span<std::uint8_t> bytes(buffer.get(), std::min(kRead, size - offset));
      there = data.storage.read(piece, offset, bytes);
      if (there) hasher.update(bytes);
    }
    if (there && hasher.finish()) good.push_back(piece);
  }
  return good;
}

}  // namespace

Checker::Checker(DiskQueue& queue, TorrentDataRef data, Bitfield pieces, Handler on_done)
    : queue_(queue),
      data_(std::move(data)),
      pieces_(std::move(pieces)),
      good_(pieces_.size()),
      on_done_(std::move(on_done)) {
  // One job more than there are workers, so that none waits for the next one.
  for (std::size_t i = 0; i < queue_.threads() + 1; ++i) submit();
}

void Checker::submit() {
  std::vector<std::uint32_t> pieces;
  std::uint64_t bytes = 0;
  for (next_ = pieces_.next_set(next_); next_ < pieces_.size() && bytes < kJobBytes;
       next_ = pieces_.next_set(next_ + 1)) {
    pieces.push_back(next_);
    bytes += data_->layout.piece_size(next_);
  }
  // The very first job is made even for nothing, to answer later than the constructor.
  if (pieces.empty() && (jobs_ > 0 || checked_ > 0)) return;
  ++jobs_;
  const auto count = static_cast<std::uint32_t>(pieces.size());
  queue_.run([data = data_, pieces = std::move(pieces)] { return check(*data, pieces); },
             [this, count, alive = std::weak_ptr<char>(alive_)](DiskResult<std::vector<std::uint32_t>> result) {
               if (alive.expired()) return;
               --jobs_;
               checked_ += count;
               if (!result) return finish(result.error());
               for (const std::uint32_t piece : *result) good_.set(piece);
               submit();
               if (jobs_ == 0) finish(std::move(good_));
             });
}

void Checker::finish(DiskResult<Bitfield> result) {
  alive_.reset();
  const Handler handler = std::move(on_done_);
  handler(std::move(result));
}

}  // namespace podswarm::engine
