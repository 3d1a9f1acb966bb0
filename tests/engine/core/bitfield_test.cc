#include "engine/core/bitfield.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

TEST(Bitfield, PieceZeroIsTheHighestBit) {
  Bitfield bits(10);
  EXPECT_TRUE(bits.set(0));
  EXPECT_TRUE(bits.set(9));
  EXPECT_FALSE(bits.set(9));
  EXPECT_EQ(base::Bytes(bits.bytes().begin(), bits.bytes().end()), (base::Bytes{0x80, 0x40}));
  EXPECT_EQ(bits.count(), 2u);
  EXPECT_TRUE(bits.reset(0));
  EXPECT_FALSE(bits.reset(0));
  EXPECT_EQ(bits.count(), 1u);
}

TEST(Bitfield, SpareBitsAreZeroWhenFull) {
  for (std::uint32_t size = 0; size < 20; ++size) {
    const Bitfield full(size, true);
    EXPECT_TRUE(full.all());
    EXPECT_EQ(full.count(), size);
    const auto back = Bitfield::from_wire(full.bytes(), size);
    ASSERT_TRUE(back) << size;
    EXPECT_EQ(*back, full);
    EXPECT_EQ(back->count(), size);
  }
}

TEST(Bitfield, RefusesAWrongLengthAndSpareBits) {
  EXPECT_FALSE(Bitfield::from_wire(base::Bytes{0xFF}, 9));
  EXPECT_FALSE(Bitfield::from_wire(base::Bytes{0xFF, 0, 0}, 9));
  EXPECT_FALSE(Bitfield::from_wire(base::Bytes{0xFF, 0x40}, 9));
  EXPECT_TRUE(Bitfield::from_wire(base::Bytes{0xFF, 0x80}, 9));
  EXPECT_TRUE(Bitfield::from_wire({}, 0));
}

TEST(Bitfield, FindsTheNext) {
  Bitfield bits(30);
  bits.set(3);
  bits.set(17);
  EXPECT_EQ(bits.next_set(0), 3u);
  EXPECT_EQ(bits.next_set(3), 3u);
  EXPECT_EQ(bits.next_set(4), 17u);
  EXPECT_EQ(bits.next_set(18), 30u);
  EXPECT_EQ(bits.next_clear(3), 4u);
  bits.set_all();
  EXPECT_EQ(bits.next_clear(0), 30u);
  EXPECT_EQ(bits.next_set(29), 29u);
  EXPECT_EQ(bits.next_set(30), 30u);
  bits.reset(29);
  EXPECT_EQ(bits.next_clear(0), 29u);
  EXPECT_EQ(Bitfield().next_set(0), 0u);
}

}  // namespace
}  // namespace podswarm::engine
