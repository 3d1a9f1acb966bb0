// Received blocks on their way through the hash to the disk. Each piece has a cursor: what lies behind it without a gap
// is hashed and written in runs of some hundred KiB, straight from the memory it was received into; what came out of
// order waits, or, when memory runs short, is written ahead and read back when its turn to be hashed comes. One job a
// piece at a time; while it runs, the next run grows. Runs of several pieces are hashed side by side in one job where
// that takes less time: what comes while a job is under way waits for its end, or until there is enough for another.
//
// Network thread; the jobs run on the disk queue.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "engine/core/chunk.h"
#include "engine/core/peer_wire.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/hasher.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

class PieceStoreHost {
 public:
  // Every byte of the piece is written, and its hash is right or wrong. `blocks`: the digests of its blocks when it is
  // wrong, and when it is right after it was wrong; else empty.
  virtual void on_piece_checked(std::uint32_t piece, bool good, const std::vector<Sha1Hash>& blocks) = 0;
  // Once; the store has dropped what it held.
  virtual void on_store_failed(FailureKind kind, const std::string& message) = 0;

 protected:
  ~PieceStoreHost() = default;
};

class PieceStore {
 public:
  static constexpr std::uint32_t kRun = 256 * 1024;       // worth a job
  static constexpr std::uint32_t kMostRun = 1024 * 1024;  // of one job

  // All references must outlive it.
  PieceStore(DiskQueue& queue, TorrentDataRef data, ChunkPool& pool, PieceStoreHost& host);
  PieceStore(const PieceStore&) = delete;
  PieceStore& operator=(const PieceStore&) = delete;

  // A block that was missing; `given` says which blocks of the piece are padding and never come (it is asked once a
  // piece).
  template <class Given>
  void add(const BlockRef& block, std::vector<Slice> data, Given given) {
    Piece& piece = open(block.piece);
    if (!piece.looked_at_padding) {
      piece.looked_at_padding = true;
      for (std::uint32_t i = 0; i < piece.blocks.size(); ++i) {
        if (given(block_at(block.piece, i))) put_zeros(piece, block_at(block.piece, i));
      }
    }
    put(piece, block, std::move(data));
  }

  // No job is under way and nothing waits.
  [[nodiscard]] bool idle() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t jobs() const { return jobs_; }
  // Writes what it holds, so that its memory is free for others: all of it, unless more is added meanwhile.
  void flush();
  // Drops what it holds; results of jobs under way are not reported.
  void clear();

 private:
  struct Block {
    enum class State : std::uint8_t { kMissing, kHeld, kWritten, kTaken };
    State state = State::kMissing;
    std::vector<Slice> data;
  };
  struct Piece {
    std::unique_ptr<PieceHasher> hasher;  // away with a job while `busy`
    std::vector<Block> blocks;
    std::uint32_t cursor = 0;  // blocks before it were handed to a job
    std::uint32_t ready = 0;   // blocks from the cursor on that are here without a gap end here
    bool waiting = false;      // in waiting_
    bool busy = false;
    bool looked_at_padding = false;
  };
  // Consecutive bytes of a piece.
  struct Part {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::vector<Slice> data;  // empty: on disk already
  };
  // What a job does for one piece.
  struct Run {
    std::uint32_t piece = 0;
    std::vector<Part> parts{};
    std::unique_ptr<PieceHasher> hasher{};  // none: to be written only
    bool last = false;                      // ends the piece
    bool failed_before = false;
    // Of the last one.
    bool good = false;
    std::vector<Sha1Hash> blocks{};
  };
  class Job;

  [[nodiscard]] Piece& open(std::uint32_t piece);
  [[nodiscard]] BlockRef block_at(std::uint32_t piece, std::uint32_t index) const;
  void put_zeros(Piece& piece, const BlockRef& block);
  void put(Piece& piece, const BlockRef& block, std::vector<Slice> data);
  // Has what is ready wait for a job, if that is enough or `force`.
  void advance(std::uint32_t index, Piece& piece, bool force);
  // Starts jobs for what waits, as far as it is worth one, or `force`.
  void start_jobs(bool force = false);
  [[nodiscard]] Run take_ready(std::uint32_t index, Piece& piece);
  // Takes up to `most` bytes of what is held behind a gap, for a run that only writes them.
  [[nodiscard]] Run take_held(std::uint32_t index, Piece& piece, std::uint32_t most);
  // Has what is held written, a job's worth at a time: the end of each comes back for more.
  void relieve();
  [[nodiscard]] bool wants_relief() const { return flushing_ || pool_.under_pressure(); }
  void submit(std::vector<Run> runs);
  void on_done(std::vector<Run> runs, DiskResult<void> result);

  DiskQueue& queue_;
  TorrentDataRef data_;
  ChunkPool& pool_;
  PieceStoreHost& host_;
  std::unordered_map<std::uint32_t, Piece> pieces_;
  std::deque<std::uint32_t> waiting_;  // pieces with something for a job
  std::set<std::uint32_t> failed_;     // and not passed since
  const std::size_t at_once_;          // pieces in a job, to be hashed side by side
  std::size_t jobs_ = 0;
  bool flushing_ = false;  // until there is more
  // Replaced by clear(): jobs submitted before it find theirs gone.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine
