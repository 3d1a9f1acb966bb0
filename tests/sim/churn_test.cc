// Swarms whose peers come and go.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/world.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;

constexpr LinkSpeed kSpeed{.up_bytes_per_s = 1e6};

class ChurnTest : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ChurnTest, testing::Values(1, 2, 3));

TEST_P(ChurnTest, ASeedThatLeavesAfterOneCopyLeavesEnough) {
  World world({.seed = GetParam()});
  Node& seed = world.add_seed(kSpeed);
  std::vector<Node*> leeches;
  for (int i = 0; i < 10; ++i) leeches.push_back(&world.add(kSpeed));
  world.start();
  const auto everything_is_out = [&] {
    for (std::uint32_t piece = 0; piece < world.torrent().layout().piece_count(); ++piece) {
      const auto has = [&](const Node* node) { return node->swarm().have().test(piece); };
      if (std::none_of(leeches.begin(), leeches.end(), has)) return false;
    }
    return true;
  };
  ASSERT_TRUE(world.run_until(everything_is_out, 120s));
  std::printf("the seed leaves after %.2f copies\n", world.copies(seed));
  seed.leave();
  EXPECT_TRUE(world.run_until_complete(leeches, 120s));
}

TEST_P(ChurnTest, OneCopyInManyHandsIsEnough) {
  World world({.seed = GetParam()});
  std::vector<Node*> peers;
  constexpr std::uint32_t kPeers = 8;
  for (std::uint32_t i = 0; i < kPeers; ++i) {
    Node::Options options;
    options.have = Bitfield(world.torrent().layout().piece_count());
    for (std::uint32_t piece = i; piece < options.have->size(); piece += kPeers) options.have->set(piece);
    peers.push_back(&world.add(kSpeed, options));
  }
  world.start();
  ASSERT_TRUE(world.run_until_complete(peers, 120s));
  const double ideal = static_cast<double>(world.torrent().size()) * (kPeers - 1) / kPeers / kSpeed.up_bytes_per_s;
  std::printf("%.2f of the ideal\n", world.events().seconds() / ideal);
  EXPECT_LT(world.events().seconds(), ideal * 1.5);
}

TEST_P(ChurnTest, BrokenConnectionsCostLittle) {
  World world({.pieces = 256, .seed = GetParam()});
  world.add_seed(kSpeed);
  std::vector<Node*> leeches;
  for (int i = 0; i < 8; ++i) leeches.push_back(&world.add(kSpeed));
  world.start();
  for (int second = 0; second < 12; ++second) {
    world.run_for(1s);
    leeches[world.random()() % leeches.size()]->host().break_connections();
  }
  ASSERT_TRUE(world.run_until_complete(leeches, 300s));
  double received = 0;
  for (const Node* leech : leeches) received += static_cast<double>(leech->received());
  const double waste = 1 - static_cast<double>(world.torrent().size()) * 8 / received;
  std::printf("complete after %.1f s, %.2f %% waste\n", world.events().seconds(), waste * 100);
  EXPECT_LT(world.events().seconds(), 60);
  EXPECT_LT(waste, 0.1);
}

TEST_P(ChurnTest, WhoComesLateAndWhoLeavesEarlyDoNotHarmTheOthers) {
  World world({.pieces = 256, .seed = GetParam()});
  world.add_seed(kSpeed);
  std::vector<Node*> staying;
  for (int i = 0; i < 6; ++i) staying.push_back(&world.add(kSpeed));
  world.start();
  std::vector<Node*> passing;
  for (int i = 0; i < 10; ++i) {
    passing.push_back(&world.add(kSpeed));
    world.start();
    world.run_for(2s);
    if (passing.size() >= 3) passing[passing.size() - 3]->leave();
  }
  ASSERT_TRUE(world.run_until_complete(staying, 300s));
  std::printf("complete after %.1f s\n", world.events().seconds());
  EXPECT_LT(world.events().seconds(), 60);
}

}  // namespace
}  // namespace podswarm::engine::sim
