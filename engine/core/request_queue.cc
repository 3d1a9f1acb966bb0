#include "engine/core/request_queue.h"

#include <utility>

namespace podswarm::engine {

std::size_t RequestQueue::find(const BlockRef& block) const {
  for (std::size_t i = head_; i < entries_.size(); ++i) {
    if (entries_[i].block == block) return i;
  }
  return entries_.size();
}

std::optional<base::SteadyTime> RequestQueue::take(const BlockRef& block) {
  const std::size_t i = find(block);
  if (i == entries_.size()) return std::nullopt;
  const base::SteadyTime at = entries_[i].at;
  if (i == head_) {
    ++head_;
  } else {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (head_ == entries_.size()) {
    entries_.clear();
    head_ = 0;
    if (entries_.capacity() > 64) entries_.shrink_to_fit();
  } else if (head_ >= 256 && head_ * 2 >= entries_.size()) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return at;
}

std::vector<RequestQueue::Entry> RequestQueue::take_all() {
  std::vector<Entry> all(begin(), end());
  entries_ = {};
  head_ = 0;
  return all;
}

}  // namespace podswarm::engine
