// The bounded memory between a socket and a disk: blocks are filled by the one, wait, and are written by the other.
// When all are in use there is no window to receive into: that is the back-pressure. Network thread only; the blocks
// taken for writing may be read on a worker.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace podswarm::engine {

struct Block {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;
};

class BlockQueue {
 public:
  BlockQueue(std::size_t block_bytes, std::size_t max_blocks) : block_bytes_(block_bytes), max_blocks_(max_blocks) {}

  // Where to receive to: the rest of the block that is being filled. Empty when all blocks are in use.
  [[nodiscard]] std::span<std::uint8_t> window();
  // So many bytes were put at the window's beginning.
  void received(std::size_t bytes);

  // The block that is being filled, so far; seal() lets it join those that wait (a full one must), drop() forgets it.
  [[nodiscard]] base::ByteView filling() const;
  [[nodiscard]] bool full() const { return filling_ && filling_->size == block_bytes_; }
  void seal();
  void drop();

  [[nodiscard]] bool empty() const { return waiting_.empty(); }  // of sealed blocks
  // All that wait, in order; they are to be given back.
  [[nodiscard]] std::vector<Block> take();
  void give_back(std::vector<Block> blocks);
  // Forgets everything that was not taken.
  void clear();

 private:
  std::size_t block_bytes_;
  std::size_t max_blocks_;
  std::size_t made_ = 0;
  std::optional<Block> filling_;
  std::deque<Block> waiting_;
  std::vector<Block> free_;
};

}  // namespace podswarm::engine
