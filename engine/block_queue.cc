#include "engine/block_queue.h"

#include <cassert>
#include <iterator>
#include <utility>

namespace podswarm::engine {

std::span<std::uint8_t> BlockQueue::window() {
  if (!filling_) {
    if (!free_.empty()) {
      filling_ = std::move(free_.back());
      free_.pop_back();
      filling_->size = 0;
    } else if (made_ < max_blocks_) {
      ++made_;
      filling_ = Block{std::make_unique_for_overwrite<std::uint8_t[]>(block_bytes_), 0};
    } else {
      return {};
    }
  }
  assert(!full());
  return {filling_->data.get() + filling_->size, block_bytes_ - filling_->size};
}

void BlockQueue::received(std::size_t bytes) {
  assert(filling_ && bytes <= block_bytes_ - filling_->size);
  filling_->size += bytes;
}

base::ByteView BlockQueue::filling() const {
  return filling_ ? base::ByteView(filling_->data.get(), filling_->size) : base::ByteView();
}

void BlockQueue::seal() {
  if (!filling_ || filling_->size == 0) return;
  waiting_.push_back(std::move(*filling_));
  filling_.reset();
}

void BlockQueue::drop() {
  if (filling_) filling_->size = 0;
}

std::vector<Block> BlockQueue::take() {
  std::vector<Block> out(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return out;
}

void BlockQueue::give_back(std::vector<Block> blocks) {
  for (Block& block : blocks) free_.push_back(std::move(block));
}

void BlockQueue::clear() {
  give_back(take());
  drop();
}

}  // namespace podswarm::engine
