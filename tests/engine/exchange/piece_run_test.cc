// Runs of adjacent pieces, for sources that are asked for much at once.
#include <gtest/gtest.h>

#include <numeric>

#include "engine/core/piece_picker.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kBlocks = 4;  // of a piece
constexpr PeerKey kSeed = 9;

class PieceRunTest : public testing::Test {
 protected:
  explicit PieceRunTest(std::uint32_t pieces = 20) : all(pieces, true), picker(shape(pieces), 1) {}

  static PiecePicker::Shape shape(std::uint32_t pieces) {
    PiecePicker::Shape made;
    made.piece_count = pieces;
    made.piece_size = [](std::uint32_t) { return kBlocks * kBlockSize; };
    return made;
  }
  [[nodiscard]] PiecePicker::Request request(std::size_t blocks) const {
    PiecePicker::Request made;
    made.peer = kSeed;
    made.pieces = &all;
    made.count = blocks;
    return made;
  }
  std::vector<BlockRef> run(PiecePicker::Request how, std::uint32_t next = 0) {
    std::vector<BlockRef> out;
    picker.pick_run(how, next, out);
    return out;
  }
  std::vector<BlockRef> run(std::size_t blocks, std::uint32_t next = 0) { return run(request(blocks), next); }
  // The run is adjacent blocks from there to there.
  static void expect_blocks(const std::vector<BlockRef>& blocks, std::uint32_t first, std::uint32_t end) {
    ASSERT_EQ(blocks.size(), end - first);
    for (std::uint32_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i], picker_block(first + i)) << "block " << i;
    }
  }
  static BlockRef picker_block(std::uint32_t index) {
    return {index / kBlocks, index % kBlocks * kBlockSize, kBlockSize};
  }

  Bitfield all;
  PiecePicker picker;
};

TEST_F(PieceRunTest, GoesOnWhereTheLastOneEndedAlsoWithinAPiece) {
  expect_blocks(run(10), 0, 10);
  expect_blocks(run(6, 2), 10, 16);
  expect_blocks(run(1000, 4), 16, 80);
  EXPECT_TRUE(run(10, 0).empty());
}

TEST_F(PieceRunTest, FillsTheLongestGap) {
  for (const std::uint32_t piece : {3u, 4u, 11u}) picker.set_have(piece);
  expect_blocks(run(1000, 3), 12 * kBlocks, 20 * kBlocks);
  expect_blocks(run(1000, 19), 5 * kBlocks, 11 * kBlocks);
  expect_blocks(run(1000, 19), 0, 3 * kBlocks);
  EXPECT_TRUE(run(1000).empty());
}

TEST_F(PieceRunTest, LeavesTheFirstHalfOfAGapToWhoWorksBeforeIt) {
  expect_blocks(run(4 * kBlocks), 0, 4 * kBlocks);
  PiecePicker::Request other = request(4 * kBlocks);
  other.peer = kSeed + 1;
  expect_blocks(run(other, 0), 12 * kBlocks, 16 * kBlocks);
}

TEST_F(PieceRunTest, ContainsOnlyWhatItsSourceHas) {
  all.reset(6);
  all.reset(15);
  expect_blocks(run(1000, 6), 7 * kBlocks, 15 * kBlocks);
  expect_blocks(run(1000, 15), 0, 6 * kBlocks);
  expect_blocks(run(1000, 15), 16 * kBlocks, 20 * kBlocks);
  EXPECT_TRUE(run(1000).empty());
}

TEST_F(PieceRunTest, KeepsOutOfPiecesThatAPeerHasToItself) {
  picker.add_peer(all);
  PiecePicker::Request peer = request(1);
  peer.peer = 1;
  std::vector<BlockRef> asked;
  picker.pick(
      peer, [](const BlockRef&) { return false; }, asked);
  ASSERT_EQ(asked.size(), 1u);
  std::vector<BlockRef> mine;
  for (auto more = run(1000); !more.empty(); more = run(1000)) mine.insert(mine.end(), more.begin(), more.end());
  EXPECT_EQ(mine.size(), 19u * kBlocks);
  for (const BlockRef& block : mine) EXPECT_NE(block.piece, asked[0].piece);
  // It has left: what is open of its piece is anybody's.
  picker.abandon(asked[0], 1);
  EXPECT_EQ(run(1000).size(), kBlocks);
}

TEST_F(PieceRunTest, WhatIsGivenBackIsTakenAgainWithoutWhatHasCome) {
  const auto blocks = run(2 * kBlocks);
  EXPECT_EQ(picker.received(blocks[0], kSeed).arrival, PiecePicker::Arrival::kNew);
  EXPECT_EQ(picker.received(blocks[1], kSeed).arrival, PiecePicker::Arrival::kNew);
  for (std::size_t i = 2; i < blocks.size(); ++i) picker.abandon(blocks[i], kSeed);
  expect_blocks(run(1000), 2, 20 * kBlocks);
}

TEST_F(PieceRunTest, ASuspectSharesNoPiece) {
  const auto blocks = run(kBlocks);
  EXPECT_EQ(picker.received(blocks[0], kSeed).arrival, PiecePicker::Arrival::kNew);
  for (std::size_t i = 1; i < blocks.size(); ++i) picker.abandon(blocks[i], kSeed);
  PiecePicker::Request suspect = request(2 * kBlocks);
  suspect.peer = kSeed + 1;
  suspect.exclusive = true;
  expect_blocks(run(suspect), kBlocks, 3 * kBlocks);
}

}  // namespace
}  // namespace podswarm::engine
