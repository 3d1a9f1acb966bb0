#include "engine/core/tracker_list.h"

#include <gtest/gtest.h>

#include <set>

namespace podswarm::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const base::SteadyTime kStart = base::SteadyTime{} + std::chrono::hours(1);
const std::string kA = "http://a.test/announce";
const std::string kB = "udp://b.test:1";
const std::string kC = "https://c.test/announce";

AnnounceResponse every(seconds interval, seconds min_interval = seconds(0)) {
  AnnounceResponse response;
  response.interval = interval;
  response.min_interval = min_interval;
  return response;
}

TEST(TrackerList, StartedIsRepeatedUntilATrackerTakesIt) {
  TrackerList list({{kA}}, {}, 1);
  auto due = list.due(kStart);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kA);
  EXPECT_EQ(due[0].event, AnnounceEvent::kStarted);
  EXPECT_TRUE(list.due(kStart).empty()) << "it is under way";
  EXPECT_EQ(list.next_due(), std::nullopt);
  list.failed(due[0].tracker, "timed out", kStart);
  EXPECT_EQ(list.last_message(), "timed out");
  const auto again = list.next_due();
  ASSERT_TRUE(again);
  EXPECT_EQ(*again - kStart, std::chrono::milliseconds(17'500));
  EXPECT_TRUE(list.due(*again - seconds(1)).empty());
  due = list.due(*again);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].event, AnnounceEvent::kStarted);
  list.succeeded(due[0].tracker, every(minutes(30)), *again);
  EXPECT_EQ(list.last_message(), "");
  EXPECT_EQ(*list.next_due(), *again + minutes(30));
  due = list.due(*again + minutes(30));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].event, AnnounceEvent::kNone);
}

TEST(TrackerList, BacksOffToAnHourAndHeedsTheTracker) {
  TrackerList list({{kA}}, {}, 1);
  base::SteadyTime now = kStart;
  base::SteadyTime::duration longest{};
  for (int i = 0; i < 40; ++i) {
    const auto due = list.due(now);
    ASSERT_EQ(due.size(), 1u);
    list.failed(due[0].tracker, "x", now);
    longest = std::max(longest, *list.next_due() - now);
    now = *list.next_due();
  }
  EXPECT_EQ(longest, std::chrono::hours(1));
  const auto due = list.due(now);
  list.failed(due[0].tracker, "x", now, std::chrono::hours(3));
  EXPECT_EQ(*list.next_due() - now, std::chrono::hours(3));
}

TEST(TrackerList, WithinATierTheNextIsTriedAtOnceAndTheWinnerIsPromoted) {
  TrackerList list({{kA, kB}}, {}, 1);
  const auto first = list.due(kStart);
  ASSERT_EQ(first.size(), 1u);
  list.failed(first[0].tracker, "down", kStart);
  EXPECT_LE(*list.next_due(), kStart);
  const auto second = list.due(kStart);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_NE(second[0].url, first[0].url);
  list.succeeded(second[0].tracker, every(minutes(10)), kStart);
  EXPECT_TRUE(list.due(kStart + minutes(5)).empty()) << "the one that failed waits while another answers";
  const auto third = list.due(kStart + minutes(10));
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(third[0].url, second[0].url);
  EXPECT_EQ(list.last_message(), "");
}

TEST(TrackerList, ATorrentThatTurnsOutToBePrivateAsksOneTrackerAtATime) {
  TrackerList list({{kA}, {kB}}, {}, 1);
  list.one_at_a_time();
  EXPECT_EQ(list.due(kStart).size(), 1u);
}

TEST(TrackerList, EveryTierIsAskedOrOneTrackerAtATime) {
  TrackerList all({{kA}, {kB, kC}}, {}, 1);
  EXPECT_EQ(all.due(kStart).size(), 2u);

  TrackerList one({{kA}, {kB}}, {.all_tiers = false}, 1);
  auto due = one.due(kStart);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kA);
  one.failed(due[0].tracker, "x", kStart);
  due = one.due(kStart);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kB);
  one.succeeded(due[0].tracker, every(minutes(10)), kStart);
  EXPECT_EQ(*one.next_due(), kStart + minutes(10));
  due = one.due(kStart + minutes(10));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kA) << "the better tier is tried again when it is time";
}

TEST(TrackerList, CompletedIsSentOnceToThoseThatTookStarted) {
  TrackerList list({{kA}, {kB}}, {}, 1);
  auto due = list.due(kStart);
  ASSERT_EQ(due.size(), 2u);
  list.succeeded(due[0].tracker, every(minutes(30)), kStart);
  list.failed(due[1].tracker, "x", kStart);
  list.completed(kStart + seconds(1));
  list.completed(kStart + seconds(1));
  due = list.due(kStart + seconds(1));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kA);
  EXPECT_EQ(due[0].event, AnnounceEvent::kCompleted);
  list.succeeded(due[0].tracker, every(minutes(30)), kStart + seconds(1));
  due = list.due(kStart + minutes(1));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kB);
  EXPECT_EQ(due[0].event, AnnounceEvent::kStarted);
  list.succeeded(due[0].tracker, every(minutes(30)), kStart + minutes(1));
  EXPECT_TRUE(list.due(kStart + minutes(2)).empty()) << "it was told that nothing is left";
}

TEST(TrackerList, CompletionDuringStartedIsToldAfterwards) {
  TrackerList list({{kA}}, {}, 1);
  auto due = list.due(kStart);
  list.completed(kStart);
  list.succeeded(due[0].tracker, every(minutes(30)), kStart + seconds(1));
  due = list.due(kStart + seconds(1));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].event, AnnounceEvent::kCompleted);
  list.failed(due[0].tracker, "x", kStart + seconds(2));
  due = list.due(kStart + minutes(1));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].event, AnnounceEvent::kCompleted) << "until it is taken";
}

TEST(TrackerList, ASeedNeverCompletes) {
  TrackerList list({{kA}}, {.complete = true}, 1);
  auto due = list.due(kStart);
  EXPECT_EQ(due[0].event, AnnounceEvent::kStarted);
  list.succeeded(due[0].tracker, every(minutes(30)), kStart);
  list.completed(kStart);
  EXPECT_TRUE(list.due(kStart + minutes(1)).empty());
}

TEST(TrackerList, GoodbyeGoesOnlyToThoseThatKnowUs) {
  TrackerList list({{kA}, {kB}, {kC}}, {}, 1);
  const auto due = list.due(kStart);
  ASSERT_EQ(due.size(), 3u);
  AnnounceResponse response = every(minutes(30));
  response.tracker_id = "id";
  list.succeeded(due[0].tracker, response, kStart);
  list.failed(due[1].tracker, "x", kStart);
  const auto goodbye = list.stop();
  ASSERT_EQ(goodbye.size(), 2u);
  EXPECT_EQ(goodbye[0].url, kA);
  EXPECT_EQ(goodbye[0].event, AnnounceEvent::kStopped);
  EXPECT_EQ(goodbye[0].tracker_id, "id");
  EXPECT_EQ(goodbye[1].url, kC) << "its answer is on the way";
  EXPECT_TRUE(list.due(kStart + std::chrono::hours(9)).empty());
  EXPECT_EQ(list.next_due(), std::nullopt);
  EXPECT_TRUE(list.stop().empty());
}

TEST(TrackerList, HurryKeepsTheMinInterval) {
  TrackerList list({{kA}}, {}, 1);
  const auto due = list.due(kStart);
  list.succeeded(due[0].tracker, every(minutes(30), minutes(5)), kStart);
  list.hurry(kStart + minutes(1));
  EXPECT_EQ(*list.next_due(), kStart + minutes(5));
  list.hurry(kStart + minutes(7));
  EXPECT_EQ(*list.next_due(), kStart + minutes(5));
  EXPECT_EQ(list.due(kStart + minutes(7)).size(), 1u);
}

TEST(TrackerList, UnusableAndRepeatedUrlsAreLeftOut) {
  TrackerList list({{"wss://w.test", kA}, {kA}, {"junk"}}, {}, 1);
  list.add(kA);
  list.add("ftp://x.test");
  EXPECT_EQ(list.due(kStart).size(), 1u);
  list.add(kB);
  const auto due = list.due(kStart);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].url, kB);
  EXPECT_TRUE(TrackerList({{"junk"}}, {}, 1).empty());
}

TEST(TrackerList, ATierIsShuffledBySeed) {
  std::set<std::string> first;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    TrackerList list({{kA, kB, kC}}, {}, seed);
    first.insert(list.due(kStart)[0].url);
  }
  EXPECT_EQ(first.size(), 3u);
}

TEST(TrackerList, WhereNothingWasHeardTheFirstRetryComesSoonAndTheNextDoesNot) {
  TrackerList list({{kA}}, {}, 1);
  base::SteadyTime now = kStart;
  ASSERT_EQ(list.due(now).size(), 1u);
  list.failed(0, "the connection was lost", now, {}, TrackerList::Failure::kUnheard);
  EXPECT_EQ(*list.next_due() - now, TrackerList::kFirstRetry);
  now = *list.next_due();
  ASSERT_EQ(list.due(now).size(), 1u);
  list.failed(0, "the connection was lost", now, {}, TrackerList::Failure::kUnheard);
  EXPECT_EQ(*list.next_due() - now, std::chrono::seconds(55));
}

}  // namespace
}  // namespace podswarm::engine
