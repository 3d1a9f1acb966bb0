#include "engine/core/choker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const base::SteadyTime kStart{1'000'000s};
constexpr std::uint64_t kPiece = 1 << 20;

std::vector<Choker::Peer> interested(std::size_t count) {
  std::vector<Choker::Peer> peers;
  for (std::uint32_t i = 1; i <= count; ++i) {
    Choker::Peer peer;
    peer.id = i;
    peer.interested = true;
    peers.push_back(peer);
  }
  return peers;
}

TEST(ChokerTest, EverybodyFitsWhileThereAreSlots) {
  Choker choker(4);
  SmallRandom random(1);
  auto peers = interested(4);
  peers.push_back({.id = 5});                                           // not interested
  peers.push_back({.id = 6, .interested = true, .upload_only = true});  // never wants anything
  EXPECT_THAT(choker.round(peers, false, kPiece, kStart, random), UnorderedElementsAre(1, 2, 3, 4));
}

TEST(ChokerTest, ALeechGivesToThoseWhoGaveMost) {
  Choker choker(4);
  SmallRandom random(1);
  auto peers = interested(10);
  for (auto& peer : peers) peer.rate_from = peer.id * 1000.0;
  const auto chosen = choker.round(peers, false, kPiece, kStart, random);
  EXPECT_THAT(chosen, SizeIs(4));
  EXPECT_THAT(chosen, Contains(10));
  EXPECT_THAT(chosen, Contains(9));
  EXPECT_THAT(chosen, Contains(8));
}

TEST(ChokerTest, TheOptimisticSlotFindsEverybodyInTime) {
  Choker choker(3);
  SmallRandom random(1);
  std::set<std::uint32_t> seen;
  base::SteadyTime now = kStart;
  auto peers = interested(8);
  for (auto& peer : peers) peer.rate_from = peer.id * 1000.0;
  for (int round = 0; round < 300; ++round, now += Choker::kRound) {
    const auto chosen = choker.round(peers, false, kPiece, now, random);
    for (auto& peer : peers) peer.unchoked = std::find(chosen.begin(), chosen.end(), peer.id) != chosen.end();
    seen.insert(chosen.begin(), chosen.end());
  }
  EXPECT_THAT(seen, SizeIs(8));
}

TEST(ChokerTest, TheOptimisticOneStaysForThreeRounds) {
  Choker choker(2);
  SmallRandom random(1);
  auto peers = interested(8);
  peers[0].rate_from = 1e6;
  const auto first = choker.round(peers, false, kPiece, kStart, random);
  for (auto& peer : peers) peer.unchoked = std::find(first.begin(), first.end(), peer.id) != first.end();
  EXPECT_EQ(choker.round(peers, false, kPiece, kStart + 10s, random), first);
  EXPECT_EQ(choker.round(peers, false, kPiece, kStart + 20s, random), first);
  EXPECT_NE(choker.round(peers, false, kPiece, kStart + 30s, random), first);
}

TEST(ChokerTest, ALeechWithOneSlotFindsEverybodyInTimeAndGivesTheBestItsShare) {
  Choker choker(1);
  SmallRandom random(1);
  std::set<std::uint32_t> seen;
  int best = 0;
  auto peers = interested(8);
  for (auto& peer : peers) peer.rate_from = peer.id * 1000.0;
  base::SteadyTime now = kStart;
  for (int round = 0; round < 300; ++round, now += Choker::kRound) {
    const auto chosen = choker.round(peers, false, kPiece, now, random);
    ASSERT_THAT(chosen, SizeIs(1));
    for (auto& peer : peers) peer.unchoked = peer.id == chosen[0];
    seen.insert(chosen[0]);
    best += chosen[0] == 8;
  }
  EXPECT_THAT(seen, SizeIs(8));
  EXPECT_GE(best, 150);
}

TEST(ChokerTest, WhoeverWasOptimisticBeforeThereWasRoomForAllIsNotSoAfterwards) {
  Choker choker(2);
  SmallRandom random(1);
  auto peers = interested(3);
  for (auto& peer : peers) peer.rate_from = peer.id * 1000.0;
  const auto first = choker.round(peers, false, kPiece, kStart, random);
  const std::uint32_t optimistic = first[0] == 3 ? first[1] : first[0];
  const std::uint32_t other = 3 - optimistic;
  // The third goes, and comes back before the draw would be over.
  auto two = peers;
  std::erase_if(two, [&](const Choker::Peer& peer) { return peer.id == other; });
  EXPECT_THAT(choker.round(two, false, kPiece, kStart + 10s, random), SizeIs(2));
  for (auto& peer : peers) peer.unchoked = peer.id != other;
  EXPECT_THAT(choker.round(peers, false, kPiece, kStart + 20s, random), Contains(other)) << "drawn anew";
}

TEST(ChokerTest, WhereOneIsTooManyItIsTheOneThatGivesLeastButNotTheOptimisticOne) {
  Choker choker(4);
  SmallRandom random(1);
  auto peers = interested(8);
  for (auto& peer : peers) peer.rate_from = peer.id * 1000.0;
  const auto chosen = choker.round(peers, false, kPiece, kStart, random);  // 6, 7, 8 and an optimistic one
  for (auto& peer : peers) peer.unchoked = std::find(chosen.begin(), chosen.end(), peer.id) != chosen.end();
  EXPECT_EQ(choker.one_too_many(peers), 6u);
  peers[7].rate_from = 1;
  EXPECT_EQ(choker.one_too_many(peers), 8u);
}

TEST(ChokerTest, ASnubbingPeerRanksLast) {
  Choker choker(1);
  SmallRandom random(1);
  auto peers = interested(3);
  for (auto& peer : peers) peer.rate_from = 100;
  peers[1].rate_from = 1e6;
  peers[1].snubbed = true;
  EXPECT_THAT(choker.round(peers, false, kPiece, kStart, random), Not(Contains(2)));
}

TEST(ChokerTest, ASeedsSlotGoesOnAfterItsShare) {
  Choker choker(1);
  SmallRandom random(1);
  auto peers = interested(2);
  peers[0].unchoked = true;
  peers[0].unchoked_at = kStart;
  peers[0].sent_since_unchoke = 5 * kPiece;
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + 70s, random), UnorderedElementsAre(1));
  peers[0].sent_since_unchoke = 20 * kPiece;
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + 30s, random), UnorderedElementsAre(1));
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + 70s, random), UnorderedElementsAre(2));
}

TEST(ChokerTest, AmongThoseThatWaitForASeedWhoHasWaitedLongestComesFirst) {
  Choker choker(1);
  SmallRandom random(1);
  auto peers = interested(4);
  peers[0].unchoked = true;
  peers[0].unchoked_at = kStart;
  peers[0].sent_since_unchoke = 20 * kPiece;
  peers[1].choked_at = kStart - 10s;  // had a turn long ago
  peers[1].unchoked_at = kStart - 300s;
  peers[2].choked_at = kStart - 50s;  // likewise
  peers[2].unchoked_at = kStart - 200s;
  peers[3].choked_at = kStart + 1s;  // never had one, and has only just come
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + 70s, random), UnorderedElementsAre(3));
}

TEST(ChokerTest, ATurnEndsHoweverLittleWasTaken) {
  Choker choker(1);
  SmallRandom random(1);
  auto peers = interested(2);
  peers[0].unchoked = true;
  peers[0].unchoked_at = kStart;
  peers[0].sent_since_unchoke = 1;
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + Choker::kSeedTurn - 1s, random), UnorderedElementsAre(1));
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + Choker::kSeedTurn, random), UnorderedElementsAre(2));
}

TEST(ChokerTest, WhoAsksForNothingLosesItsTurnSoon) {
  Choker choker(1);
  SmallRandom random(1);
  auto peers = interested(2);
  peers[0].unchoked = true;
  peers[0].unchoked_at = kStart;
  peers[0].idle = true;
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + 10s, random), UnorderedElementsAre(1));
  EXPECT_THAT(choker.round(peers, true, kPiece, kStart + Choker::kIdleTurn, random), UnorderedElementsAre(2));
}

// A faster one that came by an optimistic slot does not cut it short.
TEST(ChokerTest, ATurnIsKeptToItsEnd) {
  Choker choker(2);
  SmallRandom random(1);
  auto peers = interested(6);
  peers[4].unchoked = true;
  peers[4].unchoked_at = kStart;
  peers[4].rate_to = 1;
  peers[5].unchoked = true;
  peers[5].unchoked_at = kStart + 10s;
  peers[5].rate_to = 1e9;
  for (auto now = kStart + 20s; now < kStart + Choker::kSeedTurn; now += Choker::kRound) {
    EXPECT_THAT(choker.round(peers, true, kPiece, now, random), Contains(5u));
  }
}

}  // namespace
}  // namespace podswarm::engine
