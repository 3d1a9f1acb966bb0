#include "engine/disk/checker.h"

#include <utility>

#include "engine/disk/hasher.h"
#include "engine/disk/piece_batch.h"

namespace podswarm::engine {

namespace {

constexpr std::uint64_t kBatchBytes = 8 * 1024 * 1024;
constexpr std::uint64_t kStepBytes = 8 * 1024 * 1024;  // of a batch of large pieces, before others get their turn
// No spinning disk gives that much. One that is read in several places at once gives far less than it can.
constexpr double kFastDevice = 400e6;

}  // namespace

Checker::Checker(DiskQueue& queue, TorrentDataRef data, Bitfield have, Bitfield doubtful, Handler on_done)
    : queue_(queue),
      data_(std::move(data)),
      have_(std::move(have)),
      doubtful_(std::move(doubtful)),
      on_done_(std::move(on_done)) {
  // The very first batch is run even for nothing, to answer later than the constructor.
  if (!submit()) run(std::make_shared<PieceBatch>(data_, std::vector<std::uint32_t>(), false));
}

bool Checker::submit() {
  std::vector<std::uint32_t> pieces;
  std::uint64_t bytes = 0;
  for (next_ = doubtful_.next_set(next_); next_ < doubtful_.size(); next_ = doubtful_.next_set(next_ + 1)) {
    if (bytes >= kBatchBytes && pieces.size() % PieceHasher::kMost == 0) break;
    pieces.push_back(next_);
    bytes += data_->layout.piece_size(next_);
  }
  if (pieces.empty()) return false;
  run(std::make_shared<PieceBatch>(data_, std::move(pieces), fast_));
  return true;
}

void Checker::run(std::shared_ptr<PieceBatch> batch) {
  ++batches_;
  queue_.run_behind([batch] { return batch->advance(kStepBytes); },
                    [this, batch, alive = std::weak_ptr<char>(alive_)](DiskResult<bool> result) {
                      if (alive.expired()) return;
                      --batches_;
                      if (!result) return finish(result.error());
                      if (!*result) return run(batch);
                      on_batch(*batch);
                    });
}

void Checker::on_batch(const PieceBatch& batch) {
  for (const std::uint32_t piece : batch.pieces()) doubtful_.reset(piece);
  for (const std::uint32_t piece : batch.good()) have_.set(piece);
  fast_ = batch.bytes_per_s() >= kFastDevice;
  // One more than there are workers, so that none waits for the next one.
  const std::size_t most = fast_ ? queue_.threads() + 1 : 1;
  while (batches_ < most && submit()) {
  }
  if (batches_ == 0) finish(std::move(have_));
}

void Checker::finish(DiskResult<Bitfield> result) {
  alive_.reset();
  const Handler handler = std::move(on_done_);
  handler(std::move(result));
}

}  // namespace podswarm::engine
