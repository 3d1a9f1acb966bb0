#include "engine/core/send_queue.h"

#include <algorithm>
#include <cassert>

namespace podswarm::engine {

namespace {

// Sent bytes of small messages are cut off when there are so many.
constexpr std::size_t kCompactAt = 8 * 1024;

}  // namespace

void SendQueue::append(base::ByteView message) {
  control_.insert(control_.end(), message.begin(), message.end());
  if (entries_.empty() || entries_.back().chunk) entries_.emplace_back();
  entries_.back().size += message.size();
  size_ += message.size();
}

void SendQueue::append(Slice payload) {
  const std::size_t size = payload.bytes.size();
  if (size == 0) return;
  entries_.push_back({std::move(payload.chunk), payload.bytes, size});
  size_ += size;
  payload_size_ += size;
}

std::size_t SendQueue::gather(std::span<base::ByteView> out) const {
  std::size_t count = 0;
  std::size_t control = control_begin_;
  for (const Entry& entry : entries_) {
    if (count == out.size()) break;
    if (entry.chunk) {
      out[count++] = entry.bytes;
    } else {
      out[count++] = base::ByteView(control_).subspan(control, entry.size);
      control += entry.size;
    }
  }
  return count;
}

std::size_t SendQueue::consume(std::size_t bytes) {
  assert(bytes <= size_);
  size_ -= bytes;
  std::size_t payload = 0;
  while (bytes > 0) {
    Entry& entry = entries_.front();
    const std::size_t taken = std::min(bytes, entry.size);
    bytes -= taken;
    entry.size -= taken;
    if (entry.chunk) {
      payload += taken;
      entry.bytes = entry.bytes.subspan(taken);
    } else {
      control_begin_ += taken;
    }
    if (entry.size == 0) entries_.pop_front();
  }
  payload_size_ -= payload;
  if (control_begin_ == control_.size()) {
    control_.clear();
    control_begin_ = 0;
    // An idle connection holds no memory.
    if (entries_.empty() && control_.capacity() > kCompactAt) control_.shrink_to_fit();
  } else if (control_begin_ >= kCompactAt) {
    control_.erase(control_.begin(), control_.begin() + static_cast<std::ptrdiff_t>(control_begin_));
    control_begin_ = 0;
  }
  return payload;
}

}  // namespace podswarm::engine
