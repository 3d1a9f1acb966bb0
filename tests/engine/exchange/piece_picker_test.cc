#include "engine/core/piece_picker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>

namespace podswarm::engine {
namespace {

using testing::SizeIs;

constexpr std::uint32_t kPieceSize = 4 * kBlockSize;

PiecePicker::Shape shape(std::uint32_t pieces, std::uint32_t last_size = kPieceSize) {
  PiecePicker::Shape made;
  made.piece_count = pieces;
  made.piece_size = [=](std::uint32_t piece) { return piece + 1 == pieces ? last_size : kPieceSize; };
  return made;
}

std::vector<BlockRef> pick(PiecePicker& picker, PeerKey peer, const Bitfield& pieces, std::size_t count,
                           PiecePicker::Request request = {}) {
  request.peer = peer;
  request.pieces = &pieces;
  request.count = count;
  std::vector<BlockRef> out;
  picker.pick(
      request, [](const BlockRef&) { return false; }, out);
  return out;
}

// Four pieces that are had, so that the random start is over.
void skip_random_start(PiecePicker& picker) {
  for (std::uint32_t i = 0; i < PiecePicker::kRandomFirst; ++i) picker.set_have(i);
}

TEST(PiecePickerTest, EveryBlockIsGivenOutOnceAndTheLastIsShort) {
  PiecePicker picker(shape(5, 20'000), 1);
  const Bitfield all(5, true);
  picker.add_peer(all);
  const auto blocks = pick(picker, 1, all, 1000);
  ASSERT_THAT(blocks, SizeIs(4 * 4 + 2));
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  std::uint64_t bytes = 0;
  for (const BlockRef& block : blocks) {
    EXPECT_TRUE(seen.emplace(block.piece, block.offset).second);
    bytes += block.length;
  }
  EXPECT_EQ(bytes, 4u * kPieceSize + 20'000);
}

TEST(PiecePickerTest, TheRarestPieceComesFirst) {
  PiecePicker picker(shape(40), 1);
  skip_random_start(picker);
  const Bitfield all(40, true);
  picker.add_peer(all);
  for (std::uint32_t i = 4; i < 40; ++i) {
    if (i != 17) picker.add_have(i);
  }
  EXPECT_EQ(pick(picker, 1, all, 1).at(0).piece, 17u);
}

TEST(PiecePickerTest, AmongEquallyRarePiecesClientsChooseDifferently) {
  std::set<std::uint32_t> first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    PiecePicker picker(shape(200), seed);
    skip_random_start(picker);
    const Bitfield all(200, true);
    picker.add_peer(all);
    first.insert(pick(picker, 1, all, 1).at(0).piece);
  }
  EXPECT_GE(first.size(), 15u);
}

// Eight that ask the same seed for a share each.
TEST(PiecePickerTest, RivalsAskASeedForDifferentPieces) {
  constexpr std::uint32_t kPieces = 400;
  constexpr std::uint64_t kRivals = 8;
  const Bitfield all(kPieces, true);
  std::map<std::uint32_t, int> asked;
  for (std::uint64_t who = 1; who <= kRivals; ++who) {
    PiecePicker picker(shape(kPieces), who);
    picker.add_peer(all);
    std::vector<std::uint64_t> others;
    for (std::uint64_t other = 1; other <= kRivals; ++other) {
      if (other != who) others.push_back(other * 1'000'003);
    }
    picker.set_rivals(who * 1'000'003, others);
    for (const BlockRef& block : pick(picker, 1, all, 30 * 4)) asked[block.piece] += block.offset == 0;
  }
  int twice = 0;
  for (const auto& [piece, times] : asked) twice += times - 1;
  // By chance alone it would be some seventy of the 240.
  EXPECT_LT(twice, 8);
}

TEST(PiecePickerTest, WhatOnlyASeedHasIsAskedOfItBeforeTheRestOfACommonPiece) {
  PiecePicker picker(shape(40), 1);
  skip_random_start(picker);
  const Bitfield all(40, true);
  Bitfield one(40);
  one.set(9);
  picker.add_peer(all);
  picker.add_peer(one);
  picker.set_rivals(1, {2});
  EXPECT_EQ(pick(picker, 2, one, 1).at(0).piece, 9u);
  PiecePicker::Request slow;
  slow.whole_pieces = false;
  EXPECT_NE(pick(picker, 1, all, 1, slow).at(0).piece, 9u);
}

TEST(PiecePickerTest, ASeedIsAskedForItsShareHoweverManyPiecesAreBegunWithOthers) {
  PiecePicker picker(shape(60), 1);
  skip_random_start(picker);
  const Bitfield all(60, true);
  Bitfield common(60);
  for (std::uint32_t piece = 0; piece < 30; ++piece) common.set(piece);
  picker.add_peer(all);
  picker.add_peer(common);
  picker.set_rivals(1, {2});
  // One block of each: all of them are begun, and open to whoever is asked to finish them.
  for (std::uint32_t piece = 0; piece < 30; ++piece) {
    if (!picker.have().test(piece)) (void)picker.received(picker.block(piece, 0), 2);
  }
  PiecePicker::Request request;
  request.peers = 2;
  for (const BlockRef& block : pick(picker, 1, all, 40, request)) EXPECT_GE(block.piece, 30u);
}

TEST(PiecePickerTest, ThereIsNoEndGameWhilePiecesAreMissingThatNobodyHas) {
  PiecePicker picker(shape(6), 1);
  skip_random_start(picker);
  Bitfield theirs(6);
  theirs.set(4);
  picker.add_peer(theirs);
  picker.add_peer(theirs);
  EXPECT_FALSE(picker.exhausted());
  EXPECT_THAT(pick(picker, 1, theirs, 100), SizeIs(4));
  EXPECT_THAT(pick(picker, 2, theirs, 100), SizeIs(0));
}

TEST(PiecePickerTest, UnlessWhatIsToBeHadMayBeDoubled) {
  PiecePicker picker(shape(6), 1);
  skip_random_start(picker);
  Bitfield theirs(6);
  theirs.set(4);
  picker.add_peer(theirs);
  picker.add_peer(theirs);
  PiecePicker::Request request;
  request.double_all = true;
  EXPECT_THAT(pick(picker, 1, theirs, 3, request), SizeIs(3));
  EXPECT_FALSE(picker.exhausted());
  EXPECT_THAT(pick(picker, 2, theirs, 100, request), SizeIs(1)) << "what nobody was asked for comes first";
  EXPECT_TRUE(picker.exhausted());
  EXPECT_FALSE(picker.end_game());
  EXPECT_THAT(pick(picker, 2, theirs, 100, request), SizeIs(3));
  picker.add_have(5);
  EXPECT_FALSE(picker.exhausted()) << "somebody has the last one now";
}

// Of a piece that was begun, only whoever is gone had it.
TEST(PiecePickerTest, WhatIsLeftOfAPieceThatNobodyHasAnyMoreCannotBeHad) {
  PiecePicker picker(shape(6), 1);
  skip_random_start(picker);
  Bitfield gone(6);
  gone.set(4);
  Bitfield theirs(6);
  theirs.set(5);
  picker.add_peer(gone);
  picker.add_peer(theirs);
  const auto asked = pick(picker, 1, gone, 2);
  (void)picker.received(asked.at(0), 1);
  picker.abandon(asked.at(1), 1);
  picker.remove_peer(gone);
  EXPECT_FALSE(picker.exhausted());
  EXPECT_THAT(pick(picker, 2, theirs, 100), SizeIs(4));
  EXPECT_TRUE(picker.exhausted());
}

TEST(PiecePickerTest, WhatAPeerAloneWasToSendIsOpenToOthersOnceItGivesNothing) {
  PiecePicker picker(shape(5), 1);
  skip_random_start(picker);
  const Bitfield all(5, true);
  picker.add_peer(all);
  picker.add_peer(all);
  PiecePicker::Request alone;
  alone.exclusive = true;
  const auto first = pick(picker, 1, all, 2, alone);
  for (const BlockRef& block : first) EXPECT_FALSE(picker.received(block, 1).piece_complete);
  EXPECT_THAT(pick(picker, 2, all, 4), SizeIs(0));
  picker.release(1);
  EXPECT_THAT(pick(picker, 2, all, 4), SizeIs(2));
}

TEST(PiecePickerTest, APieceThatFailedIsAskedForAgainFirstAndOfOnePeerAlone) {
  PiecePicker picker(shape(100), 1);
  skip_random_start(picker);
  const Bitfield all(100, true);
  picker.add_peer(all);
  picker.add_peer(all);
  const auto first = pick(picker, 1, all, 4);
  for (const BlockRef& block : first) (void)picker.received(block, 1);
  picker.failed(first[0].piece);
  EXPECT_EQ(pick(picker, 2, all, 1).at(0).piece, first[0].piece);
  for (const BlockRef& block : pick(picker, 3, all, 50)) EXPECT_NE(block.piece, first[0].piece);
}

TEST(PiecePickerTest, AFastPeerFinishesItsPieceAlone) {
  PiecePicker picker(shape(40), 1);
  skip_random_start(picker);
  const Bitfield all(40, true);
  picker.add_peer(all);
  picker.add_peer(all);
  const auto first = pick(picker, 1, all, 1);
  const auto other = pick(picker, 2, all, 1);
  EXPECT_NE(first[0].piece, other[0].piece);
  const auto next = pick(picker, 1, all, 3);
  for (const BlockRef& block : next) EXPECT_EQ(block.piece, first[0].piece);
}

TEST(PiecePickerTest, SlowPeersShareAPiece) {
  PiecePicker picker(shape(40), 1);
  skip_random_start(picker);
  const Bitfield all(40, true);
  picker.add_peer(all);
  picker.add_peer(all);
  PiecePicker::Request slow;
  slow.whole_pieces = false;
  const auto first = pick(picker, 1, all, 1, slow);
  const auto other = pick(picker, 2, all, 1, slow);
  EXPECT_EQ(first[0].piece, other[0].piece);
  EXPECT_NE(first[0].offset, other[0].offset);
}

TEST(PiecePickerTest, NothingIsAskedOfAPeerThatHasNothingWeLack) {
  PiecePicker picker(shape(10), 1);
  skip_random_start(picker);
  Bitfield theirs(10);
  theirs.set(0);
  theirs.set(3);
  picker.add_peer(theirs);
  EXPECT_THAT(pick(picker, 1, theirs, 10), SizeIs(0));
  theirs.set(7);
  picker.add_have(7);
  for (const BlockRef& block : pick(picker, 1, theirs, 10)) EXPECT_EQ(block.piece, 7u);
}

TEST(PiecePickerTest, AbandonedBlocksAreGivenToOthers) {
  PiecePicker picker(shape(5), 1);
  skip_random_start(picker);
  const Bitfield all(5, true);
  picker.add_peer(all);
  const auto first = pick(picker, 1, all, 4);
  ASSERT_THAT(first, SizeIs(4));
  EXPECT_FALSE(picker.received(first[0], 1).piece_complete);
  for (std::size_t i = 1; i < 4; ++i) picker.abandon(first[i], 1);
  const auto second = pick(picker, 2, all, 4);
  EXPECT_THAT(second, SizeIs(3));
}

TEST(PiecePickerTest, TheEndGameAsksSeveralPeersAndSaysWhomToCancel) {
  PiecePicker picker(shape(5), 1);
  skip_random_start(picker);
  const Bitfield all(5, true);
  picker.add_peer(all);
  picker.add_peer(all);
  const auto first = pick(picker, 1, all, 4);
  EXPECT_TRUE(picker.end_game());
  const auto second = pick(picker, 2, all, 4);
  ASSERT_THAT(second, SizeIs(4));
  const auto result = picker.received(second[0], 2);
  EXPECT_EQ(result.arrival, PiecePicker::Arrival::kNew);
  EXPECT_TRUE(result.others_asked);
  EXPECT_EQ(picker.received(second[0], 1).arrival, PiecePicker::Arrival::kDuplicate);
}

TEST(PiecePickerTest, APieceIsOverWhenItPassedAndAnewWhenItFailed) {
  PiecePicker picker(shape(6), 1);
  skip_random_start(picker);
  const Bitfield all(6, true);
  picker.add_peer(all);
  std::map<std::uint32_t, int> complete;
  for (const BlockRef& block : pick(picker, 9, all, 8))
    complete[block.piece] += picker.received(block, 9).piece_complete;
  EXPECT_EQ(complete[4], 1);
  EXPECT_EQ(complete[5], 1);
  EXPECT_THAT(picker.contributors(4), testing::Each(9u));
  picker.passed(4);
  picker.failed(5);
  EXPECT_TRUE(picker.have().test(4));
  const auto again = pick(picker, 9, all, 100);
  EXPECT_THAT(again, SizeIs(4));
  for (const BlockRef& block : again) EXPECT_EQ(block.piece, 5u);
}

TEST(PiecePickerTest, PaddingIsNotAskedFor) {
  auto padded = shape(5);
  padded.is_given = [](const BlockRef& block) { return block.offset >= 2 * kBlockSize; };
  PiecePicker picker(padded, 1);
  const Bitfield all(5, true);
  picker.add_peer(all);
  const auto blocks = pick(picker, 1, all, 100);
  EXPECT_THAT(blocks, SizeIs(10));
  int complete = 0;
  for (const BlockRef& block : blocks) complete += picker.received(block, 1).piece_complete;
  EXPECT_EQ(complete, 5);
}

std::vector<std::uint32_t> pieces_of(const std::vector<BlockRef>& blocks) {
  std::vector<std::uint32_t> pieces;
  for (const BlockRef& block : blocks) {
    if (pieces.empty() || pieces.back() != block.piece) pieces.push_back(block.piece);
  }
  return pieces;
}

TEST(PiecePickerTest, WhatIsSkippedIsNeverPickedAndWhatIsWantedMostComesFirst) {
  PiecePicker picker(shape(10), 1);
  const Bitfield all(10, true);
  picker.add_peer(all);
  // The wanted ones are the most common.
  for (std::uint32_t i = 0; i < 4; ++i) picker.add_have(i);
  std::vector<FilePriority> priorities(10, FilePriority::kSkip);
  priorities[0] = priorities[1] = FilePriority::kLow;
  priorities[2] = FilePriority::kHigh;
  priorities[3] = FilePriority::kNormal;
  picker.set_priorities(priorities);
  const auto pieces = pieces_of(pick(picker, 1, all, 1000));
  ASSERT_THAT(pieces, SizeIs(4));
  EXPECT_EQ(pieces[0], 2u);
  EXPECT_EQ(pieces[1], 3u);
  EXPECT_TRUE(picker.end_game());
}

TEST(PiecePickerTest, WithinAPriorityTheRarestComesFirst) {
  PiecePicker picker(shape(40), 1);
  skip_random_start(picker);
  const Bitfield all(40, true);
  picker.add_peer(all);
  for (std::uint32_t i = 4; i < 40; ++i) {
    if (i != 17 && i != 30) picker.add_have(i);
  }
  std::vector<FilePriority> priorities(40, FilePriority::kLow);
  for (std::uint32_t i = 20; i < 40; ++i) priorities[i] = FilePriority::kHigh;
  picker.set_priorities(priorities);
  EXPECT_EQ(pick(picker, 1, all, 1).at(0).piece, 30u);
  priorities[17] = FilePriority::kHigh;
  priorities[30] = FilePriority::kSkip;
  picker.set_priorities(priorities);
  EXPECT_EQ(pick(picker, 2, all, 1).at(0).piece, 17u);
}

TEST(PiecePickerTest, ABegunPieceThatIsSkippedWaitsAndGoesOnWhenItIsWantedAgain) {
  PiecePicker picker(shape(6), 1);
  skip_random_start(picker);
  const Bitfield all(6, true);
  picker.add_peer(all);
  const auto first = pick(picker, 1, all, 2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(picker.received(first[0], 1).arrival, PiecePicker::Arrival::kNew);
  std::vector<FilePriority> priorities(6, FilePriority::kNormal);
  priorities[first[0].piece] = FilePriority::kSkip;
  picker.set_priorities(priorities);
  picker.abandon(first[1], 1);
  const auto other = pick(picker, 1, all, 100);
  EXPECT_THAT(other, SizeIs(4));
  for (const BlockRef& block : other) EXPECT_NE(block.piece, first[0].piece);
  EXPECT_TRUE(picker.end_game());
  for (const BlockRef& block : other) picker.abandon(block, 1);
  priorities[first[0].piece] = FilePriority::kHigh;
  picker.set_priorities(priorities);
  EXPECT_FALSE(picker.end_game());
  const auto rest = pick(picker, 2, all, 3);
  EXPECT_THAT(rest, SizeIs(3));
  for (const BlockRef& block : rest) EXPECT_EQ(block.piece, first[0].piece);
}

TEST(PiecePickerTest, SequentiallyEverybodyWorksAtTheFirstPieces) {
  PiecePicker picker(shape(40), 1);
  const Bitfield all(40, true);
  picker.add_peer(all);
  picker.add_peer(all);
  picker.set_sequential(true);
  EXPECT_THAT(pieces_of(pick(picker, 1, all, 6)), testing::ElementsAre(0, 1));
  EXPECT_THAT(pieces_of(pick(picker, 2, all, 6)), testing::ElementsAre(1, 2));
  Bitfield late(40);
  late.set(30);
  late.set(7);
  picker.add_peer(late);
  EXPECT_THAT(pieces_of(pick(picker, 3, late, 6)), testing::ElementsAre(7, 30));
  picker.set_sequential(false);
  std::set<std::uint32_t> next;
  for (const BlockRef& block : pick(picker, 4, all, 40)) next.insert(block.piece);
  EXPECT_FALSE(next.contains(3) && next.contains(4) && next.contains(5) && next.contains(6));
}

// A choice among the files of a large torrent is made on the network thread: it may take no time.
TEST(PiecePickerTest, AHundredThousandPiecesChangeTheirPriorityAtOnce) {
  constexpr std::uint32_t kPieces = 100'000;
  PiecePicker picker(shape(kPieces), 1);
  SmallRandom random(5);
  for (int peer = 0; peer < 30; ++peer) {
    Bitfield pieces(kPieces);
    for (std::uint32_t i = 0; i < kPieces; ++i) {
      if (random() % 3 == 0) pieces.set(i);
    }
    picker.add_peer(pieces);
  }
  std::vector<FilePriority> priorities(kPieces);
  for (auto& priority : priorities) priority = static_cast<FilePriority>(random() % kFilePriorities);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) picker.set_priorities(priorities);
  const auto each = (std::chrono::steady_clock::now() - start) / 10;
  // Some 3 ms; a swap at every bucket's edge for every piece would take twenty times as long.
  EXPECT_LT(each, std::chrono::milliseconds(100));
  const Bitfield all(kPieces, true);
  picker.add_peer(all);
  for (const BlockRef& block : pick(picker, 1, all, 400)) {
    EXPECT_EQ(priorities[block.piece], FilePriority::kHigh);
  }
}

// The array by availability against a plain count, under random events.
TEST(PiecePickerTest, AvailabilityStaysTrueWhateverHappens) {
  constexpr std::uint32_t kPieces = 60;
  SmallRandom random(7);
  PiecePicker picker(shape(kPieces), 3);
  std::map<PeerKey, Bitfield> peers;
  PeerKey next = 1;
  std::vector<std::pair<PeerKey, BlockRef>> asked;
  for (int step = 0; step < 20'000; ++step) {
    const auto some_peer = [&] {
      return std::next(peers.begin(), static_cast<std::ptrdiff_t>(random() % peers.size()));
    };
    switch (random() % 7) {
      case 6:
        if (random() % 20 == 0) {
          std::vector<FilePriority> priorities(kPieces);
          for (auto& priority : priorities) priority = static_cast<FilePriority>(random() % kFilePriorities);
          picker.set_priorities(priorities);
        }
        break;
      case 0:
        if (peers.size() < 12) {
          Bitfield pieces(kPieces, random() % 5 == 0);
          for (std::uint32_t i = 0; i < kPieces; ++i) {
            if (random() % 3 == 0) pieces.set(i);
          }
          picker.add_peer(pieces);
          peers.emplace(next++, pieces);
        }
        break;
      case 1:
        if (peers.size() > 3) {
          const auto gone = some_peer();
          std::erase_if(asked, [&](const auto& item) {
            if (item.first != gone->first) return false;
            picker.abandon(item.second, item.first);
            return true;
          });
          picker.remove_peer(gone->second);
          peers.erase(gone);
        }
        break;
      case 2:
        if (!peers.empty()) {
          const auto peer = some_peer();
          const std::uint32_t piece = static_cast<std::uint32_t>(random() % kPieces);
          if (peer->second.set(piece)) {
            picker.add_have(piece);
            if (peer->second.all()) picker.became_seed();
          }
        }
        break;
      case 3:
        if (!peers.empty()) {
          const auto peer = some_peer();
          for (const BlockRef& block : pick(picker, peer->first, peer->second, 5)) {
            EXPECT_TRUE(peer->second.test(block.piece));
            EXPECT_NE(picker.priority(block.piece), FilePriority::kSkip);
            asked.emplace_back(peer->first, block);
          }
        }
        break;
      default:
        if (!asked.empty()) {
          const std::size_t i = random() % asked.size();
          const auto [peer, block] = asked[i];
          asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(i));
          const auto result = picker.received(block, peer);
          if (result.piece_complete) {
            random() % 4 == 0 ? picker.passed(block.piece) : picker.failed(block.piece);
          }
        }
    }
    if (step % 100 != 0) continue;
    for (std::uint32_t i = 0; i < kPieces; ++i) {
      std::uint32_t count = 0;
      for (const auto& [key, pieces] : peers) count += pieces.test(i);
      ASSERT_EQ(picker.availability(i), count);
    }
  }
}

}  // namespace
}  // namespace podswarm::engine
