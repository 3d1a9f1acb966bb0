#include "engine/core/block_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace podswarm::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Endpoint peer(std::uint8_t n) {
  return Endpoint::v4({10, 0, 0, n}, 6881);
}

Sha1Hash digest(std::uint8_t n) {
  Sha1Hash made{};
  made[0] = n;
  return made;
}

TEST(BlockEvidenceTest, WhoseBlockDiffersIsGuiltyAndTheOthersAreNot) {
  BlockEvidence evidence;
  evidence.failed(7, {{peer(1), digest(1)}, {peer(2), digest(99)}, {peer(3), digest(3)}});
  EXPECT_TRUE(evidence.knows(7));
  const std::vector<Sha1Hash> good{digest(1), digest(2), digest(3)};
  const auto verdict = evidence.passed(7, good);
  EXPECT_THAT(verdict.guilty, ElementsAre(peer(2)));
  EXPECT_THAT(verdict.acquitted, UnorderedElementsAre(peer(1), peer(3)));
  EXPECT_FALSE(evidence.knows(7));
}

TEST(BlockEvidenceTest, AGoodBlockDoesNotMakeUpForABadOne) {
  BlockEvidence evidence;
  evidence.failed(7, {{peer(1), digest(1)}, {peer(1), digest(99)}});
  const std::vector<Sha1Hash> good{digest(1), digest(2)};
  const auto verdict = evidence.passed(7, good);
  EXPECT_THAT(verdict.guilty, ElementsAre(peer(1)));
  EXPECT_THAT(verdict.acquitted, IsEmpty());
}

TEST(BlockEvidenceTest, WhoIsInDoubtElsewhereIsNotAcquittedYet) {
  BlockEvidence evidence;
  evidence.failed(7, {{peer(1), digest(1)}, {peer(2), digest(99)}});
  evidence.failed(8, {{peer(1), digest(1)}, {peer(3), digest(99)}});
  const std::vector<Sha1Hash> good{digest(1), digest(2)};
  EXPECT_THAT(evidence.passed(7, good).acquitted, IsEmpty());
  EXPECT_THAT(evidence.passed(8, good).acquitted, ElementsAre(peer(1)));
}

TEST(BlockEvidenceTest, EveryFailureOfThePieceCounts) {
  BlockEvidence evidence;
  evidence.failed(7, {{peer(1), digest(98)}, {peer(2), digest(2)}});
  evidence.failed(7, {{peer(1), digest(1)}, {peer(2), digest(99)}});
  const std::vector<Sha1Hash> good{digest(1), digest(2)};
  EXPECT_THAT(evidence.passed(7, good).guilty, UnorderedElementsAre(peer(1), peer(2)));
}

TEST(BlockEvidenceTest, TheOldestFailuresAreForgotten) {
  BlockEvidence evidence;
  for (std::uint32_t piece = 0; piece <= BlockEvidence::kMost; ++piece) evidence.failed(piece, {{peer(1), digest(1)}});
  EXPECT_FALSE(evidence.knows(0));
  EXPECT_TRUE(evidence.knows(1));
}

TEST(BlockEvidenceTest, ItIsBoundedByBlocksAndTheLatestFailureStays) {
  BlockEvidence evidence;
  const std::vector<BlockEvidence::Block> large(BlockEvidence::kMostBlocks / 2, {peer(1), digest(1)});
  for (std::uint32_t piece = 0; piece < 5; ++piece) evidence.failed(piece, large);
  EXPECT_EQ(evidence.blocks(), BlockEvidence::kMostBlocks);
  EXPECT_FALSE(evidence.knows(2));
  EXPECT_TRUE(evidence.knows(3));
  EXPECT_TRUE(evidence.knows(4));
  evidence.failed(9, std::vector<BlockEvidence::Block>(BlockEvidence::kMostBlocks + 1, {peer(2), digest(1)}));
  EXPECT_TRUE(evidence.knows(9));
  EXPECT_FALSE(evidence.knows(4));
  (void)evidence.passed(9, std::vector<Sha1Hash>(BlockEvidence::kMostBlocks + 1, digest(1)));
  EXPECT_EQ(evidence.blocks(), 0u);
}

// 200 senders of one piece, all of whom took part in 60 others: looked at each with each, that is hundreds of millions
// of steps.
TEST(BlockEvidenceTest, ManySendersOfLargePiecesAreJudgedQuickly) {
  BlockEvidence evidence;
  std::vector<BlockEvidence::Block> blocks;
  for (int i = 0; i < 1024; ++i) blocks.push_back({peer(static_cast<std::uint8_t>(i % 200)), digest(1)});
  for (std::uint32_t piece = 0; piece < 60; ++piece) evidence.failed(piece, blocks);
  const std::vector<Sha1Hash> good(blocks.size(), digest(1));
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t piece = 0; piece < 60; ++piece) {
    const auto verdict = evidence.passed(piece, good);
    EXPECT_EQ(verdict.acquitted.size(), piece == 59 ? 200u : 0u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace podswarm::engine
