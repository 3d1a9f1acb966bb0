#include "base/http_date.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace podswarm::base {
namespace {

TEST(HttpDate, IsWrittenInTheUsualForm) {
  EXPECT_EQ(format_http_date(*parse_rfc3339("2026-11-20T06:05:09Z")), "Fri, 20 Nov 2026 06:05:09 GMT");
  EXPECT_EQ(format_http_date(std::chrono::sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(*parse_rfc3339("2024-02-29T23:59:59Z")), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(HttpDate, WhatIsWrittenIsReadBack) {
  for (std::int64_t seconds = -10; seconds < 4'000'000'000; seconds += 98'765'431) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    EXPECT_EQ(parse_http_date(format_http_date(time)), time) << seconds;
  }
}

TEST(HttpDate, AllThreeFormsAreRead) {
  const auto time = parse_rfc3339("1994-11-06T08:49:37Z");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), time);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), time);
  EXPECT_FALSE(parse_http_date("1994-11-06T08:49:37Z"));
  EXPECT_FALSE(parse_http_date(""));
}

}  // namespace
}  // namespace podswarm::base
