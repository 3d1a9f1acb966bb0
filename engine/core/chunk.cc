#include "engine/core/chunk.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace podswarm::engine {

void intrusive_ptr_release(Chunk* chunk) {
  assert(chunk->references_ > 0);
  if (--chunk->references_ == 0) chunk->pool_->give_back(chunk);
}

ChunkPool::~ChunkPool() {
  assert(in_use_ == 0);
}

ChunkRef ChunkPool::acquire(std::size_t size) {
  assert(size == kSmall || size == kLarge);
  if (in_use_ + size > budget_) {
    if (!std::exchange(starved_, true) && on_starved_) on_starved_();
    return nullptr;
  }
  in_use_ += size;
  most_in_use_ = std::max(most_in_use_, in_use_);
  auto& kept = shelf(size);
  if (kept.empty()) return ChunkRef(new Chunk(this, size));
  Chunk* chunk = kept.back().release();
  kept.pop_back();
  return ChunkRef(chunk);
}

void ChunkPool::give_back(Chunk* chunk) {
  in_use_ -= chunk->size();
  shelf(chunk->size()).emplace_back(chunk);
  // Nothing is on its way: a pause, if not the end.
  if (in_use_ == 0) trim();
  tell_of_room();
}

void ChunkPool::set_budget(std::size_t budget) {
  budget_ = budget;
  tell_of_room();
}

void ChunkPool::tell_of_room() {
  if (starved_ && in_use_ <= budget_ / 4 * 3) {
    starved_ = false;
    if (on_room_) on_room_();
  }
}

void ChunkPool::trim() {
  if (small_.size() > kKept) small_.resize(kKept);
  if (large_.size() > kKept) large_.resize(kKept);
}

}  // namespace podswarm::engine
