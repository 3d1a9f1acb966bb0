#include "engine/core/peer_book.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
const base::SteadyTime kStart{1'000'000s};
const Endpoint kA = Endpoint::v4({192, 0, 2, 1}, 6881);
const Endpoint kB = Endpoint::v4({192, 0, 2, 2}, 6881);

TEST(PeerBookTest, WhomTheUserNamedIsCalledFirstAndEachOnlyOnce) {
  PeerBook book;
  EXPECT_TRUE(book.add(kA, PeerBook::Source::kExchange));
  EXPECT_TRUE(book.add(kB, PeerBook::Source::kUser));
  EXPECT_FALSE(book.add(kB, PeerBook::Source::kTracker));
  EXPECT_EQ(book.next(kStart), kB);
  EXPECT_EQ(book.next(kStart), kA);
  EXPECT_EQ(book.next(kStart), std::nullopt);
  EXPECT_EQ(book.next_due(), std::nullopt);
}

TEST(PeerBookTest, WhoWasConnectedOtherwiseIsCalledWhenThatConnectionEnds) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  const base::SteadyTime now{};
  ASSERT_TRUE(book.next(now));
  book.ended(kA, true, now);  // it is connected already, by its own call
  EXPECT_EQ(book.next_due(), now + PeerBook::kAfterUseless);
  Endpoint from = kA;
  from.port = 55'555;
  book.connection_lost(from, now);
  EXPECT_EQ(book.next_due(), now + PeerBook::kAfterHangUp);
}

TEST(PeerBookTest, WhoHangsUpIsCalledAgainSoonAndThenLessOften) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  base::SteadyTime now{};
  for (std::uint32_t i = 1; i < PeerBook::kMostHangUps; ++i) {
    ASSERT_TRUE(book.next(now));
    book.hung_up(kA, now);
    const auto wait = PeerBook::kAfterHangUp * (1 << (i - 1));
    EXPECT_EQ(book.next_due(), now + wait);
    now += wait;
  }
  ASSERT_TRUE(book.next(now));
  book.hung_up(kA, now);
  EXPECT_FALSE(book.next_due());
}

TEST(PeerBookTest, AUsersPeerThatIsNotThereYetIsCalledAgainSoonAndForEver) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kUser);
  base::SteadyTime now{};
  ASSERT_TRUE(book.next(now));
  book.failed(kA, now);
  EXPECT_EQ(book.next_due(), now + PeerBook::kAfterHangUp);
  now += PeerBook::kAfterHangUp;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(book.next(now)) << i;
    if (i % 2 == 0) {
      book.hung_up(kA, now);
    } else {
      book.failed(kA, now);
    }
    ASSERT_TRUE(book.next_due());
    EXPECT_LE(*book.next_due() - now, PeerBook::kAfterHangUp * 128);
    now = *book.next_due();
  }
}

TEST(PeerBookTest, WhoFailsWaitsLongerEachTimeAndIsForgotten) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  base::SteadyTime now = kStart;
  for (std::uint32_t i = 1; i < PeerBook::kMostFailures; ++i) {
    ASSERT_EQ(book.next(now), kA);
    book.failed(kA, now);
    EXPECT_EQ(book.next(now), std::nullopt);
    EXPECT_EQ(book.next_due(), now + PeerBook::kAfterFailure * i);
    now += PeerBook::kAfterFailure * i;
  }
  ASSERT_EQ(book.next(now), kA);
  book.failed(kA, now);
  EXPECT_EQ(book.size(), 0u);
}

TEST(PeerBookTest, WhoHasNothingForUsIsLeftAloneForLong) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  ASSERT_EQ(book.next(kStart), kA);
  book.worked(kA);
  book.ended(kA, true, kStart);
  EXPECT_EQ(book.next_due(), kStart + PeerBook::kAfterUseless);
  EXPECT_EQ(book.good(10), std::vector<Endpoint>{kA});
}

TEST(PeerBookTest, ABannedAddressIsNotCalledOnAnyPort) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kUser);
  book.ban(kA);
  EXPECT_EQ(book.next(kStart), std::nullopt);
  EXPECT_FALSE(book.add(Endpoint::v4({192, 0, 2, 1}, 7000), PeerBook::Source::kUser));
  EXPECT_TRUE(book.is_banned(Endpoint::v4({192, 0, 2, 1}, 1234)));
  EXPECT_FALSE(book.is_banned(kB));
}

TEST(PeerBookTest, OurselvesAreNeverCalledAgainButOthersAtThatAddressAre) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  ASSERT_TRUE(book.next(kStart));
  book.refuse(kA);
  EXPECT_FALSE(book.add(kA, PeerBook::Source::kTracker));
  EXPECT_EQ(book.next_due(), std::nullopt);
  Endpoint neighbour = kA;
  neighbour.port = 51'413;
  EXPECT_TRUE(book.add(neighbour, PeerBook::Source::kTracker));
}

TEST(PeerBookTest, WhereWeAreReachedIsNotCalled) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  book.set_own(kA);
  EXPECT_EQ(book.next(kStart), std::nullopt);
  EXPECT_FALSE(book.add(kA, PeerBook::Source::kExchange));
}

TEST(PeerBookTest, AmongEqualsTheHighestPriorityIsCalledFirst) {
  const Endpoint own = Endpoint::v4({123, 213, 32, 10}, 6881);
  const Endpoint low = Endpoint::v4({123, 213, 32, 234}, 6881);  // 0x99568189
  const Endpoint high = Endpoint::v4({98, 76, 54, 32}, 6881);    // 0xec2d7224
  PeerBook book;
  book.add(low, PeerBook::Source::kTracker);
  book.add(high, PeerBook::Source::kTracker);
  book.add(kA, PeerBook::Source::kUser);
  book.set_own(own);
  EXPECT_EQ(book.next(kStart), kA) << "whom the user named comes first all the same";
  EXPECT_EQ(book.next(kStart), high);
  EXPECT_EQ(book.next(kStart), low);
}

TEST(PeerBookTest, AddressesFromASourceCanBeForgotten) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kExchange);
  book.add(kB, PeerBook::Source::kTracker);
  EXPECT_TRUE(book.forget_from(PeerBook::Source::kExchange).empty());
  EXPECT_EQ(book.next(kStart), kB);
  EXPECT_EQ(book.next(kStart), std::nullopt);
  EXPECT_EQ(book.size(), 1u);
}

TEST(PeerBookTest, WhoIsForgottenWhileConnectedDoesNotComeBack) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kExchange);
  EXPECT_EQ(book.next(kStart), kA);
  EXPECT_TRUE(book.is_in_use(kA));
  EXPECT_EQ(book.forget_from(PeerBook::Source::kExchange), std::vector{kA});
  EXPECT_FALSE(book.is_in_use(kA));
  book.ended(kA, false, kStart);
  EXPECT_EQ(book.next_due(), std::nullopt);
  EXPECT_EQ(book.size(), 0u);
}

TEST(PeerBookTest, WhoWasUselessMayBeCalledAgainAtOnce) {
  PeerBook book;
  book.add(kA, PeerBook::Source::kTracker);
  ASSERT_TRUE(book.next(kStart));
  book.worked(kA);
  book.ended(kA, true, kStart);
  EXPECT_EQ(book.next(kStart), std::nullopt);
  book.call_again(kStart);
  EXPECT_EQ(book.next(kStart), kA);
}

}  // namespace
}  // namespace podswarm::engine
