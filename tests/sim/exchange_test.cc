// How well swarms of honest peers share. Whole swarms in virtual time; times are in times of the ideal, in which the
// seed's uplink sends one copy.
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
  double waste = 0;   // payload that was of no use, of all
};

struct Setup {
  int leeches = 8;
  double seed_up = 1e6;
  double leech_up = 1e6;
  bool upload_scarce = false;
  World::Options world{};
};

Outcome share(Setup setup, std::uint64_t seed) {
  setup.world.seed = seed;
  World world(setup.world);
  Node::Options scarce;
  scarce.upload_scarce = setup.upload_scarce;
  Node& source = world.add_seed({.up_bytes_per_s = setup.seed_up}, scarce);
  std::vector<Node*> leeches;
  for (int i = 0; i < setup.leeches; ++i) leeches.push_back(&world.add({.up_bytes_per_s = setup.leech_up}));
  world.start();
  const double size = static_cast<double>(world.torrent().size());
  const double ideal = size / setup.seed_up;
  EXPECT_TRUE(world.run_until_complete(leeches, std::chrono::seconds(static_cast<int>(ideal * 10) + 60)));
  Outcome outcome;
  outcome.last = world.events().seconds() / ideal;
  outcome.copies = world.copies(source);
  double received = 0;
  for (const Node* leech : leeches) received += static_cast<double>(leech->received());
  outcome.waste = received / (size * setup.leeches) - 1;
  double first = 0;
  for (const Node* leech : leeches) first = std::max(first, leech->first_piece_at());
  std::printf("%d peers, seed %d: %.2f of the ideal, the seed sent %.2f copies, %.1f %% waste, first piece %.2f s\n",
              setup.leeches, static_cast<int>(seed), outcome.last, outcome.copies, outcome.waste * 100, first);
  return outcome;
}

Outcome worst(const Setup& setup, int seeds = 3) {
  Outcome worst;
  for (int seed = 1; seed <= seeds; ++seed) {
    const Outcome one = share(setup, static_cast<std::uint64_t>(seed));
    worst.last = std::max(worst.last, one.last);
    worst.copies = std::max(worst.copies, one.copies);
    worst.waste = std::max(worst.waste, one.waste);
  }
  return worst;
}

TEST(ExchangeTest, EightPeers) {
  worst({});
}
TEST(ExchangeTest, EightPeersScarce) {
  worst({.upload_scarce = true});
}
TEST(ExchangeTest, EightPeersBig) {
  worst({.seed_up = 8e6, .leech_up = 8e6, .world = {.pieces = 512, .piece_length = 256 * 1024}}, 1);
}
TEST(ExchangeTest, ThirtyPeers) {
  worst({.leeches = 30});
}
TEST(ExchangeTest, ThirtyPeersScarce) {
  worst({.leeches = 30, .upload_scarce = true});
}

}  // namespace
}  // namespace podswarm::engine::sim
