// Peers that lie about the size of the metadata, drip what is none, or leave its requests lying.
#include "engine/core/metadata_fetch.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

class MetadataFetchTest : public testing::Test {
 protected:
  // What came of an answer, hashed at once where it is whole.
  enum class Progress { kMore, kComplete, kBad };
  static constexpr std::uint32_t kSize = 1000;
  const base::Bytes info_ = base::Bytes(kSize, 'i');
  MetadataFetch fetch_;
  base::SteadyTime now_{1'000'000s};

  MetadataFetch::Candidate send(PeerKey peer, base::ByteView data, std::uint32_t piece = 0) {
    UtMetadataMessage message;
    message.type = UtMetadataMessage::Type::kData;
    message.piece = piece;
    message.data = data;
    return fetch_.on_data(peer, message, now_);
  }
  Progress answer(PeerKey peer, base::ByteView data, const base::Bytes& wanted, std::uint32_t piece = 0) {
    const auto candidate = send(peer, data, piece);
    if (!candidate) return Progress::kMore;
    const bool good = is_metadata_of(sha1(wanted), *candidate);
    EXPECT_EQ(good, *candidate == wanted);
    EXPECT_EQ(fetch_.on_checked(good), nullptr);
    return good ? Progress::kComplete : Progress::kBad;
  }
  Progress answer(PeerKey peer) { return answer(peer, info_, info_); }
  // As many liars as there are places, each with a size of its own, that send one whole piece of it after the other.
  void drip(PeerKey first) {
    const base::Bytes junk(kMetadataPieceSize, 'x');
    for (PeerKey liar = first; liar < first + MetadataFetch::kMostAttempts; ++liar) {
      for (const std::uint32_t piece : fetch_.ask(liar, kMaxMetadataSize - liar, now_)) EXPECT_FALSE(send(liar, junk, piece));
    }
  }
};

TEST_F(MetadataFetchTest, OtherSizesAreTriedSideBySide) {
  EXPECT_EQ(fetch_.ask(1, 5000, now_).size(), 1u);
  EXPECT_EQ(fetch_.ask(2, kSize, now_).size(), 1u);
  EXPECT_EQ(answer(2), Progress::kComplete);
}

TEST_F(MetadataFetchTest, ASizeOfWhichNothingComesMakesWayForAnother) {
  for (PeerKey liar = 1; liar <= MetadataFetch::kMostAttempts; ++liar) (void)fetch_.ask(liar, 5000 * liar, now_);
  EXPECT_TRUE(fetch_.ask(9, kSize, now_).empty());
  now_ += MetadataFetch::kStalled;
  EXPECT_EQ(fetch_.ask(9, kSize, now_).size(), 1u);
  EXPECT_EQ(answer(9), Progress::kComplete);
}

TEST_F(MetadataFetchTest, WhoDripsALieHoldsUpTheOthersForABoundedTime) {
  const auto start = now_;
  while (now_ < start + 10min) {
    drip(1);
    if (!fetch_.ask(99, kSize, now_).empty()) {
      EXPECT_LE(now_ - start, MetadataFetch::kAllowed);
      EXPECT_EQ(answer(99), Progress::kComplete);
      return;
    }
    now_ += 1s;
  }
  FAIL() << "the honest peer was never asked";
}

// Each time that a place is free, the liars are first at it.
TEST_F(MetadataFetchTest, AmongManyLiarsItsTurnComes) {
  const auto start = now_;
  while (now_ < start + 10min) {
    for (PeerKey first = 1; first < 40; first += MetadataFetch::kMostAttempts) drip(first);
    if (!fetch_.ask(99, kSize, now_).empty()) {
      EXPECT_LE(now_ - start, MetadataFetch::kAllowed * 10);
      EXPECT_EQ(answer(99), Progress::kComplete);
      return;
    }
    now_ += 1s;
  }
  FAIL() << "the honest peer was never asked";
}

TEST_F(MetadataFetchTest, WhatLiarsSendIsHeldUpToABound) {
  const base::Bytes junk(kMetadataPieceSize, 'x');
  std::size_t sent = 0;
  for (int round = 0; round < 5000; ++round) {
    for (PeerKey liar = 1; liar <= MetadataFetch::kMostAttempts; ++liar) {
      for (const std::uint32_t piece : fetch_.ask(liar, kMaxMetadataSize - liar, now_)) {
        // Never the last one, so that it never is whole.
        if (std::size_t{piece + 1} * kMetadataPieceSize >= kMaxMetadataSize - liar) continue;
        sent += junk.size();
        EXPECT_FALSE(send(liar, junk, piece));
      }
    }
  }
  EXPECT_GT(sent, MetadataFetch::kMostHeld);
  EXPECT_LE(sent, 2 * MetadataFetch::kMostHeld);
}

// They hold as much as may be held, so that nobody else may begin.
TEST_F(MetadataFetchTest, TwoLiarsThatHoldItAllDoNotKeepAnHonestPeerWaitingForEver) {
  const base::Bytes junk(kMetadataPieceSize, 'x');
  const auto send_all_but_one = [&](PeerKey liar, std::uint32_t size) {
    for (bool more = true; more;) {
      more = false;
      for (const std::uint32_t piece : fetch_.ask(liar, size, now_)) {
        if (std::size_t{piece + 1} * kMetadataPieceSize >= size) continue;
        EXPECT_FALSE(send(liar, junk, piece));
        more = true;
      }
    }
  };
  send_all_but_one(1, kMaxMetadataSize);
  send_all_but_one(2, kMaxMetadataSize - 1);
  const auto start = now_;
  while (fetch_.ask(9, kSize, now_).empty()) {
    ASSERT_LE(now_ - start, MetadataFetch::kAllowed);
    now_ += 1s;
  }
  EXPECT_EQ(answer(9), Progress::kComplete);
}

TEST_F(MetadataFetchTest, APeersFirstWordOnTheSizeCounts) {
  EXPECT_EQ(fetch_.ask(1, 5000, now_).size(), 1u);
  for (std::uint32_t size = 6000; size < 6100; ++size) EXPECT_TRUE(fetch_.ask(1, size, now_).empty());
  EXPECT_EQ(fetch_.ask(2, kSize, now_).size(), 1u) << "there is room";
}

TEST_F(MetadataFetchTest, WhoSendsAllOfItWrongIsTheCulprit) {
  EXPECT_EQ(fetch_.ask(1, kSize, now_).size(), 1u);
  EXPECT_EQ(answer(1, base::Bytes(kSize, 'x'), info_), Progress::kBad);
  EXPECT_EQ(fetch_.culprits(), std::vector<PeerKey>{1});
}

TEST_F(MetadataFetchTest, WhereSeveralSentItEachIsAskedForAllOfIt) {
  const base::Bytes info(2 * kMetadataPieceSize, 'i');
  const auto size = static_cast<std::uint32_t>(info.size());
  const auto tell = [&](PeerKey peer, std::uint32_t piece, char fill) {
    return answer(peer, base::Bytes(kMetadataPieceSize, static_cast<std::uint8_t>(fill)), info, piece);
  };
  // The liar answers for the second piece before the other one does.
  EXPECT_EQ(fetch_.ask(1, size, now_).size(), 2u);
  now_ += 3s;
  EXPECT_EQ(fetch_.ask(2, size, now_).size(), 2u);
  EXPECT_EQ(tell(1, 0, 'i'), Progress::kMore);
  EXPECT_EQ(tell(2, 1, 'x'), Progress::kBad);
  EXPECT_TRUE(fetch_.culprits().empty()) << "it is not known who lied";
  EXPECT_EQ(fetch_.ask(1, size, now_).size(), 2u);
  EXPECT_EQ(fetch_.ask(2, size, now_).size(), 2u);
  EXPECT_EQ(tell(2, 0, 'i'), Progress::kMore);
  EXPECT_EQ(tell(2, 1, 'x'), Progress::kBad);
  EXPECT_EQ(fetch_.culprits(), std::vector<PeerKey>{2});
  EXPECT_EQ(tell(1, 0, 'i'), Progress::kMore);
  EXPECT_EQ(tell(1, 1, 'i'), Progress::kComplete);
}

TEST_F(MetadataFetchTest, WhatIsCompleteIsNotReplaced) {
  EXPECT_EQ(fetch_.ask(2, kSize, now_).size(), 1u);
  EXPECT_EQ(answer(2), Progress::kComplete);
  now_ += MetadataFetch::kStalled;
  EXPECT_TRUE(fetch_.ask(1, 5000, now_).empty());
}

// Hashing takes its time, on another thread.
TEST_F(MetadataFetchTest, WhileOneIsHashedNobodyIsAskedForItAgainAndAnotherSizeGoesOn) {
  EXPECT_EQ(fetch_.ask(1, kSize, now_).size(), 1u);
  EXPECT_EQ(fetch_.ask(2, 2 * kSize, now_).size(), 1u);
  ASSERT_TRUE(send(1, base::Bytes(kSize, 'x')));
  EXPECT_TRUE(fetch_.ask(3, kSize, now_).empty());
  EXPECT_FALSE(send(2, base::Bytes(2 * kSize, 'y'))) << "one after the other";
  const auto next = fetch_.on_checked(false);
  EXPECT_EQ(fetch_.culprits(), std::vector<PeerKey>{1});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->size(), 2 * kSize);
  EXPECT_FALSE(fetch_.on_checked(false));
  EXPECT_EQ(fetch_.culprits(), std::vector<PeerKey>{2});
}

TEST_F(MetadataFetchTest, ARejectDoesNotEndWhatAnotherPeerWasAskedFor) {
  const base::Bytes info(2 * kMetadataPieceSize, 'i');
  const auto size = static_cast<std::uint32_t>(info.size());
  EXPECT_EQ(fetch_.ask(1, size, now_).size(), 2u);
  now_ += 3s;
  EXPECT_EQ(fetch_.ask(2, size, now_).size(), 2u);
  fetch_.on_reject(1, now_);
  const base::Bytes half(kMetadataPieceSize, 'i');
  EXPECT_EQ(answer(2, half, info, 0), Progress::kMore);
  EXPECT_EQ(answer(2, half, info, 1), Progress::kComplete);
}

}  // namespace
}  // namespace podswarm::engine
