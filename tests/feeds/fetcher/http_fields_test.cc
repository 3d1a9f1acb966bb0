#include "feeds/http_fields.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace podswarm::feeds {
namespace {

using base::WallTime;
using std::chrono::seconds;

const WallTime kNow = *base::parse_rfc3339("2026-11-20T18:00:00Z");

std::string date(std::string_view text) {
  const auto time = parse_http_date(text, kNow);
  return time ? base::format_rfc3339(*time) : "none";
}

TEST(HttpDate, ReadsTheThreeForms) {
  EXPECT_EQ(date("Sun, 06 Nov 1994 08:49:37 GMT"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(date("Sunday, 06-Nov-94 08:49:37 GMT"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(date("Sun Nov  6 08:49:37 1994"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(date("  sat, 21 nov 2026 00:00:00 gmt "), "2026-11-21T00:00:00Z");
  EXPECT_EQ(date("Thursday, 29-Feb-24 23:59:60 GMT"), "2024-03-01T00:00:00Z");
}

TEST(HttpDate, TakesTheNearestCenturyForTwoDigits) {
  EXPECT_EQ(date("Monday, 01-Jan-76 00:00:00 GMT"), "2076-01-01T00:00:00Z");
  EXPECT_EQ(date("Monday, 01-Jan-77 00:00:00 GMT"), "1977-01-01T00:00:00Z");
}

TEST(HttpDate, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "soon", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 19945 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov 08:49:37 GMT", "1994-11-06T08:49:37Z", ", , , , , ,",
        "Sun, 99999999999999999999 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT"}) {
    EXPECT_EQ(date(text), "none") << text;
  }
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("120", kNow), kNow + seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), kNow);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 19:00:00 GMT", kNow), kNow + std::chrono::hours(1));
  EXPECT_EQ(parse_retry_after("Thu, 19 Nov 2026 18:00:00 GMT", kNow), kNow - std::chrono::hours(24));
}

TEST(RetryAfter, IsAtMostAYearAhead) {
  const auto year = kNow + std::chrono::days(365);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kNow), year);
  EXPECT_EQ(parse_retry_after("31536001", kNow), year);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2099 19:00:00 GMT", kNow), year);
}

TEST(RetryAfter, IgnoresJunk) {
  for (const char* text : {"", "-1", "1.5", "later", "0x10"}) EXPECT_FALSE(parse_retry_after(text, kNow)) << text;
}

TEST(MaxAge, IsFoundAmongTheDirectives) {
  EXPECT_EQ(parse_max_age("max-age=600"), seconds(600));
  EXPECT_EQ(parse_max_age("public, Max-Age = 600 , must-revalidate"), seconds(600));
  EXPECT_EQ(parse_max_age("no-cache, max-age=\"60\""), seconds(60));
  EXPECT_EQ(parse_max_age("max-age=99999999999999999999"), std::chrono::days(365));
  for (const char* text : {"", "no-store", "s-maxage=5", "max-age", "max-age=", "max-age=-1", "max-age=1h"}) {
    EXPECT_FALSE(parse_max_age(text)) << text;
  }
}

}  // namespace
}  // namespace podswarm::feeds
