// The exchange's last blocks, by script: whatever peers do or leave undone, one that gives is asked for what is
// missing.
#include <gtest/gtest.h>

#include "tests/engine/exchange/scripted_swarm.h"

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
using Kind = WireEvent::Kind;
using Peer = ScriptedSwarm::Peer;

Peer& seed(ScriptedSwarm& swarm, const char* address) {
  Peer& peer = swarm.connect(address);
  peer.handshake();
  peer.has(swarm.all());
  peer.say(encode_plain(WireId::kUnchoke));
  return peer;
}

std::vector<BlockRef> asked(Peer& peer) {
  std::vector<BlockRef> blocks;
  for (const SentMessage& message : peer.heard(Kind::kRequest)) blocks.push_back(message.block);
  return blocks;
}

TEST(SwarmEndingTest, ABlockThatBrokeOffHalfwayIsAskedOfOthers) {
  ScriptedSwarm swarm(1);
  swarm->set_have(swarm.pieces({}), swarm.now);
  Peer& leaving = seed(swarm, "80.4.4.1");
  const std::vector<BlockRef> blocks = asked(leaving);
  ASSERT_EQ(blocks.size(), 2u);
  leaving.say(encode_piece_header(blocks[0]));
  leaving.say(base::Bytes(100, 'x'));
  swarm.disconnect(leaving);
  EXPECT_EQ(asked(seed(swarm, "80.4.4.2")).size(), 2u);
}

TEST(SwarmEndingTest, ABlockThatStaysHalfIsAskedOfOthers) {
  ScriptedSwarm swarm(1);
  swarm->set_have(swarm.pieces({}), swarm.now);
  Peer& first = seed(swarm, "80.4.4.1");
  const std::vector<BlockRef> blocks = asked(first);
  first.give(blocks.at(0));
  std::vector<Peer*> stalling{&first, &seed(swarm, "80.4.5.1"), &seed(swarm, "80.4.6.1")};
  for (Peer* peer : stalling) {
    peer->say(encode_piece_header(blocks.at(1)));
    peer->say(base::Bytes(100, 'x'));
  }
  swarm.wait(PeerCore::kSnubAfter + 2s);
  EXPECT_EQ(asked(seed(swarm, "80.4.7.1")), std::vector{blocks.at(1)});
}

TEST(SwarmEndingTest, PeersThatDoNotAnswerDoNotKeepOthersFromTheLastBlock) {
  ScriptedSwarm swarm(1);
  swarm->set_have(swarm.pieces({}), swarm.now);
  Peer& first = seed(swarm, "80.4.4.1");
  first.give(asked(first).at(0));
  for (const char* address : {"80.4.5.1", "80.4.6.1"}) seed(swarm, address);
  Peer& honest = seed(swarm, "80.4.7.1");
  for (int i = 0; i < 5; ++i) {
    swarm.wait(PeerCore::kSnubAfter);
    for (const char* address : {"80.4.5.2", "80.4.6.2"}) seed(swarm, address);
  }
  EXPECT_EQ(asked(honest).size(), 1u);
}

// The third piece is with nobody.
TEST(SwarmEndingTest, WhatCanBeHadIsDoubledThoughSomethingIsWithNobody) {
  ScriptedSwarm swarm(3);
  swarm->set_have(swarm.pieces({}), swarm.now);
  const auto partial = [&](const char* address) -> Peer& {
    Peer& peer = swarm.connect(address);
    peer.handshake();
    peer.has(swarm.pieces({0, 1}));
    peer.say(encode_plain(WireId::kUnchoke));
    return peer;
  };
  Peer& slow = partial("80.4.4.1");
  EXPECT_EQ(asked(slow).size(), 4u);
  Peer& idle = partial("80.4.5.1");
  swarm.wait(3s);
  EXPECT_TRUE(asked(idle).empty()) << "more may come any moment";
  swarm.wait(5s);
  EXPECT_EQ(asked(idle).size(), 4u);
  // Something new: then that, and no doubling.
  for (const BlockRef& block : asked(slow)) slow.give(block);
  idle.say(encode_index(WireId::kHave, 2));
  EXPECT_EQ(asked(idle).size(), 2u);
}

TEST(SwarmEndingTest, ANeighbourOfAConvictIsAskedForPartsWhenNoWholePieceIsLeft) {
  ScriptedSwarm swarm(2);
  swarm->set_have(swarm.pieces({}), swarm.now);
  Peer& bad = seed(swarm, "80.4.4.1");
  const std::vector<BlockRef> blocks = asked(bad);
  ASSERT_EQ(blocks.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) bad.give(blocks[i]);
  const std::uint32_t failed = blocks[0].piece;
  ASSERT_EQ(blocks[1].piece, failed);
  const std::vector<Sha1Hash> digests(2);
  swarm->piece_failed(failed, digests, swarm.now);
  swarm.disconnect(bad);
  Peer& neighbour = seed(swarm, "80.4.4.2");
  for (const BlockRef& block : asked(neighbour)) {
    EXPECT_EQ(block.piece, failed);
    neighbour.give(block);
  }
  swarm->piece_passed(failed, digests, swarm.now);
  for (const BlockRef& block : asked(neighbour)) neighbour.give(block);
  EXPECT_EQ(swarm.stored.size(), 6u);  // three of them by the bad peer
}

TEST(SwarmEndingTest, APeerThatKeepsChangingWhatItHasIsLeft) {
  ScriptedSwarm swarm(2);
  swarm->set_have(swarm.pieces({}), swarm.now);
  Peer& peer = seed(swarm, "80.4.4.1");
  const std::array<std::uint8_t, 4> piece{};
  for (std::size_t i = 0; i <= PeerCore::kMostUncalledFor && !peer.core().closed(); ++i) {
    peer.extended(kOurDontHaveId, piece);
    peer.say(encode_index(WireId::kHave, 0));
  }
  EXPECT_TRUE(peer.core().closed());
}

}  // namespace
}  // namespace podswarm::engine
