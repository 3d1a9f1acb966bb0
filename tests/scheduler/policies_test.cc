#include <gtest/gtest.h>

#include "base/units.h"
#include "scheduler/poll_policy.h"
#include "scheduler/retry_policy.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

base::WallTime at(const char* text) {
  return base::parse_rfc3339(text).value();
}
const base::WallTime kNoon = at("2026-11-20T12:00:00Z");  // a Friday

TEST(RetryPolicy, WaitsLongerEachTimeThenGivesUp) {
  const seconds expected[] = {1min, 5min, 30min, 2h, 6h, 24h};
  for (int failures = 1; failures <= 6; ++failures) {
    EXPECT_EQ(retry_delay(failures, std::nullopt, 0), expected[failures - 1]);
  }
  EXPECT_FALSE(retry_delay(7, std::nullopt, 0));
}

TEST(RetryPolicy, JitterAddsUpToATenth) {
  EXPECT_EQ(retry_delay(2, std::nullopt, 0.5), seconds(315));
  EXPECT_LT(*retry_delay(2, std::nullopt, 0.999), seconds(331));
}

TEST(RetryPolicy, AServerMayAskForMoreButNotForEver) {
  EXPECT_EQ(retry_delay(1, seconds(900), 0), seconds(900));
  EXPECT_EQ(retry_delay(1, seconds(5), 0), seconds(60));
  EXPECT_EQ(retry_delay(1, seconds(1LL << 40), 0), seconds(24h * 7));
}

TEST(PollPolicy, TheIntervalPlusJitter) {
  EXPECT_EQ(next_poll({1h, 0.1}, {}, kNoon, 0), kNoon + 1h);
  EXPECT_EQ(next_poll({1h, 0.1}, {}, kNoon, 0.5), kNoon + 63min);
}

TEST(PollPolicy, PublishersLengthenButNeverShorten) {
  PollOutcome outcome;
  outcome.hints.ttl_minutes = 5;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 1h);
  outcome.hints.ttl_minutes = 180;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 3h);
  outcome.max_age = 4h;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 4h);
  outcome.hints.ttl_minutes = UINT64_MAX;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 24h);
}

TEST(PollPolicy, AUserMayAskRarerThanADay) {
  EXPECT_EQ(next_poll({48h, 0}, {}, kNoon, 0), kNoon + 48h);
}

TEST(PollPolicy, FailuresBackOffToADay) {
  PollOutcome outcome;
  outcome.ok = false;
  const seconds expected[] = {1h, 2h, 4h, 8h, 16h, 24h, 24h};
  for (int failures = 1; failures <= 7; ++failures) {
    outcome.failures = failures;
    EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + expected[failures - 1]) << failures;
  }
}

TEST(PollPolicy, RetryAfterIsHonouredForAWeekAtMost) {
  PollOutcome outcome;
  outcome.ok = false;
  outcome.failures = 1;
  outcome.retry_after = kNoon + 5h;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 5h);
  outcome.retry_after = kNoon + 10000h;
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 7 * 24h);
}

TEST(PollPolicy, SkippedHoursAndDaysAreSkipped) {
  PollOutcome outcome;
  outcome.hints.skip_hours = {13, 14};
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 3h);
  outcome.hints.skip_days = {"Friday", "Saturday"};
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), at("2026-11-22T00:00:00Z"));
}

TEST(PollPolicy, AFeedThatSkipsAllHoursIsAskedAllTheSame) {
  PollOutcome outcome;
  for (int hour = 0; hour < 24; ++hour) outcome.hints.skip_hours.push_back(hour);
  EXPECT_EQ(next_poll({1h, 0}, outcome, kNoon, 0), kNoon + 1h);
}

}  // namespace
}  // namespace podswarm::scheduler
