// Whole swarms in virtual time.
#include "tests/engine/sim/swarm_sim.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

TEST(SwarmSimTest, OneSeedAndThirtyPeersFinishNearTheIdeal) {
  SwarmSim sim({.pieces = 128, .piece_length = 64 * 1024});
  sim.add(true, 1e6);
  for (int i = 0; i < 30; ++i) sim.add(false, 1e6);
  sim.connect_all();
  ASSERT_TRUE(sim.run(120s));
  const double ideal = static_cast<double>(sim.size()) / 1e6;  // the seed's uplink for one copy
  const double copies = static_cast<double>(sim.nodes()[0]->sent()) / static_cast<double>(sim.size());
  std::printf("%.1f s, ideal %.1f s, seed sent %.2f copies\n", sim.seconds(), ideal, copies);
  EXPECT_LT(sim.seconds(), ideal * 2);
  EXPECT_LT(copies, 1.5);
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
