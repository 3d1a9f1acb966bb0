// What the coming days are likely to bring.

#include "scheduler/forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "base/units.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

base::WallTime at(const char* text) {
  return base::parse_rfc3339(text).value();
}

class Forecast : public testing::Test {
 protected:
  Forecast() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
  ~Forecast() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  const base::WallTime from_ = at("2026-11-20T12:00:00Z");  // a Friday
  const base::WallTime until_ = from_ + 24h * 7;
};

TEST_F(Forecast, WindowsOpenAndClose) {
  const auto spans = open_spans(config::parse_window("fri 11:00-13:00, sun 23:00-01:00").value(), from_, until_);
  EXPECT_EQ(spans, (std::vector<Span>{{from_, at("2026-11-20T13:00:00Z")},
                                      {at("2026-11-22T23:00:00Z"), at("2026-11-23T01:00:00Z")},
                                      {at("2026-11-27T11:00:00Z"), until_}}));
  EXPECT_EQ(open_spans({}, from_, until_), (std::vector<Span>{{from_, until_}}));
}

TEST_F(Forecast, AFeedWithHabitsIsExpectedAtItsUsualTimes) {
  FeedHabits habits;
  // Each Monday and Thursday about six in the morning, for ten weeks.
  for (int week = 1; week <= 10; ++week) {
    habits.releases.push_back(at("2026-11-16T06:00:00Z") - 24h * 7 * (week - 1) + week * 1min);
    habits.releases.push_back(at("2026-11-19T06:00:00Z") - 24h * 7 * (week - 1) + week * 1min);
  }
  habits.interval = 1h;
  habits.max_interval = 24h * 7;
  habits.next_poll = from_ + 1h;
  const auto told = forecast(habits, from_, until_);
  ASSERT_EQ(told.episodes.size(), 2u);
  EXPECT_LE(told.episodes[0].begin, at("2026-11-23T06:05:00Z"));
  EXPECT_GE(told.episodes[0].begin, at("2026-11-23T05:00:00Z"));
  EXPECT_GE(told.episodes[0].end, at("2026-11-23T06:10:00Z"));
  EXPECT_LE(told.episodes[1].begin, at("2026-11-26T06:05:00Z"));
  EXPECT_GE(told.episodes[1].begin, at("2026-11-26T05:00:00Z"));
  ASSERT_FALSE(told.polls.empty());
  EXPECT_EQ(told.polls.front(), from_ + 1h);
  EXPECT_LT(told.polls.size(), 60u);
  EXPECT_TRUE(std::is_sorted(told.polls.begin(), told.polls.end()));
}

TEST_F(Forecast, AFeedOfWhichNothingIsKnownIsAskedAtTheInterval) {
  FeedHabits habits;
  habits.interval = 6h;
  habits.max_interval = 6h;
  const auto told = forecast(habits, from_, until_);
  EXPECT_EQ(told.polls.size(), 28u);
  EXPECT_EQ(told.polls.front(), from_);
  EXPECT_TRUE(told.episodes.empty());
}

TEST_F(Forecast, TheQueueFillsTheNights) {
  const std::vector<Span> nights = {{from_ + 10h, from_ + 12h}, {from_ + 34h, from_ + 36h}};
  const std::uint64_t hour = 3600;  // at a byte a second
  const std::vector<QueueWork> work = {{hour, from_, &nights},
                                       {2 * hour, from_, &nights},
                                       {std::nullopt, from_, &nights},
                                       {10 * hour, from_ + 35h, &nights},
                                       {10 * hour, from_ + 35h, &nights, true}};
  const auto told = forecast_queue(work, 1, 1, from_);
  EXPECT_EQ(told[0].starts, from_ + 10h);
  EXPECT_EQ(told[0].done, from_ + 11h + 1s);
  // One that does not fit goes on in the next night.
  EXPECT_EQ(told[1].starts, from_ + 11h + 1s);
  EXPECT_EQ(told[1].done, from_ + 35h + 2s);
  EXPECT_EQ(told[2].starts, from_ + 35h + 2s);
  EXPECT_FALSE(told[2].done);
  EXPECT_EQ(told[3].starts, from_ + 35h + 2s);
  EXPECT_FALSE(told[3].done);
  EXPECT_EQ(told[4].done, from_ + 45h + 3s);
}

TEST_F(Forecast, SeveralAtOnceAndWithoutARateOnlyTheirStarts) {
  const std::vector<Span> always = {{from_, until_}};
  const std::vector<QueueWork> work(3, QueueWork{3600, from_, &always});
  const auto two = forecast_queue(work, 2, 1, from_);
  EXPECT_EQ(two[1].starts, from_);
  EXPECT_EQ(two[2].starts, from_ + 1h + 1s);
  const auto unknown = forecast_queue(work, 1, 0, from_);
  EXPECT_EQ(unknown[2].starts, from_);
  EXPECT_FALSE(unknown[2].done);
}

}  // namespace
}  // namespace podswarm::scheduler
