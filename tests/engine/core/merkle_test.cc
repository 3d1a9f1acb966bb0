#include "engine/core/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace podswarm::engine {
namespace {

using base::as_bytes;
using base::to_hex;

// The hashes of trees of zeros are well known: other Merkle trees over SHA-256 have them too.
TEST(Merkle, KnowsTheTreesOfAbsentLeaves) {
  EXPECT_EQ(merkle_pad(0), Sha256Hash{});
  EXPECT_EQ(to_hex(merkle_pad(1)), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
  EXPECT_EQ(to_hex(merkle_pad(2)), "db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71");
  EXPECT_EQ(merkle_root({}, 4, {}), merkle_pad(2));
}

Sha256Hash spelt_out(std::vector<Sha256Hash> hashes) {
  while (hashes.size() > 1) {
    std::vector<Sha256Hash> up;
    for (std::size_t i = 0; i < hashes.size(); i += 2) {
      const std::string both = std::string(base::as_text(hashes[i])) + std::string(base::as_text(hashes[i + 1]));
      up.push_back(sha256(as_bytes(both)));
    }
    hashes = up;
  }
  return hashes[0];
}

TEST(Merkle, MissingLeavesCountAsIfTheyWereThere) {
  for (std::size_t count = 1; count <= 17; ++count) {
    std::vector<Sha256Hash> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(sha256(as_bytes(std::to_string(i))));
    for (const std::size_t width : {std::bit_ceil(count), 2 * std::bit_ceil(count), 8 * std::bit_ceil(count)}) {
      std::vector<Sha256Hash> all = leaves;
      all.resize(width);
      EXPECT_EQ(merkle_root(leaves, width, {}), spelt_out(all)) << count << " of " << width;
    }
  }
}

TEST(Merkle, ALayerGivesTheRootOfItsLeaves) {
  std::vector<Sha256Hash> leaves;
  for (int i = 0; i < 11; ++i) leaves.push_back(sha256(as_bytes(std::to_string(i))));
  std::string layer;
  for (std::size_t i = 0; i < leaves.size(); i += 4) {
    const auto first = leaves.begin() + static_cast<std::ptrdiff_t>(i);
    layer += base::as_text(
        merkle_root({first, first + static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, leaves.size() - i))}, 4, {}));
  }
  EXPECT_EQ(merkle_root_of_layer(layer, 4), merkle_root(leaves, 16, {}));
}

TEST(Merkle, TheLastLeafIsShorter) {
  const std::string data(kMerkleLeafSize + 1, 'x');
  const auto leaves = merkle_leaves(as_bytes(data));
  ASSERT_EQ(leaves.size(), 2u);
  EXPECT_EQ(leaves[1], sha256(as_bytes("x")));
  EXPECT_TRUE(merkle_leaves({}).empty());
}

}  // namespace
}  // namespace podswarm::engine
