#include "feeds/recurrence_days.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/units.h"

namespace podswarm::feeds {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using testing::ElementsAre;
using namespace std::chrono_literals;

std::vector<std::string> days_of(const char* rule, sys_days from, sys_days anchor, int count = 4) {
  const auto read = RecurrenceDays::read(rule);
  std::vector<std::string> out;
  if (!read) return out;
  for (auto day = read->next(from, anchor); day && count-- > 0; day = read->next(*day + days(1), anchor)) {
    out.push_back(base::format_rfc3339(*day).substr(0, 10));
  }
  return out;
}

constexpr sys_days kNov20 = 2026y / 11 / 20;  // a Friday

TEST(RecurrenceDays, MonthsByWeekday) {
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYDAY=1TU", kNov20, kNov20),
              ElementsAre("2026-12-01", "2027-01-05", "2027-02-02", "2027-03-02"));
  EXPECT_THAT(days_of("rrule:freq=monthly;byday=-1fr", kNov20, kNov20),
              ElementsAre("2026-11-27", "2026-12-25", "2027-01-29", "2027-02-26"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYDAY=+2MO,4MO", kNov20, kNov20),
              ElementsAre("2026-11-23", "2026-12-14", "2026-12-28", "2027-01-11"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYDAY=5SU", kNov20, kNov20),
              ElementsAre("2026-11-29", "2027-01-31", "2027-05-30", "2027-08-29"));
}

TEST(RecurrenceDays, MonthsByNumber) {
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYMONTHDAY=1,15", kNov20, kNov20),
              ElementsAre("2026-12-01", "2026-12-15", "2027-01-01", "2027-01-15"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYMONTHDAY=-1", kNov20, kNov20),
              ElementsAre("2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYMONTHDAY=31", kNov20, kNov20),
              ElementsAre("2026-12-31", "2027-01-31", "2027-03-31", "2027-05-31"));
  EXPECT_THAT(days_of("FREQ=MONTHLY", kNov20, 2026y / 3 / 7),
              ElementsAre("2026-12-07", "2027-01-07", "2027-02-07", "2027-03-07"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10", kNov20, 2026y / 10 / 10),
              ElementsAre("2027-01-10", "2027-04-10", "2027-07-10", "2027-10-10"));
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", kNov20, kNov20, 2),
              ElementsAre("2027-08-13", "2028-10-13"));
}

TEST(RecurrenceDays, TheLastWorkingDayOfAMonth) {
  EXPECT_THAT(days_of("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", kNov20, kNov20),
              ElementsAre("2026-11-30", "2026-12-31", "2027-01-29", "2027-02-26"));
}

TEST(RecurrenceDays, WeeksAndDays) {
  EXPECT_THAT(days_of("FREQ=WEEKLY;BYDAY=TU,TH", kNov20, kNov20),
              ElementsAre("2026-11-24", "2026-11-26", "2026-12-01", "2026-12-03"));
  EXPECT_THAT(days_of("FREQ=WEEKLY", kNov20, 2026y / 11 / 18),
              ElementsAre("2026-11-25", "2026-12-02", "2026-12-09", "2026-12-16"));
  // The week of the anchor counts, the next one does not: also where the rule's day is another one.
  EXPECT_THAT(days_of("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", kNov20, 2026y / 11 / 18),
              ElementsAre("2026-11-30", "2026-12-14", "2026-12-28", "2027-01-11"));
  EXPECT_THAT(days_of("FREQ=DAILY;INTERVAL=10", kNov20, 2026y / 11 / 1),
              ElementsAre("2026-11-21", "2026-12-01", "2026-12-11", "2026-12-21"));
}

TEST(RecurrenceDays, Years) {
  EXPECT_THAT(days_of("FREQ=YEARLY", kNov20, 2020y / 2 / 29, 2), ElementsAre("2028-02-29", "2032-02-29"));
  EXPECT_THAT(days_of("FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1", kNov20, kNov20, 3),
              ElementsAre("2027-01-01", "2027-07-01", "2028-01-01"));
  EXPECT_THAT(days_of("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", kNov20, kNov20, 2), ElementsAre("2026-11-26", "2027-11-25"));
  EXPECT_THAT(days_of("FREQ=YEARLY;BYDAY=-1SU", kNov20, kNov20, 2), ElementsAre("2026-12-27", "2027-12-26"));
}

TEST(RecurrenceDays, WhatTellsNoDays) {
  for (const char* rule : {"", "weekly", "FREQ=HOURLY;INTERVAL=6", "FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=0TU",
                           "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=", "FREQ=YEARLY;BYWEEKNO=3",
                           "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=99999999999"}) {
    EXPECT_FALSE(RecurrenceDays::read(rule)) << rule;
  }
  EXPECT_FALSE(RecurrenceDays::read(std::string(2000, 'F')));
  // The 30th of February: there is none, and looking for it ends.
  EXPECT_THAT(days_of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", kNov20, kNov20), ElementsAre());
}

TEST(RecurrenceDays, AnchorsMatterWhereTheRuleLeavesSomethingOpen) {
  EXPECT_FALSE(RecurrenceDays::read("FREQ=MONTHLY;BYDAY=1TU")->needs_anchor());
  EXPECT_TRUE(RecurrenceDays::read("FREQ=MONTHLY")->needs_anchor());
  EXPECT_TRUE(RecurrenceDays::read("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")->needs_anchor());
}

}  // namespace
}  // namespace podswarm::feeds
