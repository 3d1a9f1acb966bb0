// Conditions and ranges, as tables (RFC 9110 §13 and §14).

#include "web/range_request.h"

#include <gtest/gtest.h>

#include "base/http_date.h"
#include "base/units.h"

namespace podswarm::web {
namespace {

const Representation kFile{"\"abc\"", *base::parse_rfc3339("2026-11-20T06:00:00Z"), 1000};

std::string told(const Selection& selection) {
  std::string out = std::to_string(selection.status);
  if (selection.status == 200 || selection.status == 206) {
    out += " " + std::to_string(selection.first) + "+" + std::to_string(selection.length);
  }
  return out;
}

std::string range(const std::string& text, std::uint64_t size = 1000) {
  Representation file = kFile;
  file.size = size;
  return told(select({.range = text}, file, true));
}

TEST(RangeRequest, EveryFormOfARange) {
  struct Row {
    const char* field;
    const char* told;
  };
  for (const auto& [field, expected] : std::initializer_list<Row>{
           {"", "200 0+1000"},
           {"bytes=0-0", "206 0+1"},
           {"bytes=0-499", "206 0+500"},
           {"bytes=500-", "206 500+500"},
           {"bytes=999-", "206 999+1"},
           {"bytes=999-999", "206 999+1"},
           {"bytes=0-", "206 0+1000"},
           {"bytes=0-999", "206 0+1000"},
           {"bytes=0-1000", "206 0+1000"},
           {"bytes=990-99999", "206 990+10"},
           {"bytes=5-18446744073709551615", "206 5+995"},
           {"bytes=5-99999999999999999999999", "206 5+995"},
           {"bytes=-1", "206 999+1"},
           {"bytes=-1000", "206 0+1000"},
           {"bytes=-1001", "206 0+1000"},
           {"bytes=-99999999999999999999999", "206 0+1000"},
           {"BYTES=0-1", "206 0+2"},
           {" bytes=0-1 ", "206 0+2"},
           {"bytes= 0-1 ", "206 0+2"},
           {"bytes=,0-1,", "206 0+2"},
           // Outside.
           {"bytes=1000-", "416"},
           {"bytes=1000-2000", "416"},
           {"bytes=99999999999999999999999-", "416"},
           {"bytes=-0", "416"},
           {"bytes=2000-,3000-", "416"},
           // Several: whole, unless one alone can be had.
           {"bytes=0-1,5-6", "200 0+1000"},
           {"bytes=0-1,2000-", "206 0+2"},
           // Not what a range looks like: as if it were not there.
           {"bytes", "200 0+1000"},
           {"bytes=", "200 0+1000"},
           {"bytes=,", "200 0+1000"},
           {"bytes=-", "200 0+1000"},
           {"bytes=5", "200 0+1000"},
           {"bytes=5-4", "200 0+1000"},
           {"bytes=a-b", "200 0+1000"},
           {"bytes=0x1-2", "200 0+1000"},
           {"bytes=+1-2", "200 0+1000"},
           {"bytes=1--2", "200 0+1000"},
           {"bytes=0 - 1", "200 0+1000"},
           {"bytes=0-1,x", "200 0+1000"},
           {"bytes=--1", "200 0+1000"},
           {"items=0-1", "200 0+1000"},
           {"0-1", "200 0+1000"},
       }) {
    EXPECT_EQ(range(field), expected) << field;
  }
}

TEST(RangeRequest, AnEmptyFileHasNoRange) {
  EXPECT_EQ(range("", 0), "200 0+0");
  EXPECT_EQ(range("bytes=0-", 0), "416");
  EXPECT_EQ(range("bytes=-5", 0), "416");
}

TEST(RangeRequest, AHundredThousandRangesAreNoWork) {
  std::string field = "bytes=";
  for (int i = 0; i < 100'000; ++i) field += "0-0,";
  EXPECT_EQ(range(field), "200 0+1000");
}

TEST(RangeRequest, ARangeIsForGetAlone) {
  EXPECT_EQ(told(select({.range = "bytes=0-1"}, kFile, false)), "200 0+1000");
  EXPECT_EQ(told(select({.range = "bytes=5000-"}, kFile, false)), "200 0+1000");
}

TEST(RangeRequest, IfRangeWantsThisVeryRepresentation) {
  const auto with = [](const std::string& if_range) {
    return told(select({.if_range = if_range, .range = "bytes=10-19"}, kFile, true));
  };
  EXPECT_EQ(with("\"abc\""), "206 10+10");
  EXPECT_EQ(with("Fri, 20 Nov 2026 06:00:00 GMT"), "206 10+10");
  for (const char* other : {"\"abd\"", "W/\"abc\"", "\"abc\", \"x\"", "Fri, 20 Nov 2026 06:00:01 GMT",
                            "Fri, 20 Nov 2026 05:59:59 GMT", "yesterday", "*"}) {
    EXPECT_EQ(with(other), "200 0+1000") << other;
  }
}

TEST(RangeRequest, ConditionsInTheirOrder) {
  const std::string then = base::format_http_date(kFile.modified);
  const std::string before = base::format_http_date(kFile.modified - std::chrono::seconds(1));
  const std::string after = base::format_http_date(kFile.modified + std::chrono::seconds(1));
  struct Row {
    RequestConditions request;
    int status;
  };
  for (const auto& [request, status] : std::initializer_list<Row>{
           {{.if_none_match = "\"abc\""}, 304},
           {{.if_none_match = "W/\"abc\""}, 304},
           {{.if_none_match = "\"x,y\", \"abc\""}, 304},
           {{.if_none_match = "*"}, 304},
           {{.if_none_match = "\"ab\""}, 200},
           {{.if_none_match = "abc"}, 200},
           {{.if_none_match = "\"abc"}, 200},
           {{.if_modified_since = then}, 304},
           {{.if_modified_since = after}, 304},
           {{.if_modified_since = before}, 200},
           {{.if_modified_since = "nonsense"}, 200},
           // The tag has the last word.
           {{.if_none_match = "\"other\"", .if_modified_since = then}, 200},
           {{.if_none_match = "\"abc\"", .if_modified_since = before}, 304},
           {{.if_match = "\"abc\""}, 200},
           {{.if_match = "*"}, 200},
           {{.if_match = "W/\"abc\""}, 412},
           {{.if_match = "\"other\""}, 412},
           {{.if_unmodified_since = then}, 200},
           {{.if_unmodified_since = before}, 412},
           {{.if_match = "\"abc\"", .if_unmodified_since = before}, 200},
           {{.if_match = "\"abc\"", .if_none_match = "\"abc\""}, 304},
           // A condition comes before the range.
           {{.if_none_match = "\"abc\"", .range = "bytes=0-1"}, 304},
           {{.if_match = "\"abc\"", .range = "bytes=0-1"}, 206},
           {{.if_match = "\"other\"", .range = "bytes=9999-"}, 412},
       }) {
    EXPECT_EQ(select(request, kFile, true).status, status)
        << request.if_match << "|" << request.if_none_match << "|" << request.if_modified_since << "|"
        << request.if_unmodified_since << "|" << request.range;
  }
}

}  // namespace
}  // namespace podswarm::web
