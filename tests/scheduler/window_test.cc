#include "scheduler/window.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

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

}  // namespace
}  // namespace podswarm::scheduler
