// Whole swarms in virtual time.
#include "tests/engine/sim/swarm_sim.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  double over_ideal = 0;  // the time, in times of the seed's uplink for one copy
  double copies = 0;      // sent by the seed
};

Outcome one_seed_and(int leeches, SwarmSim::Options options) {
  SwarmSim sim(options);
  sim.add(true, 1e6);
  for (int i = 0; i < leeches; ++i) sim.add(false, 1e6);
  sim.connect_all();
  EXPECT_TRUE(sim.run(120s));
  const Outcome outcome{sim.seconds() * 1e6 / static_cast<double>(sim.size()),
                        static_cast<double>(sim.nodes()[0]->sent()) / static_cast<double>(sim.size())};
  std::printf("%d peers: %.2f times the ideal, the seed sent %.2f copies\n", leeches, outcome.over_ideal,
              outcome.copies);
  return outcome;
}

TEST(SwarmSimTest, OneSeedAndThirtyPeersFinish) {
  const Outcome outcome = one_seed_and(30, {.pieces = 128});
  EXPECT_LT(outcome.over_ideal, 1.9);
  EXPECT_LT(outcome.copies, 1.8);
}

TEST(SwarmSimTest, ANarrowSeedSendsLittleOverOneCopy) {
  const Outcome outcome = one_seed_and(8, {.pieces = 128, .super_seed = true});
  EXPECT_LT(outcome.over_ideal, 1.25);
  EXPECT_LT(outcome.copies, 1.25);
}

TEST(SwarmSimTest, ANarrowSeedServesASinglePeerAtItsFullRate) {
  EXPECT_LT(one_seed_and(1, {.pieces = 256, .latency = 100ms, .super_seed = true}).over_ideal, 1.15);
}

TEST(SwarmSimTest, TheSameSeedGivesTheSameSwarm) {
  const auto seconds = [](std::uint64_t seed) {
    SwarmSim sim({.pieces = 32, .seed = seed});
    sim.add(true, 500e3);
    for (int i = 0; i < 6; ++i) sim.add(false, 500e3);
    sim.connect_all();
    EXPECT_TRUE(sim.run(120s));
    return sim.seconds();
  };
  EXPECT_EQ(seconds(5), seconds(5));
}

TEST(SwarmSimTest, ALinkOfHighLatencyIsFilled) {
  SwarmSim sim({.pieces = 256, .piece_length = 256 * 1024, .latency = 100ms});
  sim.add(true, 20e6);
  sim.add(false, 1e6);
  sim.connect_all();
  ASSERT_TRUE(sim.run(60s));
  EXPECT_LT(sim.seconds(), static_cast<double>(sim.size()) / 20e6 * 1.3);
}

TEST(SwarmSimTest, ASenderOfBadPiecesIsBannedAndTheOthersFinish) {
  SwarmSim sim({.pieces = 32});
  sim.add(true, 500e3);
  auto& bad = sim.add(true, 500e3, true);
  auto& victim = sim.add(false, 500e3);
  sim.connect_all();
  ASSERT_TRUE(sim.run(120s));
  EXPECT_TRUE(victim.banned().contains(bad.endpoint()));
  EXPECT_TRUE(victim.complete());
}

TEST(SwarmSimTest, MorePeersThanSlotsAllGetTheirTurn) {
  SwarmSim sim({.pieces = 16});
  sim.add(true, 2e6);
  for (int i = 0; i < 24; ++i) {
    auto& leech = sim.add(false, 1);  // gives nothing worth the name
    sim.connect(leech, *sim.nodes()[0]);
  }
  EXPECT_TRUE(sim.run(900s));
}

}  // namespace
}  // namespace podswarm::engine
