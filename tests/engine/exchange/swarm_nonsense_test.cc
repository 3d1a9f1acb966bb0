// Peers that say what makes no sense, or nothing at all, message by message.
#include "tests/engine/exchange/scripted_swarm.h"

namespace podswarm::engine {
namespace {

using Kind = WireEvent::Kind;

class NonsenseTest : public testing::Test {
 protected:
  NonsenseTest() { swarm_->set_have(swarm_.pieces({}), swarm_.now); }
  // What is said again and again is borne so often, and no more; the peer is not called again soon.
  template <class Say>
  void expect_borne_for_a_while(ScriptedSwarm::Peer& peer, Say say) {
    for (std::size_t i = 0; i < PeerCore::kMostUncalledFor; ++i) say();
    EXPECT_FALSE(peer.core().closed());
    say();
    EXPECT_TRUE(peer.core().closed());
    EXPECT_TRUE(peer.core().pointless());
  }

  ScriptedSwarm swarm_{20};
};

TEST_F(NonsenseTest, WhoBreaksTheProtocolIsNotCalledAgainSoon) {
  const base::Bytes wrong_length{0, 0, 0, 2, 0, 0};
  const std::vector<base::Bytes> all{wrong_length, {0xff, 0xff, 0xff, 0xff, 7}, {0, 0, 0, 5, 4, 0, 0, 0, 20}};
  for (const base::Bytes& message : all) {
    auto& peer = swarm_.connect();
    peer.handshake();
    peer.say(message);
    EXPECT_TRUE(peer.core().closed());
    EXPECT_TRUE(peer.core().pointless());
  }
}

TEST_F(NonsenseTest, ExtensionHandshakesWithoutEndEndTheConnection) {
  auto& peer = swarm_.connect();
  peer.handshake();
  expect_borne_for_a_while(peer, [&] { peer.extensions({}); });
}

TEST_F(NonsenseTest, UnknownMessagesWithoutEndEndTheConnection) {
  auto& peer = swarm_.connect();
  peer.handshake();
  expect_borne_for_a_while(peer, [&] { peer.say(base::Bytes{0, 0, 0, 3, 99, 1, 2}); });
}

TEST_F(NonsenseTest, BitfieldsWithoutEndEndTheConnection) {
  auto& peer = swarm_.connect();
  peer.handshake();
  peer.has(swarm_.pieces({}));
  expect_borne_for_a_while(peer, [&] { peer.has(swarm_.pieces({})); });
}

// Each change could hand the slot on, and cost all a choke or an unchoke.
TEST_F(NonsenseTest, InterestThatChangesAllTheTimeCostsLittleAndTheLastWordCounts) {
  ScriptedSwarm swarm(4);
  swarm->set_have(swarm.pieces({}), swarm.now);
  swarm->set_upload_slots(1, swarm.now);
  std::vector<ScriptedSwarm::Peer*> peers;
  for (const char* address : {"80.4.1.1", "80.4.2.1", "80.4.3.1"}) {
    peers.push_back(&swarm.connect(address));
    peers.back()->handshake();
    peers.back()->has(swarm.pieces({}));
  }
  ScriptedSwarm::Peer& honest = *peers[2];
  honest.say(encode_plain(WireId::kInterested));
  for (int i = 0; i < 5000; ++i) {
    for (std::size_t n = 0; n < 2; ++n) {
      const bool wants = (static_cast<std::size_t>(i) + n) % 2 == 0;
      peers[n]->say(encode_plain(wants ? WireId::kInterested : WireId::kNotInterested));
    }
  }
  std::size_t told = 0;
  for (ScriptedSwarm::Peer* peer : peers) {
    for (const SentMessage& message : peer->heard()) told += message.kind == Kind::kChoke || message.kind == Kind::kUnchoke;
    EXPECT_FALSE(peer->core().closed());
  }
  EXPECT_LE(told, 6u * PeerCore::kInterestBurst);
  // The first one ends with no interest, the second one with some.
  swarm.wait(std::chrono::seconds(3));
  EXPECT_FALSE(peers[0]->core().is_interested());
  EXPECT_TRUE(peers[1]->core().is_interested());
  EXPECT_TRUE(honest.core().is_interested());
}

// Without the fast extension it is not told what became of requests.
TEST_F(NonsenseTest, AnswersMayCrossWithAChokeButNotBeInvented) {
  auto& peer = swarm_.connect();
  peer.handshake(false);
  peer.has(swarm_.all());
  peer.say(encode_plain(WireId::kUnchoke));
  const auto asked = peer.heard(Kind::kRequest);
  ASSERT_FALSE(asked.empty());
  peer.say(encode_plain(WireId::kChoke));
  for (const SentMessage& request : asked) peer.give(request.block);
  EXPECT_EQ(swarm_.stored.size(), asked.size());
  EXPECT_FALSE(peer.core().closed());
  expect_borne_for_a_while(peer, [&] { peer.give({3, 0, kBlockSize}); });
}

TEST_F(NonsenseTest, ManyThatFellSilentDoNotKeepABlockFromOneThatAnswers) {
  ScriptedSwarm swarm(1);
  swarm->set_have(swarm.pieces({}), swarm.now);
  for (const char* address : {"80.4.1.1", "80.4.2.1", "80.4.3.1", "80.4.4.1", "80.4.5.1", "80.4.6.1", "80.4.7.1"}) {
    auto& silent = swarm.connect(address);
    silent.handshake();
    silent.say(encode_plain(WireId::kHaveAll));
    silent.say(encode_plain(WireId::kUnchoke));
    EXPECT_FALSE(silent.core().closed());
  }
  swarm.wait(std::chrono::seconds(60));
  auto& good = swarm.connect("80.4.8.1");
  good.handshake();
  good.say(encode_plain(WireId::kHaveAll));
  good.say(encode_plain(WireId::kUnchoke));
  for (const SentMessage& request : good.heard(Kind::kRequest)) good.give(request.block);
  EXPECT_EQ(swarm.stored.size(), 2u);
}

}  // namespace
}  // namespace podswarm::engine
