// Memory that payload travels in: received into chunks, pointed at by slices, hashed and written from there, never
// copied. A pool hands chunks out against a hard byte budget; who gets none must stop reading its socket until
// on_room() says that there is room again.
//
// References count without atomics: chunks and slices are made, copied and dropped on the network thread only. A disk
// job may read the bytes of slices that it was moved, and gives them back to the network thread to be dropped there.
#pragma once

#include <boost/intrusive_ptr.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace podswarm::engine {

class ChunkPool;

class Chunk {
 public:
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  [[nodiscard]] std::uint8_t* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // No slice points at it but the caller's.
  [[nodiscard]] bool unique() const { return references_ == 1; }

 private:
  friend class ChunkPool;
  friend void intrusive_ptr_add_ref(Chunk* chunk) { ++chunk->references_; }
  friend void intrusive_ptr_release(Chunk* chunk);
  Chunk(ChunkPool* pool, std::size_t size)
      : pool_(pool), size_(size), data_(std::make_unique_for_overwrite<std::uint8_t[]>(size)) {}

  ChunkPool* pool_;  // nullptr: belongs to none
  std::size_t size_;
  std::size_t references_ = 0;
  std::unique_ptr<std::uint8_t[]> data_;
};

using ChunkRef = boost::intrusive_ptr<Chunk>;

// Some bytes of a chunk, which it keeps alive.
struct Slice {
  ChunkRef chunk;
  base::ByteView bytes;
};

class ChunkPool {
 public:
  static constexpr std::size_t kSmall = 32 * 1024;
  static constexpr std::size_t kLarge = 256 * 1024;

  explicit ChunkPool(std::size_t budget) : budget_(budget) {}
  // Every chunk must have come back.
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // A chunk of `size` bytes (kSmall or kLarge), or nullptr when that would break the budget.
  [[nodiscard]] ChunkRef acquire(std::size_t size);

  // Chunks above a lower budget stay in use until they come back; a higher one is room at once.
  void set_budget(std::size_t budget);
  [[nodiscard]] std::size_t budget() const { return budget_; }
  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t most_in_use() const { return most_in_use_; }  // at any one time so far
  // Three quarters are in use: time to write out what is being held back for larger writes.
  [[nodiscard]] bool under_pressure() const { return in_use_ > budget_ / 4 * 3; }
  // Called, from within acquire(), when it is the first to fail since there was room.
  void on_starved(std::function<void()> handler) { on_starved_ = std::move(handler); }
  // Called, from within the release of a chunk or set_budget(), when an acquire() failed before and a quarter of the
  // budget is free.
  void on_room(std::function<void()> handler) { on_room_ = std::move(handler); }

 private:
  // Of each size, how many are kept while none is in use.
  static constexpr std::size_t kKept = 4;
  friend void intrusive_ptr_release(Chunk* chunk);
  void give_back(Chunk* chunk);
  void tell_of_room();
  void trim();
  std::vector<std::unique_ptr<Chunk>>& shelf(std::size_t size) { return size == kLarge ? large_ : small_; }

  std::size_t budget_;
  std::size_t in_use_ = 0;
  std::size_t most_in_use_ = 0;
  bool starved_ = false;
  std::vector<std::unique_ptr<Chunk>> small_;  // kept for reuse: fresh memory costs a page fault every 4 KiB
  std::vector<std::unique_ptr<Chunk>> large_;
  std::function<void()> on_starved_;
  std::function<void()> on_room_;
};

}  // namespace podswarm::engine
