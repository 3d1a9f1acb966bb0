#include "engine/disk/piece_store.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace podswarm::engine {

namespace {

constexpr std::array<std::uint8_t, kBlockSize> kZeros{};

}  // namespace

// Hashes, then writes: the bytes are in the processor's cache for both.
class PieceStore::Job {
 public:
  Job(TorrentDataRef data, std::vector<Run> runs) : data_(std::move(data)), runs_(std::move(runs)) {}

  void operator()() {
    hash();
    for (const Run& run : runs_) write(run);
    for (Run& run : runs_) {
      if (!run.last) continue;
      run.good = run.hasher->finish();
      if (!run.good || run.failed_before) run.blocks = digests(run.piece);
    }
  }
  [[nodiscard]] std::vector<Run> take_runs() { return std::move(runs_); }

 private:
  // What is in memory side by side, a run of which some is on disk by itself.
  void hash() {
    std::vector<PieceHasher*> hashers;
    std::vector<std::vector<base::ByteView>> portions;
    for (const Run& run : runs_) {
      if (!run.hasher) continue;
      if (std::ranges::any_of(run.parts, [](const Part& part) { return part.data.empty(); })) {
        hash_alone(run);
        continue;
      }
      hashers.push_back(run.hasher.get());
      auto& of_run = portions.emplace_back();
      for (const Part& part : run.parts) {
        for (const Slice& slice : part.data) of_run.push_back(slice.bytes);
      }
    }
    if (!hashers.empty())
      PieceHasher::update(hashers, std::vector<PieceHasher::Portions>(portions.begin(), portions.end()));
  }
  void hash_alone(const Run& run) {
    std::array<std::uint8_t, kBlockSize> buffer;
    for (const Part& part : run.parts) {
      if (part.data.empty()) {
        const std::span<std::uint8_t> bytes(buffer.data(), part.size);
        read(run.piece, part.offset, bytes);
        run.hasher->update(bytes);
      }
      for (const Slice& slice : part.data) run.hasher->update(slice.bytes);
    }
  }
  void write(const Run& run) {
    std::vector<base::ByteView> bytes;
    std::uint32_t offset = 0;
    std::uint32_t end = 0;
    const auto write_bytes = [&] {
      if (!bytes.empty()) data_->storage.write(run.piece, offset, bytes);
      bytes.clear();
    };
    for (const Part& part : run.parts) {
      if (part.data.empty()) continue;
      if (end != part.offset) write_bytes();
      if (bytes.empty()) offset = part.offset;
      for (const Slice& slice : part.data) bytes.push_back(slice.bytes);
      end = part.offset + part.size;
    }
    write_bytes();
  }
  void read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> into) {
    if (!data_->storage.read(piece, offset, into)) {
      throw DiskError(FailureKind::kDisk, data_->metainfo.name + ": what was written is not there any more");
    }
  }
  [[nodiscard]] std::vector<Sha1Hash> digests(std::uint32_t piece) {
    std::vector<Sha1Hash> digests;
    std::array<std::uint8_t, kBlockSize> buffer;
    const std::uint32_t size = data_->layout.piece_size(piece);
    for (std::uint32_t offset = 0; offset < size; offset += kBlockSize) {
      const std::span<std::uint8_t> bytes(buffer.data(), std::min(kBlockSize, size - offset));
      read(piece, offset, bytes);
      digests.push_back(sha1(bytes));
    }
    return digests;
  }

  TorrentDataRef data_;
  std::vector<Run> runs_;
};

PieceStore::PieceStore(DiskQueue& queue, TorrentDataRef data, ChunkPool& pool, PieceStoreHost& host)
    : queue_(queue),
      data_(std::move(data)),
      pool_(pool),
      host_(host),
      at_once_(PieceHasher::at_once(data_->metainfo)) {}

BlockRef PieceStore::block_at(std::uint32_t piece, std::uint32_t index) const {
  const std::uint32_t offset = index * kBlockSize;
  return {piece, offset, std::min(kBlockSize, data_->layout.piece_size(piece) - offset)};
}

PieceStore::Piece& PieceStore::open(std::uint32_t index) {
  Piece& piece = pieces_[index];
  if (piece.blocks.empty()) {
    piece.blocks.resize((data_->layout.piece_size(index) + kBlockSize - 1) / kBlockSize);
    piece.hasher = std::make_unique<PieceHasher>(data_->metainfo, index);
  }
  return piece;
}

void PieceStore::put_zeros(Piece& piece, const BlockRef& block) {
  Block& b = piece.blocks[block.offset / kBlockSize];
  b.state = Block::State::kHeld;
  b.data.push_back({nullptr, base::ByteView(kZeros).first(block.length)});
}

void PieceStore::put(Piece& piece, const BlockRef& block, std::vector<Slice> data) {
  Block& b = piece.blocks[block.offset / kBlockSize];
  assert(b.state == Block::State::kMissing);
  b.state = Block::State::kHeld;
  b.data = std::move(data);
  flushing_ = false;
  advance(block.piece, piece, false);
  if (wants_relief()) relieve();
}

void PieceStore::advance(std::uint32_t index, Piece& piece, bool force) {
  const auto count = static_cast<std::uint32_t>(piece.blocks.size());
  while (piece.ready < count && piece.blocks[piece.ready].state != Block::State::kMissing) ++piece.ready;
  if (piece.busy || piece.waiting || piece.ready == piece.cursor) return;
  if (!force && piece.ready < count && piece.ready - piece.cursor < kRun / kBlockSize) return;
  piece.waiting = true;
  waiting_.push_back(index);
  start_jobs();
}

void PieceStore::start_jobs(bool force) {
  // One job more than there are workers, so that none waits for the next.
  while (!waiting_.empty() && jobs_ <= queue_.threads() && (force || jobs_ == 0 || waiting_.size() >= at_once_)) {
    std::vector<Run> runs;
    for (; !waiting_.empty() && runs.size() < at_once_; waiting_.pop_front()) {
      runs.push_back(take_ready(waiting_.front(), pieces_.at(waiting_.front())));
    }
    submit(std::move(runs));
  }
}

PieceStore::Run PieceStore::take_ready(std::uint32_t index, Piece& piece) {
  piece.waiting = false;
  Run run{.piece = index, .hasher = std::move(piece.hasher)};
  const std::uint32_t end = std::min(piece.ready, piece.cursor + kMostRun / kBlockSize);
  run.parts.reserve(end - piece.cursor);
  for (; piece.cursor < end; ++piece.cursor) {
    Block& b = piece.blocks[piece.cursor];
    const BlockRef ref = block_at(index, piece.cursor);
    run.parts.push_back({ref.offset, ref.length, std::move(b.data)});
    b.data = {};
    b.state = Block::State::kTaken;
  }
  run.last = piece.cursor == piece.blocks.size();
  run.failed_before = failed_.contains(index);
  return run;
}

PieceStore::Run PieceStore::take_held(std::uint32_t index, Piece& piece, std::uint32_t most) {
  Run run{.piece = index};
  std::uint32_t taken = 0;
  for (std::uint32_t i = piece.ready; i < piece.blocks.size() && taken < most; ++i) {
    Block& b = piece.blocks[i];
    if (b.state != Block::State::kHeld) continue;
    const BlockRef ref = block_at(index, i);
    run.parts.push_back({ref.offset, ref.length, std::move(b.data)});
    b.data = {};
    b.state = Block::State::kWritten;
    taken += ref.length;
  }
  return run;
}

void PieceStore::flush() {
  flushing_ = true;
  relieve();
}

void PieceStore::relieve() {
  if (jobs_ > queue_.threads()) return;
  for (auto& [index, piece] : pieces_) advance(index, piece, true);
  start_jobs(true);
  std::vector<Run> runs;
  std::uint32_t room = kMostRun;
  for (auto& [index, piece] : pieces_) {
    if (room == 0) break;
    if (piece.busy || piece.waiting) continue;
    Run run = take_held(index, piece, room);
    for (const Part& part : run.parts) room -= std::min(room, part.size);
    if (!run.parts.empty()) runs.push_back(std::move(run));
  }
  if (!runs.empty()) submit(std::move(runs));
}

void PieceStore::submit(std::vector<Run> runs) {
  for (const Run& run : runs) pieces_.at(run.piece).busy = true;
  ++jobs_;
  // The job comes back with its hashers whether it went well or not; it is reached through shared ownership, since the
  // queue hands back only what the job returned.
  auto job = std::make_shared<Job>(data_, std::move(runs));
  queue_.run([job] { (*job)(); },
             [this, job, alive = std::weak_ptr<char>(alive_)](DiskResult<void> result) {
               if (!alive.expired()) on_done(job->take_runs(), std::move(result));
             });
}

void PieceStore::on_done(std::vector<Run> runs, DiskResult<void> result) {
  --jobs_;
  if (!result) {
    clear();
    host_.on_store_failed(result.error().code, result.error().message);
    return;
  }
  std::vector<Run> complete;
  for (Run& run : runs) {
    if (run.last) {
      pieces_.erase(run.piece);
      if (run.good) {
        failed_.erase(run.piece);
      } else {
        failed_.insert(run.piece);
      }
      complete.push_back(std::move(run));
      continue;
    }
    Piece& piece = pieces_.at(run.piece);
    if (run.hasher) piece.hasher = std::move(run.hasher);
    piece.busy = false;
    advance(run.piece, piece, false);
  }
  start_jobs();
  if (wants_relief()) relieve();
  // Whoever is told may clear or destroy the store.
  const std::weak_ptr<char> alive = alive_;
  for (const Run& run : complete) {
    if (alive.expired()) return;
    host_.on_piece_checked(run.piece, run.good, run.blocks);
  }
}

void PieceStore::clear() {
  alive_ = std::make_shared<char>();
  pieces_.clear();
  waiting_.clear();
  jobs_ = 0;
}

}  // namespace podswarm::engine
