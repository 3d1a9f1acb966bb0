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
  Job(TorrentDataRef data, std::uint32_t piece, std::vector<Part> parts, std::unique_ptr<PieceHasher> hasher, bool last,
      bool failed_before)
      : data_(std::move(data)),
        piece_(piece),
        parts_(std::move(parts)),
        hasher_(std::move(hasher)),
        last_(last),
        failed_before_(failed_before) {}

  Outcome operator()() {
    Outcome outcome;
    outcome.last = last_;
    std::vector<base::ByteView> run;
    std::uint32_t run_offset = 0;
    std::uint32_t run_end = 0;
    const auto write_run = [&] {
      if (!run.empty()) data_->storage.write(piece_, run_offset, run);
      run.clear();
    };
    for (const Part& part : parts_) {
      if (part.data.empty()) {
        hash_from_disk(part);
        continue;
      }
      if (hasher_) {
        for (const Slice& slice : part.data) hasher_->update(slice.bytes);
      }
      if (run_end != part.offset) write_run();
      if (run.empty()) run_offset = part.offset;
      for (const Slice& slice : part.data) run.push_back(slice.bytes);
      run_end = part.offset + part.size;
    }
    write_run();
    if (last_) {
      outcome.good = hasher_->finish();
      if (!outcome.good || failed_before_) outcome.blocks = digests();
    }
    return outcome;
  }
  [[nodiscard]] std::unique_ptr<PieceHasher> take_hasher() { return std::move(hasher_); }

 private:
  void read(std::uint32_t offset, std::span<std::uint8_t> into) {
    if (!data_->storage.read(piece_, offset, into)) {
      throw DiskError(FailureKind::kDisk, data_->metainfo.name + ": what was written is not there any more");
    }
  }
  void hash_from_disk(const Part& part) {
    std::array<std::uint8_t, kBlockSize> buffer;
    const std::span<std::uint8_t> bytes(buffer.data(), part.size);
    read(part.offset, bytes);
    hasher_->update(bytes);
  }
  [[nodiscard]] std::vector<Sha1Hash> digests() {
    std::vector<Sha1Hash> digests;
    std::array<std::uint8_t, kBlockSize> buffer;
    const std::uint32_t size = data_->layout.piece_size(piece_);
    for (std::uint32_t offset = 0; offset < size; offset += kBlockSize) {
      const std::span<std::uint8_t> bytes(buffer.data(), std::min(kBlockSize, size - offset));
      read(offset, bytes);
      digests.push_back(sha1(bytes));
    }
    return digests;
  }

  TorrentDataRef data_;
  std::uint32_t piece_;
  std::vector<Part> parts_;
  std::unique_ptr<PieceHasher> hasher_;
  bool last_;
  bool failed_before_;
};

PieceStore::PieceStore(DiskQueue& queue, TorrentDataRef data, ChunkPool& pool, PieceStoreHost& host)
    : queue_(queue), data_(std::move(data)), pool_(pool), host_(host) {}

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
  advance(block.piece, piece, false);
  if (pool_.under_pressure()) relieve();
}

void PieceStore::advance(std::uint32_t index, Piece& piece, bool force) {
  const auto count = static_cast<std::uint32_t>(piece.blocks.size());
  while (piece.ready < count && piece.blocks[piece.ready].state != Block::State::kMissing) ++piece.ready;
  if (piece.busy || piece.ready == piece.cursor) return;
  const std::uint32_t ready = piece.ready - piece.cursor;
  if (!force && piece.ready < count && ready < kRun / kBlockSize) return;
  std::vector<Part> parts;
  const std::uint32_t end = piece.cursor + std::min(ready, kMostRun / kBlockSize);
  parts.reserve(end - piece.cursor);
  for (; piece.cursor < end; ++piece.cursor) {
    Block& b = piece.blocks[piece.cursor];
    const BlockRef ref = block_at(index, piece.cursor);
    parts.push_back({ref.offset, ref.length, std::move(b.data)});
    b.data = {};
    b.state = Block::State::kTaken;
  }
  submit(index, piece, std::move(parts), true, piece.cursor == count);
}

void PieceStore::spill(std::uint32_t index, Piece& piece) {
  std::vector<Part> parts;
  std::uint32_t blocks = 0;
  for (std::uint32_t i = piece.ready; i < piece.blocks.size() && blocks < kMostRun / kBlockSize; ++i) {
    Block& b = piece.blocks[i];
    if (b.state != Block::State::kHeld) continue;
    const BlockRef ref = block_at(index, i);
    parts.push_back({ref.offset, ref.length, std::move(b.data)});
    b.data = {};
    b.state = Block::State::kWritten;
    ++blocks;
  }
  if (!parts.empty()) submit(index, piece, std::move(parts), false, false);
}

void PieceStore::relieve() {
  for (auto& [index, piece] : pieces_) {
    if (piece.busy) continue;
    advance(index, piece, true);
    if (!piece.busy) spill(index, piece);
  }
}

void PieceStore::submit(std::uint32_t index, Piece& piece, std::vector<Part> parts, bool hash, bool last) {
  piece.busy = true;
  ++jobs_;
  // The job comes back with its hasher whether it went well or not; it is reached through shared ownership, since the
  // queue hands back only what the job returned.
  auto job = std::make_shared<Job>(data_, index, std::move(parts), hash ? std::move(piece.hasher) : nullptr, last,
                                   failed_.contains(index));
  queue_.run([job] { return (*job)(); },
             [this, job, index, hash, alive = std::weak_ptr<char>(alive_)](DiskResult<Outcome> result) {
               if (alive.expired()) return;
               auto hasher = hash ? job->take_hasher() : std::move(pieces_[index].hasher);
               on_done(index, std::move(hasher), std::move(result));
             });
}

void PieceStore::on_done(std::uint32_t index, std::unique_ptr<PieceHasher> hasher, DiskResult<Outcome> result) {
  --jobs_;
  if (!result) {
    clear();
    host_.on_store_failed(result.error().code, result.error().message);
    return;
  }
  Piece& piece = pieces_[index];
  piece.hasher = std::move(hasher);
  piece.busy = false;
  if (result->last) {
    pieces_.erase(index);
    if (result->good) {
      failed_.erase(index);
    } else {
      failed_.insert(index);
    }
    host_.on_piece_checked(index, result->good, result->blocks);
    return;
  }
  advance(index, piece, pool_.under_pressure());
}

void PieceStore::clear() {
  alive_ = std::make_shared<char>();
  pieces_.clear();
  jobs_ = 0;
}

}  // namespace podswarm::engine
