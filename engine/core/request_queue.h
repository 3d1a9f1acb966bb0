// Block requests in the order in which they were made. They are mostly answered in that order, so what is looked for is
// mostly the first; an empty queue holds no memory. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/core/peer_wire.h"

namespace podswarm::engine {

class RequestQueue {
 public:
  struct Entry {
    BlockRef block;
    base::SteadyTime at{};
  };

  [[nodiscard]] bool empty() const { return head_ == entries_.size(); }
  [[nodiscard]] std::size_t size() const { return entries_.size() - head_; }
  [[nodiscard]] const Entry& front() const { return entries_[head_]; }
  [[nodiscard]] const Entry& operator[](std::size_t i) const { return entries_[head_ + i]; }
  [[nodiscard]] auto begin() const { return entries_.begin() + static_cast<std::ptrdiff_t>(head_); }
  [[nodiscard]] auto end() const { return entries_.end(); }

  void push(const BlockRef& block, base::SteadyTime at) { entries_.push_back({block, at}); }
  [[nodiscard]] bool contains(const BlockRef& block) const { return find(block) != entries_.size(); }
  // Removes it, and says when it was made; nothing if it is not there.
  std::optional<base::SteadyTime> take(const BlockRef& block);
  // All of them; the queue is empty afterwards.
  [[nodiscard]] std::vector<Entry> take_all();

 private:
  [[nodiscard]] std::size_t find(const BlockRef& block) const;

  std::vector<Entry> entries_;
  std::size_t head_ = 0;  // entries before it were taken
};

}  // namespace podswarm::engine
