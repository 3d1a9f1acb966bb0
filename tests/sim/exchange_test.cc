// How well swarms of honest peers share. Times are in times of the ideal, in which the seed's uplink sends one copy.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/sim/world.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  double last = 0;    // until the last peer was complete, over the ideal
  double copies = 0;  // sent by the seed
  double waste = 0;   // of the payload that came, what was of no use
};

struct Setup {
  int leeches = 8;
  double up_bytes_per_s = 1e6;  // of everybody
  bool upload_scarce = false;
  World::Options world{};
};

Outcome share(Setup setup, std::uint64_t seed) {
  setup.world.seed = seed;
  World world(setup.world);
  Node::Options seed_options;
  seed_options.upload_scarce = setup.upload_scarce;
  const LinkSpeed speed{.up_bytes_per_s = setup.up_bytes_per_s};
  Node& source = world.add_seed(speed, seed_options);
  std::vector<Node*> leeches;
  for (int i = 0; i < setup.leeches; ++i) leeches.push_back(&world.add(speed));
  world.start();
  const double size = static_cast<double>(world.torrent().size());
  const double ideal = size / setup.up_bytes_per_s;
  EXPECT_TRUE(world.run_until_complete(leeches, 300s));
  Outcome outcome;
  outcome.last = world.events().seconds() / ideal;
  outcome.copies = world.copies(source);
  double received = 0;
  for (const Node* leech : leeches) received += static_cast<double>(leech->received());
  outcome.waste = received / (size * setup.leeches) - 1;
  std::printf("%d peers, seed %d: %.2f of the ideal, the seed sent %.2f copies, %.1f %% waste\n", setup.leeches,
              static_cast<int>(seed), outcome.last, outcome.copies, outcome.waste * 100);
  return outcome;
}

// The worst of each figure.
Outcome share(const Setup& setup, std::initializer_list<std::uint64_t> seeds) {
  Outcome worst;
  for (const std::uint64_t seed : seeds) {
    const Outcome one = share(setup, seed);
    worst.last = std::max(worst.last, one.last);
    worst.copies = std::max(worst.copies, one.copies);
    worst.waste = std::max(worst.waste, one.waste);
  }
  return worst;
}

// The shape of a podcast: 128 MiB in pieces of 256 KiB, everybody with 8 MB/s.
TEST(ExchangeTest, EightPeersTakeLittleLongerThanTheSeedNeedsForOneCopy) {
  const Outcome worst = share({.up_bytes_per_s = 8e6, .world = {.pieces = 512, .piece_length = 256 * 1024}}, {1, 2});
  EXPECT_LT(worst.last, 1.18);
  EXPECT_LT(worst.copies, 1.15);
  EXPECT_LT(worst.waste, 0.02);
}

TEST(ExchangeTest, EightPeersShareAFewPiecesToo) {
  const Outcome worst = share({}, {1, 2, 3});
  EXPECT_LT(worst.last, 1.45);
  EXPECT_LT(worst.copies, 1.45);
  EXPECT_LT(worst.waste, 0.03);
}

TEST(ExchangeTest, ASeedThatKnowsItsUplinkToBeNarrowSendsLittleOverOneCopy) {
  const Outcome worst = share({.upload_scarce = true}, {1, 2, 3});
  EXPECT_LT(worst.last, 1.35);
  EXPECT_LT(worst.copies, 1.35);
}

TEST(ExchangeTest, ThirtyPeersShare) {
  const Outcome worst = share({.leeches = 30, .world = {.pieces = 256}}, {1, 2});
  EXPECT_LT(worst.last, 1.5);
  EXPECT_LT(worst.copies, 1.5);
  EXPECT_LT(worst.waste, 0.03);
}

TEST(ExchangeTest, ThirtyPeersShareWhatANarrowSeedSends) {
  const Outcome worst = share({.leeches = 30, .upload_scarce = true, .world = {.pieces = 256}}, {1, 2});
  EXPECT_LT(worst.last, 1.3);
  EXPECT_LT(worst.copies, 1.3);
}

// Each connected to at most fifty others.
TEST(ExchangeTest, AHundredPeersShare) {
  EXPECT_LT(share({.leeches = 100, .world = {.pieces = 64}}, 1).last, 3);
}

TEST(ExchangeTest, ANarrowSeedServesASinglePeerAtItsFullRate) {
  EXPECT_LT(share({.leeches = 1, .upload_scarce = true}, 1).last, 1.2);
}

TEST(ExchangeTest, ALongPathIsFilled) {
  World world({.pieces = 512, .piece_length = 256 * 1024});
  const LinkSpeed far{.up_bytes_per_s = 20e6, .latency = 25ms};
  world.add_seed(far);
  Node& leech = world.add(far);
  world.start();
  ASSERT_TRUE(world.run_until_complete({&leech}, 60s));
  EXPECT_LT(world.events().seconds(), static_cast<double>(world.torrent().size()) / 20e6 * 1.3);
}

TEST(ExchangeTest, TheSameSeedGivesTheSameSwarm) {
  const auto digest = [](std::uint64_t seed) {
    World world({.pieces = 32, .seed = seed});
    world.add_seed({.up_bytes_per_s = 500e3});
    std::vector<Node*> leeches;
    for (int i = 0; i < 6; ++i) leeches.push_back(&world.add({.up_bytes_per_s = 500e3}));
    world.start();
    EXPECT_TRUE(world.run_until_complete(leeches, 120s));
    return world.network().digest();
  };
  EXPECT_EQ(digest(5), digest(5));
  EXPECT_NE(digest(5), digest(6));
}

}  // namespace
}  // namespace podswarm::engine::sim
