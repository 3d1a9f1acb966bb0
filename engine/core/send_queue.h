// What waits to be sent on a connection: small messages, copied, and payload, referenced. Gathered for one writev.
// Network thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "base/bytes.h"
#include "engine/core/chunk.h"

namespace podswarm::engine {

class SendQueue {
 public:
  void append(base::ByteView message);
  void append(Slice payload);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Of size(), payload.
  [[nodiscard]] std::size_t payload_size() const { return payload_size_; }

  // Views of what is to be sent next, in order; as many as there are or `out` holds. Returns how many. Valid until the
  // queue is changed.
  [[nodiscard]] std::size_t gather(std::span<base::ByteView> out) const;
  // The first `bytes` were sent. Returns how many of them were payload.
  std::size_t consume(std::size_t bytes);

 private:
  struct Entry {
    ChunkRef chunk;        // null: bytes of control_
    base::ByteView bytes;  // of a chunk
    std::size_t size = 0;
  };

  std::deque<Entry> entries_;
  base::Bytes control_;            // the small messages, one after the other
  std::size_t control_begin_ = 0;  // what of it was sent
  std::size_t size_ = 0;
  std::size_t payload_size_ = 0;
};

}  // namespace podswarm::engine
