#include "scheduler/poll_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>
#include <random>

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using base::WallTime;
using std::chrono::seconds;

const WallTime kStart{seconds(1'800'000'000)};

std::vector<std::int64_t> all_of(PollQueue& queue, WallTime now, const PollQueue::Limits& limits) {
  std::vector<std::int64_t> out;
  while (const auto feed = queue.next(now, limits)) out.push_back(*feed);
  return out;
}

TEST(PollQueue, HostsTakeTurns) {
  PollQueue queue;
  for (std::int64_t feed = 1; feed <= 3; ++feed) queue.add(feed, {"a"}, false);
  queue.add(4, {"b"}, false);
  EXPECT_EQ(all_of(queue, kStart, {8, 8, 0s}), (std::vector<std::int64_t>{1, 4, 2, 3}));
}

TEST(PollQueue, WhatGoesFirstGoesFirst) {
  PollQueue queue;
  queue.add(1, {"a"}, false);
  queue.add(2, {"b"}, false);
  queue.add(3, {"b"}, true);
  EXPECT_EQ(all_of(queue, kStart, {8, 8, 0s}), (std::vector<std::int64_t>{3, 1, 2}));
}

TEST(PollQueue, AHostTakesAFewTogetherThenOneEachSpacing) {
  PollQueue queue;
  const PollQueue::Limits limits{100, 100, 3s};
  for (std::int64_t feed = 1; feed <= 12; ++feed) queue.add(feed, {"a"}, false);
  EXPECT_EQ(all_of(queue, kStart, limits).size(), 8u);
  EXPECT_EQ(queue.next_chance(kStart, limits), kStart + 3s);
  EXPECT_TRUE(all_of(queue, kStart + 2s, limits).empty());
  EXPECT_EQ(all_of(queue, kStart + 3s, limits).size(), 1u);
  EXPECT_EQ(all_of(queue, kStart + 9s, limits).size(), 2u);
  EXPECT_EQ(all_of(queue, kStart + 1h, limits).size(), 1u);
  EXPECT_FALSE(queue.next_chance(kStart + 1h, limits));
}

TEST(PollQueue, TheHostBehindARedirectCountsToo) {
  PollQueue queue;
  const PollQueue::Limits limits{8, 1, 0s};
  queue.add(1, {"short.example", "host.example"}, false);
  queue.add(2, {"host.example"}, false);
  EXPECT_EQ(all_of(queue, kStart, limits), std::vector<std::int64_t>{1});
  EXPECT_FALSE(queue.next_chance(kStart, limits));
  queue.ended(1);
  EXPECT_EQ(all_of(queue, kStart, limits), std::vector<std::int64_t>{2});
}

TEST(PollQueue, WhatIsRemovedIsNotAsked) {
  PollQueue queue;
  queue.add(1, {"a"}, false);
  queue.add(2, {"a"}, false);
  EXPECT_TRUE(queue.remove(1));
  EXPECT_FALSE(queue.remove(1));
  EXPECT_EQ(all_of(queue, kStart, {}), std::vector<std::int64_t>{2});
  EXPECT_FALSE(queue.remove(2));
  queue.ended(2);
  queue.ended(2);
  EXPECT_EQ(queue.running(), 0u);
}

TEST(PollQueue, AClockSetBackSilencesNoHost) {
  PollQueue queue;
  for (std::int64_t feed = 1; feed <= 9; ++feed) queue.add(feed, {"a"}, false);
  EXPECT_EQ(all_of(queue, kStart, {100, 100, 1s}).size(), 8u);
  EXPECT_LE(*queue.next_chance(kStart - 24h, {100, 100, 1s}), kStart - 24h + 1s);
}

// 10,000 feeds of 200 hosts, some behind a redirecting host, all due at once: the machine has woken.
TEST(PollQueue, NoHostIsEverBeyondItsLimits) {
  constexpr std::int64_t kFeeds = 10'000;
  const PollQueue::Limits limits{64, 2, 2s};
  std::mt19937_64 random(11);
  std::map<std::int64_t, std::vector<std::string>> hosts_of;
  PollQueue queue;
  for (std::int64_t feed = 0; feed < kFeeds; ++feed) {
    // A few publishers have most of the feeds.
    const auto host = std::min(random() % 200, random() % 200);
    std::vector<std::string> hosts{"host" + std::to_string(host)};
    if (random() % 10 == 0) hosts.insert(hosts.begin(), "redirector");
    hosts_of[feed] = hosts;
    queue.add(feed, std::move(hosts), false);
  }
  std::map<std::string, std::vector<WallTime>> starts;
  std::map<std::string, std::size_t> running;
  using Answer = std::pair<WallTime, std::int64_t>;
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers;
  std::size_t asked = 0;
  WallTime now = kStart;
  while (asked < kFeeds) {
    for (const auto feed : all_of(queue, now, limits)) {
      ++asked;
      for (const auto& host : hosts_of[feed]) {
        starts[host].push_back(now);
        ASSERT_LE(++running[host], limits.per_host) << host;
      }
      // Most answer in a second or two; one in a hundred hangs until the deadline.
      answers.emplace(now + (random() % 100 == 0 ? seconds(120) : seconds(1 + random() % 2)), feed);
    }
    ASSERT_LE(queue.running(), limits.at_once);
    const auto chance = queue.next_chance(now, limits);
    ASSERT_TRUE(chance || !answers.empty()) << "nothing would ever happen again";
    ASSERT_TRUE(!chance || *chance > now);
    now = chance && (answers.empty() || *chance < answers.top().first) ? *chance : answers.top().first;
    for (; !answers.empty() && answers.top().first <= now; answers.pop()) {
      queue.ended(answers.top().second);
      for (const auto& host : hosts_of[answers.top().second]) --running[host];
    }
  }
  EXPECT_EQ(queue.waiting(), 0u);
  // In any stretch of time: those that may come together, and one each spacing.
  std::size_t most = 0;
  for (const auto& [host, times] : starts) {
    most = std::max(most, times.size());
    for (std::size_t i = PollQueue::kTogether; i < times.size(); ++i) {
      ASSERT_GE(times[i] - times[i - PollQueue::kTogether], limits.spacing) << host;
    }
    for (std::size_t i = 100; i < times.size(); ++i) {
      ASSERT_GE(times[i] - times[i - 100], limits.spacing * (100 - PollQueue::kTogether + 1)) << host;
    }
  }
  // And not much longer than the busiest host needs.
  EXPECT_LE(now - kStart, limits.spacing * static_cast<std::int64_t>(most) * 3 / 2);
}

}  // namespace
}  // namespace podswarm::scheduler
