// Metadata from peers (BEP 9), message by message: what is whole is hashed elsewhere, and its verdict comes back.
#include "tests/engine/exchange/scripted_swarm.h"

namespace podswarm::engine {
namespace {

constexpr std::uint8_t kTheirMetadataId = 3;

class SwarmMetadataTest : public ::testing::Test {
 protected:
  SwarmMetadataTest() : swarm_(4, ScriptedSwarm::Knows::kNothing) {}
  ScriptedSwarm::Peer& connect(const char* address, std::uint32_t size) {
    auto& peer = swarm_.connect(address);
    peer.handshake();
    peer.say(encode_plain(WireId::kHaveAll));
    ExtensionHandshake theirs;
    theirs.ut_metadata = kTheirMetadataId;
    theirs.metadata_size = size;
    peer.extensions(theirs);
    return peer;
  }
  // Answers whatever it is asked for out of `info`.
  void answer(ScriptedSwarm::Peer& peer, base::ByteView info) {
    for (const SentMessage& message : peer.heard(WireEvent::Kind::kExtended)) {
      if (message.extended_id != kTheirMetadataId) continue;
      const auto request = decode_ut_metadata(message.data);
      ASSERT_TRUE(request && request->type == UtMetadataMessage::Type::kRequest);
      peer.extended(kOurUtMetadataId, encode_ut_metadata_answer(info, request->piece));
    }
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(swarm_.info().size()); }

  ScriptedSwarm swarm_;
};

TEST_F(SwarmMetadataTest, WhatOnePeerSentWrongEndsItAndAnotherIsAsked) {
  auto& liar = connect("80.4.4.1", size());
  auto& honest = connect("80.4.4.2", size());
  answer(liar, base::Bytes(size(), 'x'));
  ASSERT_EQ(swarm_.candidates.size(), 1u);
  EXPECT_FALSE(is_metadata_of(swarm_.info_hash(), *swarm_.candidates[0]));
  swarm_->metadata_checked(false);
  EXPECT_TRUE(liar.core().closed());
  EXPECT_FALSE(honest.core().closed());
  swarm_.disconnect(liar);
  swarm_.wait(std::chrono::seconds(10));
  answer(honest, swarm_.info());
  ASSERT_EQ(swarm_.candidates.size(), 2u);
  EXPECT_TRUE(is_metadata_of(swarm_.info_hash(), *swarm_.candidates[1]));
  swarm_->metadata_checked(true);
  EXPECT_FALSE(honest.core().closed());
}

TEST_F(SwarmMetadataTest, WhatAnotherSizeCameToMeanwhileIsHashedNext) {
  auto& liar = connect("80.4.4.1", 2 * size());
  auto& honest = connect("80.4.4.2", size());
  answer(liar, base::Bytes(2 * size(), 'x'));
  answer(honest, swarm_.info());
  ASSERT_EQ(swarm_.candidates.size(), 1u) << "one after the other";
  swarm_->metadata_checked(false);
  ASSERT_EQ(swarm_.candidates.size(), 2u);
  EXPECT_TRUE(is_metadata_of(swarm_.info_hash(), *swarm_.candidates[1]));
}

TEST_F(SwarmMetadataTest, WhoSentItMayBeGoneWhenItIsHashed) {
  auto& liar = connect("80.4.4.1", size());
  answer(liar, base::Bytes(size(), 'x'));
  ASSERT_EQ(swarm_.candidates.size(), 1u);
  swarm_.disconnect(liar);
  swarm_->metadata_checked(false);
  auto& honest = connect("80.4.4.2", size());
  answer(honest, swarm_.info());
  EXPECT_EQ(swarm_.candidates.size(), 2u);
}

}  // namespace
}  // namespace podswarm::engine
