// Peer exchange (BEP 11) and private torrents (BEP 27), message by message.
#include <algorithm>

#include "tests/engine/exchange/scripted_swarm.h"

namespace podswarm::engine {
namespace {

using Kind = WireEvent::Kind;
constexpr std::uint8_t kTheirPexId = 7;

ScriptedSwarm::Peer& connect(ScriptedSwarm& swarm, const char* address, std::uint8_t pex_id = kTheirPexId) {
  auto& peer = swarm.connect(address);
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveNone));
  ExtensionHandshake theirs;
  theirs.ut_pex = pex_id;
  peer.extensions(theirs);
  (void)peer.heard();
  return peer;
}

PexMessage one_peer(std::uint8_t last) {
  PexMessage message;
  message.added.push_back({Endpoint::v4({9, 9, 9, last}, 6881), 0});
  return message;
}

std::vector<PexMessage> pex_of(const std::vector<SentMessage>& messages) {
  std::vector<PexMessage> out;
  for (const SentMessage& message : messages) {
    if (message.kind == Kind::kExtended && message.extended_id == kTheirPexId) out.push_back(*decode_pex(message.data));
  }
  return out;
}

class SwarmPexTest : public ::testing::Test {
 protected:
  SwarmPexTest() { swarm_->set_have(swarm_.pieces({}), swarm_.now); }
  // A peer that keeps the connection alive and hears what it is sent meanwhile.
  std::vector<PexMessage> hear(ScriptedSwarm::Peer& peer, std::chrono::seconds time) {
    peer.say(encode_keep_alive());
    swarm_.wait(time);
    return pex_of(peer.heard());
  }
  ScriptedSwarm swarm_{4};
};

TEST_F(SwarmPexTest, NewPeersAreToldOnceAMinuteAndGoneOnesDropped) {
  auto& peer = connect(swarm_, "80.4.4.1");
  auto& other = connect(swarm_, "80.4.4.2");
  auto first = hear(peer, std::chrono::seconds(61));
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(first[0].added.size(), 1u);
  EXPECT_EQ(first[0].added[0].endpoint, other.core().endpoint());
  EXPECT_NE(first[0].added[0].flags & kPexReachable, 0);
  EXPECT_TRUE(hear(peer, std::chrono::seconds(61)).empty()) << "no news";
  other.core().close("gone");
  auto& third = connect(swarm_, "80.4.4.3");
  const auto second = hear(peer, std::chrono::seconds(61));
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ(second[0].added.size(), 1u);
  EXPECT_EQ(second[0].added[0].endpoint, third.core().endpoint());
  EXPECT_EQ(second[0].dropped, std::vector{other.core().endpoint()});
}

TEST_F(SwarmPexTest, WhoHasNotShakenHandsIsNotPassedOn) {
  auto& peer = connect(swarm_, "80.4.4.1");
  swarm_.connect("80.4.4.2");
  EXPECT_TRUE(hear(peer, std::chrono::seconds(9)).empty());
  EXPECT_TRUE(hear(peer, std::chrono::seconds(55)).empty());
}

TEST_F(SwarmPexTest, TwoConnectionsToOneAddressAreToldAsOne) {
  auto& peer = connect(swarm_, "80.4.4.1");
  connect(swarm_, "80.4.4.2");
  connect(swarm_, "80.4.4.2");
  const auto heard = hear(peer, std::chrono::seconds(61));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].added.size(), 1u);
}

TEST_F(SwarmPexTest, WhatComesTooOftenIsNotReadAndEndsTheConnection) {
  auto& peer = connect(swarm_, "80.4.4.1");
  peer.extended(kOurUtPexId, encode_pex(one_peer(1)));
  EXPECT_EQ(swarm_.learnt.size(), 1u);
  for (std::uint8_t i = 2; i < 12; ++i) peer.extended(kOurUtPexId, encode_pex(one_peer(i)));
  EXPECT_EQ(swarm_.learnt.size(), 1u);
  EXPECT_FALSE(peer.core().closed());
  peer.extended(kOurUtPexId, encode_pex(one_peer(12)));
  EXPECT_TRUE(peer.core().closed());
}

TEST_F(SwarmPexTest, AMessageAMinuteIsRead) {
  auto& peer = connect(swarm_, "80.4.4.1");
  for (std::uint8_t i = 1; i < 30; ++i) {
    peer.extended(kOurUtPexId, encode_pex(one_peer(i)));
    swarm_.wait(std::chrono::seconds(60));
  }
  EXPECT_EQ(swarm_.learnt.size(), 29u);
}

TEST_F(SwarmPexTest, ManyPortsOfOnePublicHostAreOneAddress) {
  auto& peer = connect(swarm_, "80.4.4.1");
  PexMessage message;
  for (std::uint16_t port = 1; port <= 10; ++port) {
    message.added.push_back({Endpoint::v4({9, 9, 9, 9}, port), 0});
    message.added.push_back({Endpoint::v4({192, 168, 1, 9}, port), 0});
  }
  peer.extended(kOurUtPexId, encode_pex(message));
  EXPECT_EQ(swarm_.learnt.size(), 11u);
}

TEST_F(SwarmPexTest, AddressesOfBothFamiliesAreRead) {
  auto& peer = connect(swarm_, "80.4.4.1");
  PexMessage message = one_peer(1);
  message.added.push_back({*parse_endpoint("2600::1", 6881), kPexUploadOnly});
  peer.extended(kOurUtPexId, encode_pex(message));
  ASSERT_EQ(swarm_.learnt.size(), 2u);
  EXPECT_EQ(swarm_.learnt[1], message.added[1]);
}

TEST(SwarmPrivateTest, APrivateTorrentNeitherTellsNorHears) {
  ScriptedSwarm swarm(4, ScriptedSwarm::Knows::kPrivateTorrent);
  swarm->set_have(swarm.pieces({}), swarm.now);
  auto& peer = swarm.connect("80.4.4.1");
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveNone));
  const auto heard = peer.heard();
  const auto said = std::find_if(heard.begin(), heard.end(),
                                 [](const auto& m) { return m.kind == Kind::kExtended && m.extended_id == 0; });
  ASSERT_NE(said, heard.end());
  EXPECT_EQ(decode_extension_handshake(said->data)->ut_pex.value_or(0), 0);
  ExtensionHandshake theirs;
  theirs.ut_pex = kTheirPexId;
  peer.extensions(theirs);
  connect(swarm, "80.4.4.2");
  peer.extended(kOurUtPexId, encode_pex(one_peer(1)));
  EXPECT_TRUE(swarm.learnt.empty());
  swarm.wait(std::chrono::seconds(100));
  EXPECT_TRUE(pex_of(peer.heard()).empty());
}

}  // namespace
}  // namespace podswarm::engine
