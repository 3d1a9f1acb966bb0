#include "engine/core/block_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace podswarm::engine
