// Swarms with peers that lie, corrupt, stall or take without giving.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/sim/world.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;
using Answer = Node::Options::Answer;

constexpr LinkSpeed kSpeed{.up_bytes_per_s = 2e6};

// A swarm of a seed, honest peers, and others that seem to be seeds.
class HostileSwarm {
 public:
  HostileSwarm(World::Options options, int count) : world(options) {
    seed = &world.add_seed(kSpeed);
    for (int i = 0; i < count; ++i) honest.push_back(&world.add(kSpeed));
  }
  void add_hostile(int count, const std::function<Answer(SmallRandom&)>& answer) {
    for (int i = 0; i < count; ++i) {
      Node::Options options;
      options.answer = [this, answer](const BlockRef&, const PeerCore&) { return answer(world.random()); };
      hostile.push_back(&world.add_seed(kSpeed, options));
    }
  }
  [[nodiscard]] bool run(std::chrono::seconds most) {
    world.start();
    return world.run_until_complete(honest, most);
  }
  [[nodiscard]] double waste() const {
    double received = 0;
    for (const Node* node : honest) received += static_cast<double>(node->received());
    return 1 - static_cast<double>(world.torrent().size()) * static_cast<double>(honest.size()) / received;
  }
  [[nodiscard]] bool is_banned_by_all(const Node& bad) const {
    return std::all_of(honest.begin(), honest.end(), [&](const Node* node) { return has_banned(*node, bad); });
  }
  [[nodiscard]] int honest_bans() const {
    int bans = 0;
    for (const Node* node : honest) {
      bans += has_banned(*node, *seed);
      for (const Node* other : honest) bans += has_banned(*node, *other);
    }
    return bans;
  }
  // Bans go by address, whatever the port.
  static bool has_banned(const Node& node, const Node& other) {
    return std::any_of(node.banned().begin(), node.banned().end(),
                       [&](const Endpoint& banned) { return banned.address == other.endpoint().address; });
  }
  void report(const char* what) const {
    double first = 0;
    std::size_t banned = 0;
    for (const Node* bad : hostile) banned += is_banned_by_all(*bad);
    for (const Node* node : honest) first = std::max(first, node->completed_at());
    std::printf("%s: %.1f s, %.2f %% waste, %zu of %zu banned by all, %d honest bans\n", what, first, waste() * 100,
                banned, hostile.size(), honest_bans());
  }

  World world;
  Node* seed = nullptr;
  std::vector<Node*> honest;
  std::vector<Node*> hostile;
};

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
  EXPECT_LT(swarm.waste(), 0.02);
}

}  // namespace
}  // namespace podswarm::engine::sim
