// A connection by script: what becomes of requests that the peer neither answers nor rejects.
#include <gtest/gtest.h>

#include "engine/core/peer_core.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

Metainfo some_torrent() {
  NewTorrent torrent;
  torrent.name = "some";
  torrent.piece_length = 64 * kBlockSize;
  torrent.length = 64 * kBlockSize;
  torrent.pieces.assign(20, 'x');
  return *Metainfo::parse(encode_torrent(torrent));
}

class Host : public PeerHost {
 public:
  explicit Host(const FileLayout& layout) : layout_(layout) {}
  std::vector<BlockRef> unanswered;
  std::size_t blocks = 0;

 private:
  const FileLayout* layout() const override { return &layout_; }
  void on_handshaken(PeerCore&) override {}
  void on_extensions(PeerCore&) override {}
  void on_pieces(PeerCore&, const Bitfield&) override {}
  void on_have(PeerCore&, std::uint32_t) override {}
  void on_dont_have(PeerCore&, std::uint32_t) override {}
  void on_choke(PeerCore&) override {}
  void on_interest(PeerCore&) override {}
  void on_allowed_fast(PeerCore&, std::uint32_t) override {}
  void on_suggested(PeerCore&, std::uint32_t) override {}
  bool is_wanted(const BlockRef&) override { return false; }
  void on_block(PeerCore&, const BlockRef&, std::vector<Slice>) override { ++blocks; }
  void on_unanswered(PeerCore&, const BlockRef& block) override { unanswered.push_back(block); }
  void on_taken_back(PeerCore&, const BlockRef& block) override { unanswered.push_back(block); }
  void on_snubbed(PeerCore&) override {}
  void on_request(PeerCore&) override {}
  void on_metadata(PeerCore&, const UtMetadataMessage&) override {}
  void on_pex(PeerCore&, const PexMessage&) override {}

  const FileLayout& layout_;
};

class DroppedRequestsTest : public testing::Test {
 protected:
  void shake_hands(bool fast) {
    Handshake handshake;
    handshake.fast = fast;
    handshake.peer_id.fill(1);
    receive(encode_handshake(handshake));
    receive(encode_plain(WireId::kUnchoke));
  }
  template <std::size_t N>
  void receive(const std::array<std::uint8_t, N>& bytes) {
    peer_.receive(bytes, nullptr, now_);
  }
  static BlockRef block(std::uint32_t index) { return {0, index * kBlockSize, kBlockSize}; }
  void ask(std::uint32_t index) { peer_.send_request(block(index), now_); }
  void answer(std::uint32_t index) {
    receive(encode_piece_header(block(index)));
    peer_.receive(base::Bytes(kBlockSize), nullptr, now_);
  }

  const Metainfo metainfo_ = some_torrent();
  const FileLayout layout_{metainfo_};
  Host host_{layout_};
  base::SteadyTime now_{1'000'000s};
  PeerCore peer_{{}, host_, now_};
};

TEST_F(DroppedRequestsTest, WhatALaterRequestOvertookByFarIsUnanswered) {
  shake_hands(false);
  ask(0);
  ask(1);
  now_ += PeerCore::kOvertaken + 1s;
  ask(2);
  answer(2);
  EXPECT_EQ(host_.unanswered, (std::vector{block(0), block(1)}));
  EXPECT_TRUE(peer_.requests().empty());
}

TEST_F(DroppedRequestsTest, WhatComesAllTheSameIsTaken) {
  shake_hands(false);
  ask(0);
  now_ += PeerCore::kOvertaken + 1s;
  ask(1);
  answer(1);
  answer(0);
  EXPECT_EQ(host_.blocks, 2u);
}

TEST_F(DroppedRequestsTest, AnotherOrderIsNoDrop) {
  shake_hands(false);
  ask(0);
  ask(1);
  now_ += PeerCore::kOvertaken + 1s;
  answer(1);
  EXPECT_TRUE(host_.unanswered.empty());
}

TEST_F(DroppedRequestsTest, APeerThatRejectsIsWaitedFor) {
  shake_hands(true);
  ask(0);
  now_ += PeerCore::kOvertaken + 1s;
  ask(1);
  answer(1);
  EXPECT_TRUE(host_.unanswered.empty());
  receive(encode_block(WireId::kRejectRequest, block(0)));
  EXPECT_EQ(host_.unanswered, std::vector{block(0)});
}

TEST_F(DroppedRequestsTest, APeerThatTakesOnlySoManyIsAskedForNoMore) {
  shake_hands(false);
  const std::size_t room = peer_.request_room(now_);
  for (std::uint32_t i = 0; i < 40; ++i) ask(i);
  now_ += PeerCore::kOvertaken + 1s;
  for (std::uint32_t i = 40; i < 60; ++i) ask(i);
  answer(40);
  EXPECT_EQ(peer_.requests().size(), 19u);
  EXPECT_EQ(peer_.request_room(now_), 0u);
  EXPECT_GT(room, 200u);
}

}  // namespace
}  // namespace podswarm::engine
