// Habits that are longer than a week, and promised days.
#include <gtest/gtest.h>

#include <random>

#include "base/units.h"
#include "scheduler/poll_rhythm.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using base::WallTime;
using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using Kind = Rhythm::Kind;

WallTime at(const std::string& text) {
  return base::parse_rfc3339(text).value();
}

std::vector<WallTime> all(const std::vector<std::string>& texts) {
  std::vector<WallTime> out;
  for (const auto& text : texts) out.push_back(at(text));
  return out;
}

std::string window(const Rhythm& rhythm) {
  if (rhythm.kind != Kind::kRegular) return "none: " + describe(rhythm, WallTime{});
  return base::format_rfc3339(rhythm.window.opens).substr(0, 16) + " to " +
         base::format_rfc3339(rhythm.window.closes).substr(0, 16);
}

const WallTime kNoon = at("2026-11-20T12:00:00Z");

TEST(PollCycle, TheFirstOfEachMonthEvenRoundMidnight) {
  const auto releases = all({"2026-06-01T00:05:00Z", "2026-07-01T00:02:00Z", "2026-07-31T23:58:00Z",
                             "2026-09-01T00:10:00Z", "2026-10-01T00:03:00Z", "2026-11-01T00:01:00Z"});
  EXPECT_EQ(window(rhythm_of(releases, {}, kNoon)), "2026-11-30T22:58 to 2026-12-01T04:10");
}

TEST(PollCycle, TheFirstTuesdayOfEachMonth) {
  const auto releases = all({"2026-06-02T08:00:00Z", "2026-07-07T08:20:00Z", "2026-08-04T08:10:00Z",
                             "2026-09-01T08:00:00Z", "2026-10-06T09:00:00Z", "2026-11-03T08:05:00Z"});
  const auto rhythm = rhythm_of(releases, {}, kNoon);
  EXPECT_EQ(window(rhythm), "2026-12-01T07:00 to 2026-12-01T13:00");
  EXPECT_EQ(rhythm.gap / 86'400s, 30);
}

TEST(PollCycle, TheLastFridayOfEachMonth) {
  const auto releases =
      all({"2026-07-31T17:00:00Z", "2026-08-28T17:00:00Z", "2026-09-25T17:00:00Z", "2026-10-30T17:30:00Z"});
  EXPECT_EQ(window(rhythm_of(releases, {}, kNoon)), "2026-11-27T16:00 to 2026-11-27T21:30");
}

// Two at the very same second must not hide how late others have come.
TEST(PollCycle, AWindowIsAsWideAsTheReleasesWere) {
  const auto releases = all({"2026-10-20T06:00:00Z", "2026-10-27T06:00:00Z", "2026-11-03T06:00:00Z",
                             "2026-11-10T08:00:00Z", "2026-11-17T06:30:00Z"});
  EXPECT_EQ(window(rhythm_of(releases, {}, kNoon)), "2026-11-24T05:00 to 2026-11-24T12:00");
}

TEST(PollCycle, TwiceAMonth) {
  std::vector<WallTime> releases;
  for (int month = 5; month <= 11; ++month) {
    for (const unsigned day : {1u, 15u}) {
      releases.push_back(sys_days(std::chrono::year(2026) / month / std::chrono::day(day)) + 6h);
    }
  }
  const auto rhythm = rhythm_of(releases, {}, kNoon);
  EXPECT_EQ(window(rhythm), "2026-12-01T05:00 to 2026-12-01T10:00");
  EXPECT_EQ(rhythm.gap / 86'400s, 15);
}

TEST(PollCycle, EverySecondAndEveryFourthWeek) {
  for (const int weeks : {2, 4}) {
    std::vector<WallTime> releases;
    for (int i = 0; i < 6; ++i) releases.push_back(at("2026-11-18T06:00:00Z") - days(7 * weeks * i));
    const auto rhythm = rhythm_of(releases, {}, kNoon);
    EXPECT_EQ(window(rhythm),
              weeks == 2 ? "2026-12-02T05:00 to 2026-12-02T10:00" : "2026-12-16T05:00 to 2026-12-16T10:00");
    EXPECT_EQ(rhythm.gap, seconds(days(7 * weeks)));
  }
}

TEST(PollCycle, AMissedMonthIsForgiven) {
  const auto releases = all({"2026-03-03T08:00:00Z", "2026-04-07T08:00:00Z", "2026-05-05T08:00:00Z",
                             "2026-07-07T08:20:00Z", "2026-08-04T08:10:00Z", "2026-10-06T09:00:00Z"});
  EXPECT_EQ(window(rhythm_of(releases, {}, at("2026-10-20T00:00:00Z"))), "2026-11-03T07:00 to 2026-11-03T13:00");
}

TEST(PollCycle, WhatComesOnAnyDayOfTheMonthHasNoHabit) {
  const auto releases = all({"2026-06-02T08:00:00Z", "2026-07-17T20:20:00Z", "2026-08-11T03:10:00Z",
                             "2026-09-28T15:00:00Z", "2026-10-20T11:00:00Z"});
  EXPECT_EQ(rhythm_of(releases, {}, kNoon).kind, Kind::kIrregular);
}

TEST(PollCycle, APromisedDayIsExpectedAsLongAsHistoryTellsNoHour) {
  feeds::UpdateHints hints;
  hints.update_rrule = "FREQ=MONTHLY;BYDAY=1TU";
  const auto promised = rhythm_of({}, hints, kNoon);
  EXPECT_EQ(window(promised), "2026-11-30T12:00 to 2026-12-02T12:00");
  EXPECT_NEAR(static_cast<double>(promised.gap / 86'400s), 30, 1);
  // It came: then the next one.
  const auto came = all({"2026-12-01T09:00:00Z"});
  EXPECT_EQ(window(rhythm_of(came, hints, at("2026-12-01T10:00:00Z"))), "2027-01-04T12:00 to 2027-01-06T12:00");
  // At any hour of the promised days.
  const auto kept = all({"2026-08-04T01:00:00Z", "2026-09-01T19:00:00Z", "2026-10-06T07:00:00Z"});
  EXPECT_EQ(window(rhythm_of(kept, hints, at("2026-10-20T00:00:00Z"))), "2026-11-02T12:00 to 2026-11-04T12:00");
}

TEST(PollCycle, APromiseThatHistoryBeliesIsOnlyAGap) {
  feeds::UpdateHints hints;
  hints.update_rrule = "FREQ=MONTHLY;BYDAY=1TU";
  const auto releases = all({"2026-06-12T08:00:00Z", "2026-07-17T20:20:00Z", "2026-08-11T03:10:00Z",
                             "2026-09-28T15:00:00Z", "2026-10-20T11:00:00Z"});
  const auto rhythm = rhythm_of(releases, hints, kNoon);
  EXPECT_EQ(rhythm.kind, Kind::kIrregular);
  EXPECT_NEAR(static_cast<double>(rhythm.gap / 86'400s), 30, 1);
}

TEST(PollCycle, ARuleThatNamesNoDayGoesOnFromTheLastEpisode) {
  feeds::UpdateHints hints;
  hints.update_rrule = "FREQ=WEEKLY;INTERVAL=2";
  EXPECT_EQ(rhythm_of({}, hints, kNoon).kind, Kind::kIrregular);
  EXPECT_EQ(window(rhythm_of(all({"2026-11-10T08:00:00Z"}), hints, kNoon)), "2026-11-23T12:00 to 2026-11-25T12:00");
}

// A year of a show on the first Tuesday, at a local hour: seen soon, and asked far less than hourly.
TEST(PollCycle, AMonthlyShowIsSeenWithinTheInterval) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<WallTime> shows;
  for (int month = 0; month < 24; ++month) {
    sys_days day = std::chrono::year(2025 + month / 12) / std::chrono::month(static_cast<unsigned>(month % 12) + 1) / 1;
    while (std::chrono::weekday(day) != std::chrono::Tuesday) day += days(1);
    const bool summer = month % 12 >= 3 && month % 12 < 10;
    shows.push_back(day + (summer ? 8h : 9h) + seconds(random() % 2400));
  }
  std::vector<WallTime> seen(shows.begin(), shows.begin() + 6);
  std::size_t next = seen.size();
  int polls = 0;
  seconds longest{};
  for (WallTime now = seen.back() + 1h; next < shows.size();) {
    ++polls;
    for (; next < shows.size() && shows[next] <= now; ++next) {
      longest = std::max(longest, now - shows[next]);
      seen.push_back(shows[next]);
    }
    now = next_look(rhythm_of(seen, {}, now), 1h, days(30), now, 0.1, chance(random));
  }
  EXPECT_LE(longest, 90min);
  EXPECT_LE(polls, 18 * 42);  // daily, and an hour or so of hourly ones a month
}

}  // namespace
}  // namespace podswarm::scheduler
