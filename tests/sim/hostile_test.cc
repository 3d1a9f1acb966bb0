// Swarms with peers that lie, corrupt, stall or take without giving.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/sim/hostile_swarm.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;
using Answer = Node::Options::Answer;

class CorruptionTest : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, CorruptionTest, testing::Values(1, 2, 3));

TEST_P(CorruptionTest, AFifthOfThePeersCorruptsAndIsBanned) {
  HostileSwarm swarm({.pieces = 640, .seed = GetParam()}, 12);
  swarm.add_hostile(3, [](SmallRandom&) { return Answer::kCorrupt; });
  ASSERT_TRUE(swarm.run(300s));
  swarm.report("3 of 15 corrupt");
  for (const Node* bad : swarm.hostile) EXPECT_TRUE(swarm.is_banned_by_all(*bad));
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.02);
}

TEST_P(CorruptionTest, OneBadBlockInAHundredIsEnough) {
  HostileSwarm swarm({.pieces = 640, .seed = GetParam()}, 8);
  swarm.add_hostile(2, [](SmallRandom& random) { return random() % 100 == 0 ? Answer::kCorrupt : Answer::kServe; });
  ASSERT_TRUE(swarm.run(300s));
  swarm.report("2 of 10 corrupt one block in 100");
  EXPECT_EQ(swarm.honest_bans(), 0);
  // Most of it is of a long end game, in which three seeds are asked for what nobody else has.
  EXPECT_LT(swarm.waste(), 0.03);
}

TEST_P(CorruptionTest, CorruptersOfOneNetworkCostLittleEach) {
  HostileSwarm swarm({.pieces = 640, .seed = GetParam()}, 8);
  for (int i = 0; i < 6; ++i) {
    Node::Options options;
    options.endpoint = Endpoint::v4({30, 1, 1, static_cast<std::uint8_t>(10 + i)}, 6881);
    options.answer = [](const BlockRef&, const PeerCore&) { return Answer::kCorrupt; };
    swarm.hostile.push_back(&swarm.world.add_seed(HostileSwarm::kSpeed, options));
  }
  Node::Options neighbour;
  neighbour.endpoint = Endpoint::v4({30, 1, 1, 200}, 6881);
  swarm.honest.push_back(&swarm.world.add(HostileSwarm::kSpeed, neighbour));
  ASSERT_TRUE(swarm.run(300s));
  swarm.report("6 of one network corrupt, a neighbour is honest");
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.02);
}

// ---- peers that take and do not give ----

class TakingTest : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, TakingTest, testing::Values(1, 2));

// It unchokes nobody, and knows many that could give to it. Their uplinks are what limits the swarm; they are slow, so
// that there are many rounds of choking.
TEST_P(TakingTest, AFreeRiderIsServedLaterAndCostsLittle) {
  constexpr std::uint32_t kPieces = 160;
  constexpr LinkSpeed kSlow{.up_bytes_per_s = 150e3};
  struct Result {
    double honest = 0;
    double rider = 0;
    std::ptrdiff_t later = 0;  // honest ones that were complete after it
  };
  const auto run = [&](bool with_rider) {
    World world({.pieces = kPieces, .seed = GetParam()});
    world.add_seed({.up_bytes_per_s = 4 * kSlow.up_bytes_per_s});
    std::vector<Node*> honest;
    for (int i = 0; i < 20; ++i) honest.push_back(&world.add(kSlow));
    Node::Options giving_nothing;
    giving_nothing.upload_slots = 0;
    Node* rider = with_rider ? &world.add(kSlow, giving_nothing) : nullptr;
    world.start();
    EXPECT_TRUE(world.run_until_complete(honest, 900s));
    Result result;
    result.honest = mean_end(honest);
    if (rider == nullptr) return result;
    EXPECT_TRUE(world.run_until_complete({rider}, 900s));
    result.rider = rider->completed_at();
    result.later = std::count_if(honest.begin(), honest.end(),
                                 [&](const Node* node) { return node->completed_at() > result.rider; });
    return result;
  };
  const Result alone = run(false);
  const Result with = run(true);
  std::printf("honest peers take %.1f s alone, %.1f s with a free-rider; it takes %.1f s, %d of 20 are later\n",
              alone.honest, with.honest, with.rider, static_cast<int>(with.later));
  EXPECT_GT(with.rider, with.honest);
  EXPECT_LT(with.honest, alone.honest * 1.05);
}

// ---- peers that do not answer as they should ----

class MisbehaviourTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  // Honest peers finish within `most` of the time that they need alone, with little waste and no ban.
  void expect_no_harm(const char* what, const std::function<Answer(SmallRandom&)>& answer, double most, double waste) {
    HostileSwarm alone({.pieces = 320, .seed = GetParam()}, 8);
    ASSERT_TRUE(alone.run(300s));
    HostileSwarm swarm({.pieces = 320, .seed = GetParam()}, 8);
    swarm.add_hostile(3, answer);
    ASSERT_TRUE(swarm.run(600s));
    swarm.report(what);
    EXPECT_LT(mean_end(swarm.honest), mean_end(alone.honest) * most);
    EXPECT_EQ(swarm.honest_bans(), 0);
    EXPECT_LT(swarm.waste(), waste);
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, MisbehaviourTest, testing::Values(1, 2));

TEST_P(MisbehaviourTest, PeersThatTakeRequestsAndSendNothing) {
  expect_no_harm(
      "3 of 12 stall", [](SmallRandom&) { return Answer::kIgnore; }, 2.5, 0.08);
}

TEST_P(MisbehaviourTest, PeersThatRejectEverything) {
  expect_no_harm(
      "3 of 12 reject", [](SmallRandom&) { return Answer::kReject; }, 1.5, 0.05);
}

TEST_P(MisbehaviourTest, PeersThatRejectAtRandom) {
  expect_no_harm(
      "3 of 12 reject half", [](SmallRandom& random) { return random() % 2 == 0 ? Answer::kReject : Answer::kServe; },
      1.5, 0.1);
}

TEST_P(MisbehaviourTest, PeersThatSendEveryBlockTwice) {
  expect_no_harm(
      "3 of 12 send all twice", [](SmallRandom&) { return Answer::kTwice; }, 1.5, 0.2);
}

}  // namespace
}  // namespace podswarm::engine::sim
