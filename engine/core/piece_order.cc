#include "engine/core/piece_order.h"

#include <algorithm>
#include <cassert>

namespace podswarm::engine {

void PieceOrder::assign(std::vector<std::uint32_t> pieces, Records& records, SmallRandom& random) {
  std::shuffle(pieces.begin(), pieces.end(), random);
  // Counted, then put where they belong.
  bucket_ = {0, 0};
  for (const std::uint32_t piece : pieces) {
    const std::size_t next = records[piece].availability + 1u;
    if (bucket_.size() <= next) bucket_.resize(next + 1);
    ++bucket_[next];
  }
  for (std::size_t b = 1; b < bucket_.size(); ++b) bucket_[b] += bucket_[b - 1];
  order_.resize(pieces.size());
  std::vector<std::uint32_t> place = bucket_;
  for (const std::uint32_t piece : pieces) {
    const std::uint32_t at = place[records[piece].availability]++;
    order_[at] = piece;
    records[piece].index = at;
  }
}

void PieceOrder::swap_places(std::uint32_t a, std::uint32_t b, Records& records) {
  if (a == b) return;
  std::swap(order_[a], order_[b]);
  records[order_[a]].index = a;
  records[order_[b]].index = b;
}

// A piece that enters a bucket takes any place in it.
void PieceOrder::mix_in(std::uint32_t place, std::uint32_t first, std::uint32_t end, Records& records,
                        SmallRandom& random) {
  swap_places(place, first + static_cast<std::uint32_t>(random() % (end - first)), records);
}

void PieceOrder::more_available(std::uint32_t piece, Records& records, SmallRandom& random) {
  PieceRecord& p = records[piece];
  const std::uint32_t a = p.availability++;
  while (bucket_.size() < a + 3u) bucket_.push_back(bucket_.back());
  const std::uint32_t last = bucket_[a + 1] - 1;
  swap_places(p.index, last, records);
  --bucket_[a + 1];
  mix_in(last, bucket_[a + 1], bucket_[a + 2], records, random);
}

void PieceOrder::less_available(std::uint32_t piece, Records& records, SmallRandom& random) {
  PieceRecord& p = records[piece];
  assert(p.availability > 0);
  const std::uint32_t a = p.availability--;
  const std::uint32_t first = bucket_[a];
  swap_places(p.index, first, records);
  ++bucket_[a];
  mix_in(first, bucket_[a - 1], bucket_[a], records, random);
}

void PieceOrder::erase(std::uint32_t piece, Records& records) {
  std::uint32_t place = records[piece].index;
  for (std::size_t b = records[piece].availability + 1u; b < bucket_.size(); ++b) {
    swap_places(place, bucket_[b] - 1, records);
    place = --bucket_[b];
  }
  order_.pop_back();
}

void PieceOrder::insert(std::uint32_t piece, Records& records, SmallRandom& random) {
  PieceRecord& p = records[piece];
  while (bucket_.size() < p.availability + 2u) bucket_.push_back(bucket_.back());
  order_.push_back(piece);
  p.index = size() - 1;
  std::uint32_t place = p.index;
  for (std::size_t b = bucket_.size() - 1; b > p.availability; --b) {
    ++bucket_[b];
    if (b > p.availability + 1u) {
      swap_places(place, bucket_[b - 1], records);
      place = bucket_[b - 1];
    }
  }
  mix_in(place, bucket_[p.availability], bucket_[p.availability + 1u], records, random);
}

}  // namespace podswarm::engine
