#include <gtest/gtest.h>

#include <vector>

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

// Tries until it is given up; `kinds` says of each source whether what fails may pass.
std::vector<std::size_t> tried(const std::vector<bool>& may_pass, std::vector<seconds>* delays = nullptr) {
  std::vector<std::size_t> order;
  std::size_t at = 0;
  for (int attempts = 1; order.size() < 100; ++attempts) {
    order.push_back(at);
    const auto next = next_try(attempts, {at, may_pass.size(), may_pass[at], false}, std::nullopt, 0);
    if (!next.delay) return order;
    if (delays != nullptr) delays->push_back(*next.delay);
    attempts = next.attempts;
    if (next.other_source) at = (at + 1) % may_pass.size();
  }
  return order;
}

TEST(RetryPolicy, OneSourceIsTriedAsOftenAsThereAreDelays) {
  EXPECT_EQ(tried({true}).size(), kRetryDelays.size() + 1);
  EXPECT_EQ(tried({false}).size(), kRetryDelays.size() + 1);
}

TEST(RetryPolicy, ASourceThatMayComeBackIsTriedThreeTimesBeforeTheNext) {
  std::vector<seconds> delays;
  const auto order = tried({true, true}, &delays);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(delays, (std::vector<seconds>{1min, 5min, 1min, 1min, 5min, 30min, 2h, 6h, 1min, 2h, 6h, 24h, 1min}));
}

TEST(RetryPolicy, ASourceThatIsGoneHandsOverAtOnceAndARoundCountsWhateverItTook) {
  EXPECT_EQ(tried({false, true}), (std::vector<std::size_t>{0, 1, 1, 1, 0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(tried({false, false, false}), (std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
}

TEST(RetryPolicy, ALastWordEndsItOnceAllSourcesHaveHadASecondTurn) {
  EXPECT_FALSE(next_try(1, {0, 1, false, true}, std::nullopt, 0).delay);
  EXPECT_TRUE(next_try(1, {0, 2, false, true}, std::nullopt, 0).other_source);
  EXPECT_TRUE(next_try(1, {1, 2, false, true}, std::nullopt, 0).other_source);
  EXPECT_TRUE(next_try(4, {0, 2, false, true}, std::nullopt, 0).other_source);
  EXPECT_FALSE(next_try(4, {1, 2, false, true}, std::nullopt, 0).delay);
}

PollLimits fixed(seconds interval, double jitter = 0) {
  return {interval, interval, jitter};
}
base::WallTime at_plan(const PollLimits& limits, const PollOutcome& outcome, double random = 0) {
  return plan_poll(limits, outcome, kNoon, random).at;
}

TEST(PollPolicy, TheIntervalPlusJitter) {
  EXPECT_EQ(at_plan(fixed(1h, 0.1), {}, 0), kNoon + 1h);
  EXPECT_EQ(at_plan(fixed(1h, 0.1), {}, 0.5), kNoon + 63min);
}

TEST(PollPolicy, PublishersLengthenButNeverShorten) {
  PollOutcome outcome;
  outcome.hints.ttl_minutes = 5;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 1h);
  outcome.hints.ttl_minutes = 180;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 3h);
  outcome.max_age = 4h;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 4h);
  outcome.hints.ttl_minutes = UINT64_MAX;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 24h);
}

TEST(PollPolicy, AUserMayAskRarerThanADay) {
  EXPECT_EQ(at_plan(fixed(48h), {}), kNoon + 48h);
}

TEST(PollPolicy, FailuresBackOffToADay) {
  PollOutcome outcome;
  outcome.ok = false;
  const seconds expected[] = {1h, 2h, 4h, 8h, 16h, 24h, 24h};
  for (int failures = 1; failures <= 7; ++failures) {
    outcome.failures = failures;
    EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + expected[failures - 1]) << failures;
  }
}

TEST(PollPolicy, RetryAfterIsHonouredForAWeekAtMost) {
  PollOutcome outcome;
  outcome.ok = false;
  outcome.failures = 1;
  outcome.retry_after = kNoon + 5h;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 5h);
  outcome.retry_after = kNoon + 10000h;
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 7 * 24h);
}

TEST(PollPolicy, SkippedHoursAndDaysAreSkipped) {
  PollOutcome outcome;
  outcome.hints.skip_hours = {13, 14};
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 3h);
  outcome.hints.skip_days = {"Friday", "Saturday"};
  EXPECT_EQ(at_plan(fixed(1h), outcome), at("2026-11-22T00:00:00Z"));
}

TEST(PollPolicy, AFeedThatSkipsAllHoursIsAskedAllTheSame) {
  PollOutcome outcome;
  for (int hour = 0; hour < 24; ++hour) outcome.hints.skip_hours.push_back(hour);
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 1h);
}

TEST(PollPolicy, TheRhythmLengthensTheWaitWithinTheUsersBounds) {
  PollOutcome outcome;
  outcome.rhythm.kind = Rhythm::Kind::kDormant;
  EXPECT_EQ(at_plan({1h, 24h * 30, 0}, outcome), kNoon + 24h * 7);
  EXPECT_EQ(at_plan({1h, 24h * 2, 0}, outcome), kNoon + 24h * 2);
  EXPECT_EQ(at_plan(fixed(1h), outcome), kNoon + 1h);
  // The publisher's wish is not above what the rhythm says already.
  outcome.hints.ttl_minutes = 1440;
  EXPECT_EQ(at_plan({1h, 24h * 30, 0}, outcome), kNoon + 24h * 7);
}

TEST(PollPolicy, AFeedThatFailsIsAskedAgainSoonButADormantOneAtLastAsRarelyAsBefore) {
  PollOutcome outcome;
  outcome.ok = false;
  outcome.failures = 1;
  outcome.rhythm.kind = Rhythm::Kind::kDormant;
  EXPECT_EQ(at_plan({1h, 24h * 30, 0}, outcome), kNoon + 1h);
  outcome.failures = 12;
  EXPECT_EQ(at_plan({1h, 24h * 30, 0}, outcome), kNoon + 24h * 7);
}

TEST(PollPolicy, EachReasonIsToldWithItsNumber) {
  PollOutcome outcome;
  outcome.max_age = 2h;
  outcome.hints.ttl_minutes = 30;
  outcome.hints.update_period = 3h;
  outcome.hints.skip_hours = {15};
  const auto plan = plan_poll({1h, 24h, 0}, outcome, kNoon, 0);
  using Kind = PollReason::Kind;
  std::vector<std::pair<Kind, seconds>> told;
  for (const auto& reason : plan.reasons) told.emplace_back(reason.kind, reason.wait);
  const std::vector<std::pair<Kind, seconds>> expected = {{Kind::kInterval, 1h},     {Kind::kRhythm, 1h},
                                                          {Kind::kMaxAge, 2h},       {Kind::kTtl, 30min},
                                                          {Kind::kUpdatePeriod, 3h}, {Kind::kSkip, 4h}};
  EXPECT_EQ(told, expected);
  EXPECT_EQ(plan.at, kNoon + 4h);
  EXPECT_EQ(read_reasons(write_reasons(plan.reasons)), plan.reasons);
}

TEST(PollPolicy, HintsSurviveTheDatabaseAndJunkIsNone) {
  feeds::UpdateHints hints;
  hints.ttl_minutes = 60;
  hints.update_period = 24h;
  hints.skip_hours = {0, 23};
  hints.skip_days = {"Sunday"};
  hints.update_rrule = "FREQ=WEEKLY";
  hints.complete = true;
  const auto read = read_hints(write_hints(hints));
  EXPECT_EQ(read.ttl_minutes, hints.ttl_minutes);
  EXPECT_EQ(read.update_period, hints.update_period);
  EXPECT_EQ(read.skip_hours, hints.skip_hours);
  EXPECT_EQ(read.skip_days, hints.skip_days);
  EXPECT_EQ(read.update_rrule, hints.update_rrule);
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(write_hints({}), "");
  for (const char* junk : {"", "{", "[1]", "{\"ttl\":\"x\",\"skip_hours\":[\"a\"]}"}) {
    EXPECT_FALSE(read_hints(junk).ttl_minutes) << junk;
    EXPECT_TRUE(read_reasons(junk).empty()) << junk;
  }
}

}  // namespace
}  // namespace podswarm::scheduler
