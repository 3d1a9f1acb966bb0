#include "scheduler/poll_rhythm.h"

#include <gtest/gtest.h>

#include <random>

#include "base/units.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using base::WallTime;
using std::chrono::days;
using std::chrono::seconds;
using Kind = Rhythm::Kind;

constexpr seconds kDay = 24h;
constexpr seconds kWeek = 7 * kDay;

WallTime at(const char* text) {
  return base::parse_rfc3339(text).value();
}
const WallTime kNoon = at("2026-11-20T12:00:00Z");  // a Friday

// `count` moments that end with `last`, `gap` apart.
std::vector<WallTime> every(seconds gap, int count, WallTime last) {
  std::vector<WallTime> out;
  for (int i = 0; i < count; ++i) out.push_back(last - gap * i);
  return out;
}

Rhythm rhythm_at(const std::vector<WallTime>& releases, WallTime now = kNoon) {
  return rhythm_of(releases, {}, now);
}

TEST(PollRhythm, ManyHistories) {
  const auto tuesday = at("2026-11-17T06:00:00Z");
  std::vector<WallTime> weekdays;  // Monday to Friday at nine
  for (int i = 0; i < 40; ++i) {
    const auto time = at("2026-11-20T09:00:00Z") - kDay * i;
    const std::chrono::weekday day(std::chrono::floor<days>(time));
    if (day != std::chrono::Saturday && day != std::chrono::Sunday) weekdays.push_back(time);
  }
  auto twice_a_week = every(kWeek, 8, tuesday);
  for (const auto time : every(kWeek, 8, at("2026-11-19T06:00:00Z"))) twice_a_week.push_back(time);
  std::vector<WallTime> irregular;
  for (const int day : {1, 3, 4, 9, 11, 17, 18, 25, 29, 37, 40, 44}) {
    irregular.push_back(kNoon - kDay * day - 1h * (day * day % 24));
  }
  const struct {
    const char* what;
    std::vector<WallTime> releases;
    Kind kind;
    seconds least_gap;
    seconds most_gap;
    const char* opens;  // "" where there is no window
  } kCases[] = {
      {"no history", {}, Kind::kUnknown, 0s, 0s, ""},
      {"two episodes", every(kWeek, 2, tuesday), Kind::kUnknown, 0s, 0s, ""},
      {"weekly", every(kWeek, 8, tuesday), Kind::kRegular, kWeek, kWeek, "2026-11-24T05:00:00Z"},
      {"weekly, three times", every(kWeek, 3, tuesday), Kind::kRegular, kWeek, kWeek, "2026-11-24T05:00:00Z"},
      {"weekly, late", every(kWeek, 8, kNoon - kWeek - 1h), Kind::kRegular, kWeek, kWeek, "2026-11-20T10:00:00Z"},
      {"Tuesdays and Thursdays", twice_a_week, Kind::kRegular, 84h, 84h, "2026-11-24T05:00:00Z"},
      {"daily", every(kDay, 30, at("2026-11-20T05:00:00Z")), Kind::kRegular, kDay, kDay, "2026-11-21T04:00:00Z"},
      {"daily, a week old", every(kDay, 7, at("2026-11-20T05:00:00Z")), Kind::kRegular, kDay, kDay,
       "2026-11-21T04:00:00Z"},
      {"weekdays, on a Friday", weekdays, Kind::kRegular, 33h, 34h, "2026-11-23T08:00:00Z"},
      {"irregular", irregular, Kind::kIrregular, 2 * kDay, 6 * kDay, ""},
      {"every three hours", every(3h, 60, kNoon - 1h), Kind::kIrregular, 3h, 3h, ""},
      {"monthly", every(30 * kDay, 8, kNoon - 10 * kDay), Kind::kIrregular, 30 * kDay, 30 * kDay, ""},
      {"dead", every(kWeek, 30, kNoon - 100 * kDay), Kind::kDormant, 100 * kDay, 100 * kDay, ""},
      {"one episode, long ago", {kNoon - 400 * kDay}, Kind::kDormant, 400 * kDay, 400 * kDay, ""},
      {"quarterly, on time", every(90 * kDay, 6, kNoon - 80 * kDay), Kind::kIrregular, 90 * kDay, 90 * kDay, ""},
      {"all at once", std::vector<WallTime>(30, kNoon - kDay), Kind::kUnknown, 0s, 0s, ""},
      {"only the future", every(kWeek, 8, kNoon + 400 * kDay), Kind::kUnknown, 0s, 0s, ""},
  };
  for (const auto& test : kCases) {
    const auto rhythm = rhythm_at(test.releases);
    EXPECT_EQ(rhythm.kind, test.kind) << test.what << ": " << describe(rhythm, kNoon);
    EXPECT_GE(rhythm.gap, test.least_gap) << test.what;
    EXPECT_LE(rhythm.gap, test.most_gap) << test.what;
    const std::string opens = rhythm.kind == Kind::kRegular ? base::format_rfc3339(rhythm.window.opens) : "";
    EXPECT_EQ(opens, test.opens) << test.what;
  }
}

TEST(PollRhythm, TheFeedsOwnWordCountsWhereHistorySaysLess) {
  feeds::UpdateHints hints;
  hints.update_rrule = "FREQ=WEEKLY;INTERVAL=2";
  const auto unknown = rhythm_of({}, hints, kNoon);
  EXPECT_EQ(unknown.kind, Kind::kIrregular);
  EXPECT_EQ(unknown.gap, 2 * kWeek);
  EXPECT_EQ(rhythm_of(every(kWeek, 8, kNoon - kDay), hints, kNoon).kind, Kind::kRegular);
  hints.complete = true;
  EXPECT_EQ(rhythm_of(every(kWeek, 8, kNoon - kDay), hints, kNoon).kind, Kind::kComplete);
}

TEST(PollRhythm, ADateAloneIsNoTimeOfDay) {
  const auto midnight = at("2026-11-17T00:00:00Z");
  EXPECT_EQ(release_time(midnight, midnight + 15h), midnight + 15h);
  EXPECT_EQ(release_time(midnight, midnight + 100 * kDay), midnight);  // was there before we were
  EXPECT_EQ(release_time(midnight + 6h, midnight + 15h), midnight + 6h);
  EXPECT_EQ(release_time(std::nullopt, midnight + 15h), midnight + 15h);
  EXPECT_EQ(release_time(midnight + 400 * kDay, midnight), midnight);
}

TEST(PollRhythm, AWeeklyShowIsAskedDailyAndHourlyAroundItsTime) {
  const auto releases = every(kWeek, 8, at("2026-11-17T06:00:00Z"));
  const auto look = [&](const char* now) {
    return base::format_rfc3339(next_look(rhythm_at(releases, at(now)), 1h, 30 * kDay, at(now), 0, 0));
  };
  EXPECT_EQ(look("2026-11-17T06:30:00Z"), "2026-11-18T06:30:00Z");  // it has come
  EXPECT_EQ(look("2026-11-23T20:00:00Z"), "2026-11-24T05:00:00Z");  // no later than the window opens
  EXPECT_EQ(look("2026-11-24T05:00:00Z"), "2026-11-24T06:00:00Z");
  EXPECT_EQ(look("2026-11-24T09:30:00Z"), "2026-11-24T10:30:00Z");
  EXPECT_EQ(look("2026-11-24T12:00:00Z"), "2026-11-25T12:00:00Z");  // not this week
}

TEST(PollRhythm, FeedsOfOneHourAreSpread) {
  const auto releases = every(kDay, 30, at("2026-11-20T05:00:00Z"));
  const auto rhythm = rhythm_at(releases, at("2026-11-21T02:00:00Z"));
  EXPECT_EQ(next_look(rhythm, 1h, kWeek, at("2026-11-21T02:00:00Z"), 0.1, 0), at("2026-11-21T04:00:00Z"));
  EXPECT_EQ(next_look(rhythm, 1h, kWeek, at("2026-11-21T02:00:00Z"), 0.1, 0.5), at("2026-11-21T04:30:00Z"));
}

TEST(PollRhythm, NeverOutsideTheUsersBounds) {
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t end) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
  };
  for (int round = 0; round < 3000; ++round) {
    std::vector<WallTime> releases;
    const auto count = below(80);
    const seconds gap(1 + below(40 * 86'400));
    for (std::int64_t i = 0; i < count; ++i) {
      releases.push_back(kNoon - gap * i - seconds(below(1 + gap.count() / (1 + below(20)))));
    }
    feeds::UpdateHints hints;
    if (below(4) == 0) hints.update_rrule = "FREQ=MONTHLY;BYDAY=1TU";
    hints.complete = below(8) == 0;
    const seconds shortest(60 + below(86'400));
    const seconds longest = shortest + seconds(below(30 * 86'400));
    const double jitter = 0.1;
    const double chance = static_cast<double>(below(1000)) / 1000;
    const auto look = next_look(rhythm_of(releases, hints, kNoon), shortest, longest, kNoon, jitter, chance);
    ASSERT_GE(look, kNoon + shortest);
    ASSERT_LE(look, kNoon + longest + std::chrono::duration_cast<seconds>(longest * jitter));
  }
}

// What a year of a show costs and brings when it is asked as the rhythm says.
struct Year {
  int polls = 0;
  seconds longest_delay{};  // from publication to the poll that saw it, once the rhythm was known
};
Year year_of(const std::vector<WallTime>& shows, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> chance(0, 1);
  Year year;
  constexpr std::size_t kKnown = 6;
  std::vector<WallTime> seen(shows.begin(), shows.begin() + kKnown);
  std::size_t next = kKnown;
  for (WallTime now = shows[kKnown - 1] + 2h; now < shows.back();) {
    ++year.polls;
    for (; next < shows.size() && shows[next] <= now; ++next) {
      year.longest_delay = std::max(year.longest_delay, now - shows[next]);
      seen.push_back(shows[next]);
    }
    now = next_look(rhythm_of(seen, {}, now), 1h, 30 * kDay, now, 0.1, chance(random));
  }
  return year;
}

// Shows at a local time: half of the year an hour earlier in UTC, and each up to 40 minutes late.
std::vector<WallTime> local_shows(seconds gap, int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<WallTime> shows;
  for (int i = 0; i < count; ++i) {
    const WallTime usual = at("2026-01-06T09:00:00Z") + gap * i;
    const auto day = usual - at("2026-01-01T00:00:00Z");
    const bool summer = day % (365 * kDay) > 87 * kDay && day % (365 * kDay) < 298 * kDay;
    shows.push_back(usual - (summer ? 1h : 0h) + seconds(random() % 2400));
  }
  return shows;
}

TEST(PollRhythm, ARegularShowIsSeenWithinTheIntervalForFewRequests) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto weekly = year_of(local_shows(kWeek, 58, seed), seed);
    EXPECT_LE(weekly.longest_delay, 90min) << seed;
    EXPECT_LE(weekly.polls, 52 * 14) << seed;  // hourly polls would be 52 * 168
    const auto daily = year_of(local_shows(kDay, 371, seed), seed);
    EXPECT_LE(daily.longest_delay, 90min) << seed;
    EXPECT_LE(daily.polls, 365 * 10) << seed;
  }
}

TEST(PollRhythm, AShowThatChangesItsDayIsSeenWithinADayAndLearnt) {
  auto shows = every(kWeek, 20, at("2026-06-02T06:00:00Z"));
  for (const auto time : every(kWeek, 20, at("2026-11-12T18:00:00Z"))) shows.push_back(time);
  std::sort(shows.begin(), shows.end());
  const auto year = year_of(shows, 3);
  EXPECT_LE(year.longest_delay, 27h);
  const auto rhythm = rhythm_at(shows, at("2026-11-13T00:00:00Z"));
  EXPECT_EQ(base::format_rfc3339(rhythm.window.opens), "2026-11-19T17:00:00Z");
}

}  // namespace
}  // namespace podswarm::scheduler
