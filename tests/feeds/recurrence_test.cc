#include "feeds/recurrence.h"

#include <gtest/gtest.h>

namespace podswarm::feeds {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

TEST(Recurrence, TheAveragePeriodOfARule) {
  const std::pair<const char*, seconds> kCases[] = {
      {"FREQ=DAILY", 24h},
      {"FREQ=WEEKLY", 24h * 7},
      {"freq=weekly;interval=2", 24h * 14},
      {"RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR", 56h},
      {"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", 24h},
      {"FREQ=HOURLY;INTERVAL=6", 6h},
      {"FREQ=SECONDLY", 60s},
      {"FREQ=DAILY;BYHOUR=6,18", 12h},
      {"FREQ=YEARLY;INTERVAL=100", 24h * 3653},
  };
  for (const auto& [rule, period] : kCases) EXPECT_EQ(average_period(rule), period) << rule;
}

TEST(Recurrence, MonthsAreOfAverageLength) {
  const auto close_to = [](const char* rule, double days) {
    const auto period = average_period(rule);
    ASSERT_TRUE(period) << rule;
    EXPECT_NEAR(static_cast<double>(period->count()) / 86'400, days, 0.05) << rule;
  };
  close_to("FREQ=MONTHLY", 30.44);
  close_to("FREQ=MONTHLY;BYDAY=1TU", 30.44);
  close_to("FREQ=MONTHLY;BYDAY=1TU,3TU", 15.22);
  close_to("FREQ=MONTHLY;BYDAY=TU", 7);
  close_to("FREQ=YEARLY;BYMONTH=1,7", 182.62);
}

TEST(Recurrence, WhatIsNoRuleSaysNothing) {
  for (const char* junk : {"", "weekly", "FREQ=", "FREQ=FORTNIGHTLY", "FREQ=WEEKLY;INTERVAL=0", "INTERVAL=2",
                           "FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ=WEEKLY;BYDAY=,"}) {
    EXPECT_FALSE(average_period(junk)) << junk;
  }
  EXPECT_FALSE(average_period(std::string(2000, 'F')));
}

}  // namespace
}  // namespace podswarm::feeds
