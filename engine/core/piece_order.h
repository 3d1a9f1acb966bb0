// Pieces that are neither begun nor had, in one array sorted by availability, in buckets: a peer's HAVE is one swap
// over a bucket's edge. Within a bucket the order is random, different in each client. One such array for each
// priority; they share the pieces' records. Sans-IO. Network thread.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/file_priority.h"
#include "engine/core/small_random.h"

namespace podswarm::engine {

// What the picker knows of a piece.
struct PieceRecord {
  enum class Where : std::uint8_t { kOrder, kPartial, kHave };
  std::uint32_t index = 0;  // its place in the array it is in
  std::uint16_t availability = 0;
  Where where = Where::kOrder;
  FilePriority priority = FilePriority::kNormal;
};

class PieceOrder {
 public:
  // `records` is the picker's, of all pieces; passed to each call, so that the picker stays movable and the array
  // small.
  using Records = std::vector<PieceRecord>;

  // Exactly these pieces, in an order that `random` and their availability give.
  void assign(std::vector<std::uint32_t> pieces, Records& records, SmallRandom& random);

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(order_.size()); }
  [[nodiscard]] bool empty() const { return order_.empty(); }
  [[nodiscard]] std::uint32_t operator[](std::size_t place) const { return order_[place]; }
  // So many pieces at the beginning are with no peer.
  [[nodiscard]] std::uint32_t unavailable() const { return bucket_[1]; }

  // The piece is not in it, or is, respectively.
  void insert(std::uint32_t piece, Records& records, SmallRandom& random);
  void erase(std::uint32_t piece, Records& records);
  // Moves it to the bucket above or below; its record's availability is changed too.
  void more_available(std::uint32_t piece, Records& records, SmallRandom& random);
  void less_available(std::uint32_t piece, Records& records, SmallRandom& random);

 private:
  void swap_places(std::uint32_t a, std::uint32_t b, Records& records);
  void mix_in(std::uint32_t place, std::uint32_t first, std::uint32_t end, Records& records, SmallRandom& random);

  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> bucket_ = {0, 0};  // where each availability begins; one more than there are buckets
};

}  // namespace podswarm::engine
