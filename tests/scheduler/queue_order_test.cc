// Whose turn it is: priorities, feeds in turn, what was moved by hand, and what can be done by a time.

#include "scheduler/queue_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/units.h"
#include "scheduler/deadline_order.h"

namespace podswarm::scheduler {
namespace {

using Ids = std::vector<std::int64_t>;

const base::WallTime kNoon = *base::parse_rfc3339("2026-11-20T12:00:00Z");

QueueItem item(std::int64_t id, std::int64_t feed, int priority = 0, std::int64_t place = 0) {
  return {id, feed, priority, place, kNoon + std::chrono::seconds(id)};
}

Ids ids(const std::vector<QueueItem>& items) {
  Ids out;
  for (const auto& one : items) out.push_back(one.id);
  return out;
}

// Carries a move out and orders anew, as the next pass does.
std::vector<QueueItem> after(std::vector<QueueItem> items, std::int64_t id, Move move) {
  items = in_order(std::move(items), {});
  for (const auto& turn : moved(items, id, move)) {
    for (auto& one : items) {
      if (one.id != turn.id) continue;
      one.priority = turn.priority;
      one.place = turn.place;
    }
  }
  return in_order(std::move(items), {});
}

TEST(QueueOrder, HigherPriorityGoesFirst) {
  EXPECT_EQ(ids(in_order({item(1, 1), item(2, 1, 5), item(3, 1, -1)}, {})), (Ids{2, 1, 3}));
}

TEST(QueueOrder, FeedsOfThePriorityTakeTurnsHoweverManyOneHas) {
  EXPECT_EQ(ids(in_order({item(1, 1), item(2, 1), item(3, 1), item(4, 1), item(5, 2), item(6, 2), item(7, 3)}, {})),
            (Ids{1, 5, 7, 2, 6, 3, 4}));
}

TEST(QueueOrder, WhatAFeedHasUnderWayCounts) {
  FeedTurns turns;
  turns.active[1] = 2;
  EXPECT_EQ(ids(in_order({item(1, 1), item(2, 2), item(3, 2)}, turns)), (Ids{2, 3, 1}));
}

TEST(QueueOrder, OneAtATimeFeedsStillTakeTurns) {
  FeedTurns turns;
  turns.last_start[1] = kNoon;
  EXPECT_EQ(ids(in_order({item(1, 1), item(2, 2)}, turns)).front(), 2);
  turns.last_start[2] = kNoon + std::chrono::hours(1);
  EXPECT_EQ(ids(in_order({item(1, 1), item(2, 2)}, turns)).front(), 1);
}

TEST(QueueOrder, MovesHoldWhateverTheFeeds) {
  const std::vector<QueueItem> items = {item(1, 1), item(2, 1), item(3, 2), item(4, 1, 3), item(5, 2)};
  ASSERT_EQ(ids(in_order(items, {})), (Ids{4, 1, 3, 2, 5}));
  EXPECT_EQ(ids(after(items, 5, Move::kTop)), (Ids{5, 4, 1, 3, 2}));
  EXPECT_EQ(ids(after(items, 4, Move::kBottom)).back(), 4);
  EXPECT_EQ(ids(after(items, 2, Move::kUp)), (Ids{4, 1, 2, 3, 5}));
  EXPECT_EQ(ids(after(items, 1, Move::kUp)), (Ids{1, 4, 2, 3, 5}));
  EXPECT_EQ(ids(after(items, 4, Move::kDown)), (Ids{1, 4, 3, 2, 5}));
  EXPECT_EQ(ids(after(items, 3, Move::kDown)), (Ids{4, 1, 2, 3, 5}));
}

TEST(QueueOrder, AtTheEndThereIsNothingToMove) {
  const auto items = in_order({item(1, 1), item(2, 1)}, {});
  EXPECT_TRUE(moved(items, 1, Move::kTop).empty());
  EXPECT_TRUE(moved(items, 1, Move::kUp).empty());
  EXPECT_TRUE(moved(items, 2, Move::kDown).empty());
  EXPECT_TRUE(moved(items, 2, Move::kBottom).empty());
  EXPECT_TRUE(moved(items, 9, Move::kTop).empty());
}

TEST(QueueOrder, WhatComesLaterQueuesBehindAnOrderMadeByHand) {
  auto items = after({item(1, 1), item(2, 1), item(3, 1)}, 3, Move::kUp);
  items.push_back(item(4, 2));
  EXPECT_EQ(ids(in_order(items, {})), (Ids{1, 3, 2, 4}));
}

TEST(QueueOrder, EveryMoveOfEveryQueueDoesWhatItsNameSays) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<QueueItem> items;
    const int count = 1 + below(8);
    for (int i = 1; i <= count; ++i) items.push_back(item(i, 1 + below(3), below(3), below(4) == 0 ? below(7) - 3 : 0));
    items = in_order(std::move(items), {});
    Ids expected = ids(items);
    const auto id = 1 + below(count);
    const auto at = std::find(expected.begin(), expected.end(), id);
    const auto move = static_cast<Move>(below(4));
    if (move == Move::kTop) std::rotate(expected.begin(), at, std::next(at));
    if (move == Move::kBottom) std::rotate(at, std::next(at), expected.end());
    if (move == Move::kUp && at != expected.begin()) std::iter_swap(at, std::prev(at));
    if (move == Move::kDown && std::next(at) != expected.end()) std::iter_swap(at, std::next(at));
    const auto got = after(items, id, move);
    // Of the same priority and place the feeds' turns may fall differently: the one that was moved stands where it
    // should.
    if (move == Move::kUp || move == Move::kDown) {
      const auto position = [&](const Ids& list) { return std::find(list.begin(), list.end(), id) - list.begin(); };
      ASSERT_EQ(position(ids(got)), position(expected)) << "round " << round;
    } else {
      const auto end = move == Move::kTop ? ids(got).front() : ids(got).back();
      ASSERT_EQ(end, id) << "round " << round;
    }
  }
}

TEST(DeadlineOrder, OfAFeedWhatTakesLessGoesFirstWithinAPriority) {
  const Estimate estimate{.rate = 100, .time_left = std::chrono::hours(1)};
  EXPECT_EQ(ids(by_deadline({item(3, 1, 5), item(1, 1), item(2, 1)}, {{1, 500}, {2, 400}, {3, 9000}}, estimate)),
            (Ids{3, 2, 1}));
}

TEST(DeadlineOrder, FeedsStillTakeTurns) {
  const Estimate estimate{.rate = 100, .time_left = std::chrono::hours(1)};
  const auto items = in_order({item(1, 1), item(2, 1), item(3, 1), item(4, 2), item(5, 2)}, {});
  ASSERT_EQ(ids(items), (Ids{1, 4, 2, 5, 3}));
  EXPECT_EQ(ids(by_deadline(items, {{1, 30}, {2, 20}, {3, 10}, {4, 900}, {5, 800}}, estimate)), (Ids{3, 5, 2, 4, 1}));
}

TEST(DeadlineOrder, WhatCannotBeDoneByItselfGivesWayToWhatCan) {
  const Estimate estimate{.rate = 100, .rate_of_all = 1000, .time_left = std::chrono::seconds(60)};
  EXPECT_EQ(ids(by_deadline({item(1, 1, 5), item(3, 1), item(2, 1)}, {{1, 6100}, {2, 5900}, {3, 10}}, estimate)),
            (Ids{3, 2, 1}));
}

TEST(DeadlineOrder, WhatNoLongerFitsBesideWhatMattersMoreComesAfterwards) {
  // 10,000 bytes can be done.
  const Estimate estimate{.rate = 100, .time_left = std::chrono::seconds(100)};
  const std::vector<QueueItem> items = {item(1, 1, 9), item(2, 2, 9), item(3, 1, 5), item(4, 1), item(5, 2)};
  // Each would fit alone; together 1, 3 and 5 do.
  EXPECT_EQ(ids(by_deadline(items, {{1, 6000}, {2, 7000}, {3, 3000}, {4, 2000}, {5, 900}}, estimate)),
            (Ids{1, 3, 5, 2, 4}));
}

TEST(DeadlineOrder, AFeedWithAWindowOfItsOwnHasThatTime) {
  Estimate estimate{.rate = 100, .time_left = std::chrono::seconds(100)};
  const std::vector<QueueItem> items = {item(1, 1, 9), item(2, 2, 5), item(3, 3)};
  const std::map<std::int64_t, std::uint64_t> rest = {{1, 3000}, {2, 3000}, {3, 3000}};
  EXPECT_EQ(ids(by_deadline(items, rest, estimate)), (Ids{1, 2, 3}));
  // 2,000 bytes can be done of the first one's, and of the second, after what the third takes, enough.
  estimate.time_left_of = {{1, std::chrono::seconds(20)}, {2, std::chrono::hours(1)}};
  EXPECT_EQ(ids(by_deadline(items, rest, estimate)), (Ids{2, 3, 1}));
}

TEST(DeadlineOrder, SeveralAtATimeBringMoreAndWhatRunsAlreadyTakesItsPart) {
  Estimate estimate{.rate = 100, .rate_of_all = 200, .time_left = std::chrono::seconds(100)};
  const std::vector<QueueItem> items = {item(1, 1, 9), item(2, 2, 9), item(3, 1)};
  const std::map<std::int64_t, std::uint64_t> rest = {{1, 9000}, {2, 9000}, {3, 1000}};
  EXPECT_EQ(ids(by_deadline(items, rest, estimate)), (Ids{1, 2, 3}));
  estimate.under_way = 5000;
  EXPECT_EQ(ids(by_deadline(items, rest, estimate)), (Ids{1, 3, 2}));
}

TEST(DeadlineOrder, WithoutARateEverythingCanBeDoneAndUnknownSizesAreUsualOnes) {
  const Estimate estimate{.usual_size = 450};
  EXPECT_EQ(ids(by_deadline({item(1, 1), item(2, 1), item(3, 1)}, {{1, 500}, {3, 400}}, estimate)), (Ids{3, 2, 1}));
}

TEST(DeadlineOrder, AnOrderMadeByHandStandsAndCounts) {
  const Estimate estimate{.rate = 100, .time_left = std::chrono::seconds(10)};
  // At the top by hand although they do not fit; 3 fits no more, and 4 is at the bottom by hand.
  EXPECT_EQ(ids(by_deadline({item(1, 1, 0, -2), item(2, 1, 0, -1), item(3, 1), item(4, 1, 0, 1), item(5, 1, -1)},
                            {{1, 5000}, {2, 400}, {3, 100}, {4, 0}, {5, 0}}, estimate)),
            (Ids{1, 2, 5, 3, 4}));
}

// The invariants over queues of every kind.
TEST(DeadlineOrder, NothingIsLostAndNobodyWaitsBehindWhatDoesNotFit) {
  std::mt19937 random(11);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<QueueItem> items;
    std::map<std::int64_t, std::uint64_t> rest;
    for (int i = 1; i <= 12; ++i) {
      items.push_back(item(i, 1 + below(3), below(3)));
      rest[i] = static_cast<std::uint64_t>(below(100));
    }
    items = in_order(std::move(items), {});
    Estimate estimate{.rate = 1, .rate_of_all = 2, .time_left = std::chrono::seconds(below(200))};
    const auto got = by_deadline(items, rest, estimate);
    auto sorted = ids(got);
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(sorted, (Ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    // As priorities fall, what comes first is what is done in time; where they rise again, the rest begins.
    const auto room = 2 * static_cast<std::uint64_t>(estimate.time_left.count());
    std::uint64_t sum = 0;
    std::size_t at = 0;
    while (at < got.size() && sum + rest[got[at].id] <= room && (at == 0 || got[at].priority <= got[at - 1].priority)) {
      sum += rest[got[at++].id];
    }
    for (++at; at < got.size(); ++at) ASSERT_LE(got[at].priority, got[at - 1].priority) << "round " << round;
  }
}

}  // namespace
}  // namespace podswarm::scheduler
