// The fast extension (BEP 6) and lost pieces (BEP 54), message by message.
#include <algorithm>

#include "tests/engine/exchange/scripted_swarm.h"

namespace podswarm::engine {
namespace {

using Kind = WireEvent::Kind;
constexpr std::uint32_t kMany = 200;  // pieces: ten are allowed fast

std::vector<std::uint32_t> pieces_of(const std::vector<SentMessage>& messages) {
  std::vector<std::uint32_t> pieces;
  for (const SentMessage& message : messages) pieces.push_back(message.block.piece);
  return pieces;
}

// ---- what we allow ----

TEST(SwarmFastTest, AStartingPeerIsAllowedItsFastSet) {
  ScriptedSwarm swarm(kMany);
  swarm->set_have(swarm.all(), swarm.now);
  auto& peer = swarm.connect("80.4.4.200");
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveNone));
  EXPECT_EQ(pieces_of(peer.heard(Kind::kAllowedFast)), allowed_fast_set({80, 4, 4, 200}, swarm.info_hash(), kMany, 10));
}

TEST(SwarmFastTest, WhatWeLackIsAllowedWhenItComes) {
  ScriptedSwarm swarm(kMany);
  const auto set = allowed_fast_set({80, 4, 4, 200}, swarm.info_hash(), kMany, 10);
  Bitfield have = swarm.all();
  have.reset(set[3]);
  swarm->set_have(have, swarm.now);
  auto& peer = swarm.connect("80.4.4.200");
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveNone));
  EXPECT_EQ(peer.heard(Kind::kAllowedFast).size(), 9u);
  auto& seed = swarm.connect("80.4.5.1");
  seed.handshake();
  seed.say(encode_plain(WireId::kHaveAll));
  seed.say(encode_plain(WireId::kUnchoke));
  for (const SentMessage& request : seed.heard(Kind::kRequest)) seed.give(request.block);
  swarm->piece_passed(set[3], {}, swarm.now);
  EXPECT_EQ(pieces_of(peer.heard(Kind::kAllowedFast)), std::vector{set[3]});
}

TEST(SwarmFastTest, WhoHasManyPiecesOrDoesNotKnowTheExtensionIsAllowedNothing) {
  ScriptedSwarm swarm(kMany);
  swarm->set_have(swarm.all(), swarm.now);
  auto& rich = swarm.connect();
  rich.handshake();
  rich.has(swarm.pieces({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_TRUE(rich.heard(Kind::kAllowedFast).empty());
  auto& plain = swarm.connect("80.4.5.1");
  plain.handshake(false);
  plain.has(swarm.pieces({}));
  EXPECT_TRUE(plain.heard(Kind::kAllowedFast).empty());
}

TEST(SwarmFastTest, OfASmallTorrentNotMostIsGivenAway) {
  ScriptedSwarm swarm(20);
  swarm->set_have(swarm.all(), swarm.now);
  auto& peer = swarm.connect();
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveNone));
  EXPECT_EQ(peer.heard(Kind::kAllowedFast).size(), 1u);
}

class AllowedPeerTest : public ::testing::Test {
 protected:
  AllowedPeerTest() {
    swarm_->set_have(swarm_.all(), swarm_.now);
    swarm_->set_upload_slots(0, swarm_.now);
    peer_.handshake();
    peer_.say(encode_plain(WireId::kHaveNone));
    peer_.say(encode_plain(WireId::kInterested));
    allowed_ = pieces_of(peer_.heard(Kind::kAllowedFast));
  }
  void ask(const BlockRef& block) { peer_.say(encode_block(WireId::kRequest, block)); }

  ScriptedSwarm swarm_{kMany};
  ScriptedSwarm::Peer& peer_ = swarm_.connect();
  std::vector<std::uint32_t> allowed_;
};

TEST_F(AllowedPeerTest, ItsRequestsAreAnsweredWhileItIsChoked) {
  ASSERT_TRUE(peer_.core().am_choking());
  const BlockRef block{allowed_[0], 0, kBlockSize};
  ask(block);
  ASSERT_EQ(peer_.core().uploads().size(), 1u);
  EXPECT_EQ(peer_.core().uploads().front().block, block);
}

TEST_F(AllowedPeerTest, OtherPiecesAreRejected) {
  std::uint32_t other = 0;
  while (std::count(allowed_.begin(), allowed_.end(), other) > 0) ++other;
  ask({other, 0, kBlockSize});
  EXPECT_TRUE(peer_.core().uploads().empty());
  EXPECT_EQ(pieces_of(peer_.heard(Kind::kRejectRequest)), std::vector{other});
}

TEST_F(AllowedPeerTest, NothingIsGivenTwice) {
  const BlockRef first{allowed_[0], 0, kBlockSize};
  const BlockRef second{allowed_[0], kBlockSize, kBlockSize};
  for (const BlockRef& block : {first, second, first}) ask(block);
  EXPECT_EQ(peer_.core().uploads().size(), 2u);
  EXPECT_EQ(peer_.heard(Kind::kRejectRequest).size(), 1u);
}

TEST_F(AllowedPeerTest, WhoHasEnoughToTradeIsNotAllowedAnyMore) {
  for (std::uint32_t piece = 0; piece < 11; ++piece) peer_.say(encode_index(WireId::kHave, piece));
  ask({allowed_[0], 0, kBlockSize});
  EXPECT_TRUE(peer_.core().uploads().empty());
}

TEST_F(AllowedPeerTest, AChokeRejectsWhatIsNotAllowed) {
  swarm_->set_upload_slots(1, swarm_.now);
  ASSERT_FALSE(peer_.core().am_choking());
  std::uint32_t other = 0;
  while (std::count(allowed_.begin(), allowed_.end(), other) > 0) ++other;
  ask({other, 0, kBlockSize});
  ask({allowed_[0], 0, kBlockSize});
  (void)peer_.heard();
  swarm_->set_upload_slots(0, swarm_.now);
  const auto heard = peer_.heard();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0].kind, Kind::kChoke) << "first, so that the peer does not ask again";
  EXPECT_EQ(heard[1].kind, Kind::kRejectRequest);
  EXPECT_EQ(heard[1].block.piece, other);
  EXPECT_EQ(peer_.core().uploads().size(), 1u);
}

TEST_F(AllowedPeerTest, AskingWithoutEndAndReadingNothingEndsTheConnection) {
  std::uint32_t other = 0;
  while (std::count(allowed_.begin(), allowed_.end(), other) > 0) ++other;
  for (int i = 0; i < 100'000 && !peer_.core().closed(); ++i) ask({other, 0, kBlockSize});
  EXPECT_TRUE(peer_.core().closed());
}

// ---- what we are allowed ----

class ChokedLeechTest : public ::testing::Test {
 protected:
  ChokedLeechTest() {
    swarm_->set_have(swarm_.pieces({}), swarm_.now);
    peer_.handshake();
  }
  ScriptedSwarm swarm_{kMany};
  ScriptedSwarm::Peer& peer_ = swarm_.connect();
};

TEST_F(ChokedLeechTest, AllowedPiecesAreAskedForWhileChoked) {
  peer_.say(encode_plain(WireId::kHaveAll));
  peer_.say(encode_index(WireId::kAllowedFast, 7));
  const auto asked = pieces_of(peer_.heard(Kind::kRequest));
  EXPECT_EQ(asked, (std::vector<std::uint32_t>{7, 7}));
}

TEST_F(ChokedLeechTest, BeingAllowedDoesNotMeanThatThePeerHasThePiece) {
  peer_.has(swarm_.pieces({8}));
  peer_.say(encode_index(WireId::kAllowedFast, 7));
  EXPECT_TRUE(peer_.heard(Kind::kRequest).empty());
  peer_.say(encode_index(WireId::kHave, 7));
  EXPECT_EQ(pieces_of(peer_.heard(Kind::kRequest)), (std::vector<std::uint32_t>{7, 7}));
}

TEST_F(ChokedLeechTest, AnAllowedPieceThatIsRejectedIsNotAskedForAgain) {
  peer_.say(encode_plain(WireId::kHaveAll));
  peer_.say(encode_index(WireId::kAllowedFast, 7));
  for (const SentMessage& request : peer_.heard(Kind::kRequest)) {
    peer_.say(encode_block(WireId::kRejectRequest, request.block));
  }
  swarm_.wait(std::chrono::seconds(10));
  EXPECT_TRUE(peer_.heard(Kind::kRequest).empty());
  peer_.say(encode_plain(WireId::kUnchoke));
  EXPECT_FALSE(peer_.heard(Kind::kRequest).empty());
}

TEST_F(ChokedLeechTest, ASuggestedPieceIsPreferredToOthersAsRare) {
  auto& other = swarm_.connect("80.4.5.1");
  other.handshake();
  other.has(swarm_.pieces({150}));
  // Enough pieces are here that the first ones need not be drawn.
  peer_.say(encode_plain(WireId::kHaveAll));
  for (std::uint32_t piece : {123u, 150u}) peer_.say(encode_index(WireId::kSuggestPiece, piece));
  peer_.say(encode_plain(WireId::kUnchoke));
  const auto asked = pieces_of(peer_.heard(Kind::kRequest));
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 123u), 2) << "as rare as most";
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 150u), 0) << "less rare than all others";
}

TEST_F(ChokedLeechTest, MessagesOfTheExtensionWithoutItCloseTheConnection) {
  for (const auto id : {WireId::kSuggestPiece, WireId::kAllowedFast}) {
    auto& plain = swarm_.connect("80.4.6.1");
    plain.handshake(false);
    plain.say(encode_index(id, 1));
    EXPECT_TRUE(plain.core().closed()) << static_cast<int>(id);
  }
  auto& plain = swarm_.connect("80.4.6.1");
  plain.handshake(false);
  plain.say(encode_block(WireId::kRejectRequest, {1, 0, kBlockSize}));
  EXPECT_TRUE(plain.core().closed());
}

TEST_F(ChokedLeechTest, ManyBlocksThatNobodyAskedForEndTheConnection) {
  peer_.say(encode_plain(WireId::kHaveAll));
  for (std::size_t i = 0; i < PeerCore::kMostUncalledFor; ++i) peer_.give({3, 0, kBlockSize});
  EXPECT_FALSE(peer_.core().closed());
  peer_.give({3, 0, kBlockSize});
  EXPECT_TRUE(peer_.core().closed());
}

// ---- lost pieces ----

TEST_F(ChokedLeechTest, ALostPieceIsNotAskedForAnyMore) {
  peer_.has(swarm_.pieces({7}));
  peer_.say(encode_plain(WireId::kUnchoke));
  ASSERT_EQ(peer_.heard(Kind::kRequest).size(), 2u);
  const std::uint8_t payload[4] = {0, 0, 0, 7};
  peer_.extended(kOurDontHaveId, payload);
  const auto heard = peer_.heard();
  EXPECT_EQ(std::count_if(heard.begin(), heard.end(), [](const auto& m) { return m.kind == Kind::kCancel; }), 2);
  EXPECT_EQ(std::count_if(heard.begin(), heard.end(), [](const auto& m) { return m.kind == Kind::kNotInterested; }), 1);
  EXPECT_TRUE(peer_.core().requests().empty());
  // Another one is asked instead.
  auto& other = swarm_.connect("80.4.5.1");
  other.handshake();
  other.has(swarm_.pieces({7}));
  other.say(encode_plain(WireId::kUnchoke));
  EXPECT_EQ(other.heard(Kind::kRequest).size(), 2u);
}

TEST_F(ChokedLeechTest, ASeedThatLosesAPieceStillHasTheOthers) {
  peer_.say(encode_plain(WireId::kHaveAll));
  const std::uint8_t payload[4] = {0, 0, 0, 7};
  peer_.extended(kOurDontHaveId, payload);
  EXPECT_FALSE(peer_.core().is_seed());
  EXPECT_EQ(peer_.core().pieces().count(), kMany - 1);
  peer_.say(encode_plain(WireId::kUnchoke));
  const auto asked = pieces_of(peer_.heard(Kind::kRequest));
  EXPECT_FALSE(asked.empty());
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 7u), 0);
  // It comes back, and is a seed again.
  peer_.say(encode_index(WireId::kHave, 7));
  EXPECT_TRUE(peer_.core().is_seed());
}

TEST_F(ChokedLeechTest, NonsenseAboutLostPiecesIsPassedOver) {
  peer_.has(swarm_.pieces({7}));
  for (const base::Bytes& payload :
       {base::Bytes{}, base::Bytes{0, 0, 0}, base::Bytes{0, 0, 0, 8}, base::Bytes{255, 255, 255, 255}}) {
    peer_.extended(kOurDontHaveId, payload);
  }
  EXPECT_FALSE(peer_.core().closed());
  EXPECT_EQ(peer_.core().pieces().count(), 1u);
}

TEST(SwarmLossTest, PeersAreToldOfOurLossAndAskedForThePiece) {
  ScriptedSwarm swarm(kMany);
  swarm->set_have(swarm.all(), swarm.now);
  auto& peer = swarm.connect();
  peer.handshake();
  peer.has(swarm.pieces({7, 8}));
  ExtensionHandshake theirs;
  theirs.lt_donthave = 9;
  peer.extensions(theirs);
  auto& plain = swarm.connect("80.4.5.1");
  plain.handshake();
  plain.has(swarm.pieces({8}));
  for (auto* p : {&peer, &plain}) (void)p->heard();

  swarm->lose(swarm.pieces({7}), swarm.now);
  EXPECT_FALSE(swarm->complete());
  const auto heard = peer.heard();
  const auto told = std::find_if(heard.begin(), heard.end(), [](const auto& m) { return m.extended_id == 9; });
  ASSERT_NE(told, heard.end());
  EXPECT_EQ(told->data, (base::Bytes{0, 0, 0, 7}));
  const auto said = std::find_if(heard.begin(), heard.end(),
                                 [](const auto& m) { return m.kind == Kind::kExtended && m.extended_id == 0; });
  ASSERT_NE(said, heard.end());
  EXPECT_EQ(decode_extension_handshake(said->data)->upload_only, false);
  EXPECT_TRUE(peer.core().am_interested());
  EXPECT_FALSE(plain.core().am_interested());

  peer.say(encode_plain(WireId::kUnchoke));
  const auto asked = peer.heard(Kind::kRequest);
  ASSERT_EQ(asked.size(), 2u);
  for (const SentMessage& request : asked) peer.give(request.block);
  EXPECT_EQ(swarm.stored.size(), 2u);
  swarm->piece_passed(7, {}, swarm.now);
  EXPECT_TRUE(swarm->complete());
  EXPECT_EQ(pieces_of(plain.heard(Kind::kHave)), std::vector<std::uint32_t>{7});
}

TEST(SwarmLossTest, WhatIsLostInTheMiddleOfADownloadIsAskedForAgain) {
  ScriptedSwarm swarm(4);
  swarm->set_have(swarm.pieces({0, 1, 2}), swarm.now);
  auto& peer = swarm.connect();
  peer.handshake();
  peer.say(encode_plain(WireId::kHaveAll));
  swarm->lose(swarm.pieces({1, 3}), swarm.now);
  EXPECT_EQ(swarm->have(), swarm.pieces({0, 2}));
  peer.say(encode_plain(WireId::kUnchoke));
  const auto asked = pieces_of(peer.heard(Kind::kRequest));
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 1u), 2);
  EXPECT_EQ(std::count(asked.begin(), asked.end(), 3u), 2);
}

// ---- how useful a connection is ----

TEST(SwarmWorthTest, WhoWantsNothingAndHasNothingIsTheFirstToGo) {
  ScriptedSwarm swarm(kMany);
  swarm->set_have(swarm.pieces({0}), swarm.now);
  auto& idle = swarm.connect("80.4.4.1");
  idle.handshake();
  idle.has(swarm.pieces({0}));
  auto& choking = swarm.connect("80.4.4.2");
  choking.handshake();
  choking.has(swarm.pieces({1}));
  auto& giving = swarm.connect("80.4.4.3");
  giving.handshake();
  giving.has(swarm.pieces({1}));
  giving.say(encode_plain(WireId::kUnchoke));
  auto& taking = swarm.connect("80.4.4.4");
  taking.handshake();
  taking.has(swarm.pieces({}));
  taking.say(encode_plain(WireId::kInterested));
  auto& new_one = swarm.connect("80.4.4.5");
  const auto use = [&](auto& peer) { return swarm->worth(peer.core(), swarm.now).use; };
  EXPECT_EQ(use(idle), Swarm::Use::kNone);
  EXPECT_EQ(use(choking), Swarm::Use::kWaiting);
  EXPECT_EQ(use(giving), Swarm::Use::kFlowing);
  EXPECT_EQ(use(taking), Swarm::Use::kFlowing);
  EXPECT_EQ(use(new_one), Swarm::Use::kWaiting);
  EXPECT_LT(swarm->worth(idle.core(), swarm.now), swarm->worth(choking.core(), swarm.now));
}

// ---- addresses ----

TEST(SwarmAddressTest, WhatAPeerSaysOfOurAddressIsPassedOn) {
  ScriptedSwarm swarm(4);
  swarm->set_have(swarm.pieces({}), swarm.now);
  auto& peer = swarm.connect();
  peer.handshake();
  ExtensionHandshake theirs;
  theirs.your_ip = parse_endpoint("8.8.4.4", 0);
  peer.extensions(theirs);
  EXPECT_EQ(swarm.own, std::vector{*parse_endpoint("8.8.4.4", 0)});
}

TEST(SwarmAddressTest, OurselvesAreKnownByOurPeerId) {
  ScriptedSwarm swarm(4);
  auto& peer = swarm.connect();
  Handshake handshake;
  handshake.info_hash = swarm.info_hash();
  handshake.peer_id.fill(1);
  peer.say(encode_handshake(handshake));
  EXPECT_TRUE(peer.core().closed());
  EXPECT_EQ(peer.core().peer_id(), handshake.peer_id);
}

// ---- rejects ----

TEST_F(ChokedLeechTest, WhatWasRejectedIsAskedForAgainAfterAWhile) {
  peer_.has(swarm_.pieces({7}));
  peer_.say(encode_plain(WireId::kUnchoke));
  for (int round = 0; round < 3; ++round) {
    const auto asked = peer_.heard(Kind::kRequest);
    ASSERT_EQ(asked.size(), 2u) << round;
    for (const SentMessage& request : asked) peer_.say(encode_block(WireId::kRejectRequest, request.block));
    swarm_.wait(std::chrono::seconds(3));
  }
}

}  // namespace
}  // namespace podswarm::engine
