#include "scheduler/window.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/units.h"

namespace podswarm::scheduler {
namespace {

// The process's time zone for one test.
class Zone {
 public:
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

// POSIX rules, so that the tests need no time zone database.
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr const char* kNewYork = "EST5EDT,M3.2.0,M11.1.0";
constexpr const char* kLordHowe = "LHST-10:30LHDT-11,M10.1.0,M4.1.0";

base::WallTime at(const char* text) {
  return base::parse_rfc3339(text).value();
}

config::Window window(const char* text) {
  return config::parse_window(text).value();
}

TEST(Window, NoWindowIsAlwaysOpen) {
  EXPECT_TRUE(open_at(window(""), at("2026-01-01T00:00:00Z")));
  EXPECT_TRUE(window("always").always());
  EXPECT_FALSE(next_change(window(""), at("2026-01-01T00:00:00Z")));
}

TEST(Window, OpensAndClosesByTheMinute) {
  const Zone zone("UTC0");
  const auto night = window("01:00-06:00");
  EXPECT_FALSE(open_at(night, at("2026-01-01T00:59:59Z")));
  EXPECT_TRUE(open_at(night, at("2026-01-01T01:00:00Z")));
  EXPECT_TRUE(open_at(night, at("2026-01-01T05:59:59Z")));
  EXPECT_FALSE(open_at(night, at("2026-01-01T06:00:00Z")));
  EXPECT_EQ(next_change(night, at("2026-01-01T00:30:10Z")), at("2026-01-01T01:00:00Z"));
  EXPECT_EQ(next_change(night, at("2026-01-01T01:00:00Z")), at("2026-01-01T06:00:00Z"));
  EXPECT_EQ(next_change(night, at("2026-01-01T06:00:00Z")), at("2026-01-02T01:00:00Z"));
}

TEST(Window, CrossesMidnightFromTheDayOnWhichItOpens) {
  const Zone zone("UTC0");
  const auto friday = window("fri 23:00-02:00");
  EXPECT_TRUE(open_at(friday, at("2026-11-20T23:30:00Z")));  // a Friday
  EXPECT_TRUE(open_at(friday, at("2026-11-21T01:30:00Z")));
  EXPECT_FALSE(open_at(friday, at("2026-11-21T23:30:00Z")));
  EXPECT_FALSE(open_at(friday, at("2026-11-20T01:30:00Z")));
  EXPECT_EQ(next_change(friday, at("2026-11-21T02:00:00Z")), at("2026-11-27T23:00:00Z"));
}

TEST(Window, SeveralAddUp) {
  const Zone zone("UTC0");
  const auto both = window("mon-fri 01:00-06:30, sat,sun 00:00-24:00");
  EXPECT_TRUE(open_at(both, at("2026-11-21T15:00:00Z")));
  EXPECT_FALSE(open_at(both, at("2026-11-20T15:00:00Z")));
  EXPECT_EQ(next_change(both, at("2026-11-21T15:00:00Z")), at("2026-11-23T00:00:00Z"));
}

TEST(Window, TheHourThatSpringSkipsIsNotThere) {
  const Zone zone(kBerlin);  // 2026-03-29: 02:00 becomes 03:00 at 01:00Z
  const auto night = window("02:30-04:00");
  EXPECT_EQ(next_change(night, at("2026-03-28T23:00:00Z")), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(next_change(night, at("2026-03-29T01:00:00Z")), at("2026-03-29T02:00:00Z"));
}

TEST(Window, TheHourThatAutumnRepeatsCountsTwice) {
  const Zone zone(kBerlin);  // 2026-10-25: 03:00 becomes 02:00 at 01:00Z
  const auto night = window("01:00-02:30");
  EXPECT_TRUE(open_at(night, at("2026-10-25T00:15:00Z")));   // 02:15 summer time
  EXPECT_FALSE(open_at(night, at("2026-10-25T00:45:00Z")));  // 02:45
  EXPECT_TRUE(open_at(night, at("2026-10-25T01:15:00Z")));   // 02:15 again, winter time
  EXPECT_FALSE(open_at(night, at("2026-10-25T01:30:00Z")));
}

TEST(Window, FollowsTheClocksOfOtherZones) {
  {
    const Zone zone(kNewYork);  // 2026-11-01: back at 06:00Z
    const auto night = window("01:00-06:00");
    EXPECT_EQ(next_change(night, at("2026-11-01T02:00:00Z")), at("2026-11-01T05:00:00Z"));
    EXPECT_EQ(next_change(night, at("2026-11-01T05:00:00Z")), at("2026-11-01T11:00:00Z"));
  }
  {
    const Zone zone(kLordHowe);  // half an hour: 2026-10-04 02:00 becomes 02:30 at 2026-10-03T15:30Z
    const auto night = window("02:00-03:00");
    EXPECT_EQ(next_change(night, at("2026-10-03T12:00:00Z")), at("2026-10-03T15:30:00Z"));
    EXPECT_EQ(next_change(night, at("2026-10-03T15:30:00Z")), at("2026-10-03T16:00:00Z"));
  }
}

// What a window means over both changes of the clocks: when it opens and closes, in turn, from a moment at which it is
// closed.
struct Row {
  const char* zone;
  const char* window;
  const char* from;
  std::vector<const char*> changes;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      // Berlin: 02:00 becomes 03:00 on 29 March at 01:00Z, 03:00 becomes 02:00 on 25 October at 01:00Z.
      {kBerlin,
       "01:00-06:00",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T00:00:00Z", "2026-03-29T04:00:00Z", "2026-03-29T23:00:00Z", "2026-03-30T04:00:00Z"}},
      {kBerlin,
       "01:00-06:00",
       "2026-10-24T12:00:00Z",
       {"2026-10-24T23:00:00Z", "2026-10-25T05:00:00Z", "2026-10-26T00:00:00Z", "2026-10-26T05:00:00Z"}},
      {kBerlin, "02:15-02:45", "2026-03-28T12:00:00Z", {"2026-03-30T00:15:00Z", "2026-03-30T00:45:00Z"}},
      {kBerlin,
       "02:15-02:45",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z"}},
      {kBerlin, "22:00-02:30", "2026-03-28T12:00:00Z", {"2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"}},
      {kBerlin,
       "22:00-02:30",
       "2026-10-24T12:00:00Z",
       {"2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"}},
      {kBerlin, "sun 00:00-24:00", "2026-03-28T12:00:00Z", {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}},
      {kBerlin, "sun 00:00-24:00", "2026-10-24T12:00:00Z", {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}},
      // New York: 02:00 becomes 03:00 on 8 March at 07:00Z, 02:00 becomes 01:00 on 1 November at 06:00Z.
      {kNewYork, "01:30-05:00", "2026-03-07T12:00:00Z", {"2026-03-08T06:30:00Z", "2026-03-08T09:00:00Z"}},
      {kNewYork,
       "01:30-05:00",
       "2026-10-31T12:00:00Z",
       {"2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T10:00:00Z"}},
      {kNewYork, "sat 23:00-03:00", "2026-03-07T12:00:00Z", {"2026-03-08T04:00:00Z", "2026-03-08T07:00:00Z"}},
      {kNewYork, "sat 23:00-03:00", "2026-10-31T12:00:00Z", {"2026-11-01T03:00:00Z", "2026-11-01T08:00:00Z"}},
      // Lord Howe: 02:00 becomes 02:30 on 4 October at 15:30Z the day before, 02:00 becomes 01:30 on 5 April at 15:00Z.
      {kLordHowe, "02:10-02:20", "2026-10-03T12:00:00Z", {"2026-10-04T15:10:00Z", "2026-10-04T15:20:00Z"}},
      {kLordHowe, "01:30-02:00", "2026-10-03T12:00:00Z", {"2026-10-03T15:00:00Z", "2026-10-03T15:30:00Z"}},
      {kLordHowe, "01:30-02:00", "2026-04-04T12:00:00Z", {"2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z"}},
      {kLordHowe, "02:00-03:00", "2026-04-04T12:00:00Z", {"2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"}},
  };
  return rows;
}

TEST(Window, HoldsOverBothChangesOfTheClocksInThreeZones) {
  for (const auto& row : table()) {
    SCOPED_TRACE(std::string(row.zone) + " " + row.window + " from " + row.from);
    const Zone zone(row.zone);
    const auto spans = window(row.window);
    base::WallTime time = at(row.from);
    bool open = false;
    for (const char* change : row.changes) {
      ASSERT_EQ(open_at(spans, time), open) << base::format_rfc3339(time);
      const auto next = next_change(spans, time);
      ASSERT_TRUE(next);
      EXPECT_EQ(base::format_rfc3339(*next), change);
      time = *next;
      open = !open;
    }
  }
}

TEST(Window, WhatIsRememberedOfAWindowIsWhatAskingAgainWouldTell) {
  const Zone zone(kBerlin);
  Windows windows;
  const auto night = window("mon-fri 01:00-06:30, sat,sun 00:00-08:00");
  const auto other = window("22:00-02:30");
  for (base::WallTime time = at("2026-10-23T00:00:00Z"); time < at("2026-10-28T00:00:00Z");
       time += std::chrono::minutes(7)) {
    for (const auto& one : {night, other}) {
      const auto state = windows.look(one, time);
      ASSERT_EQ(state.open, open_at(one, time)) << base::format_rfc3339(time);
      ASSERT_EQ(state.changes_at, next_change(one, time)) << base::format_rfc3339(time);
    }
  }
  // Also when the clock is set back.
  EXPECT_FALSE(windows.look(night, at("2026-10-23T10:00:00Z")).open);
  EXPECT_TRUE(windows.look({}, at("2026-10-23T10:00:00Z")).open);
}

TEST(Window, ATimeOfDayComesAgain) {
  const Zone zone(kBerlin);
  EXPECT_EQ(next_time_of_day(6 * 60, at("2026-10-25T02:00:00Z")), at("2026-10-25T05:00:00Z"));
  EXPECT_EQ(next_time_of_day(6 * 60, at("2026-10-25T05:00:00Z")), at("2026-10-25T05:00:00Z"));
  EXPECT_EQ(next_time_of_day(6 * 60, at("2026-10-25T05:01:00Z")), at("2026-10-26T05:00:00Z"));
  // One that the clocks skip comes on the next day.
  EXPECT_EQ(next_time_of_day(2 * 60 + 30, at("2026-03-28T12:00:00Z")), at("2026-03-30T00:30:00Z"));
}

TEST(TimeZone, PosixRulesAreKnownAndJunkIsNot) {
  for (const char* good : {"UTC0", kBerlin, kNewYork, "<+0330>-3:30"}) EXPECT_TRUE(is_time_zone(good)) << good;
  for (const char* bad : {"", "Nowhere/Land", "UT", "../../etc/passwd", "/etc/passwd", "<abc"}) {
    EXPECT_FALSE(is_time_zone(bad)) << bad;
  }
}

}  // namespace
}  // namespace podswarm::scheduler
