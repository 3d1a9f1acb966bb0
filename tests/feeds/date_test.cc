#include "feeds/date.h"

#include <gtest/gtest.h>

#include <string>

#include "base/units.h"

namespace podswarm::feeds {
namespace {

struct Case {
  const char* text;
  const char* expected;  // "" for no date
};

std::string read(std::string_view text) {
  const auto time = parse_date(text);
  return time ? base::format_rfc3339(*time) : std::string{};
}

class DateTable : public testing::TestWithParam<Case> {};

TEST_P(DateTable, ReadsTheInstant) {
  EXPECT_EQ(read(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Rfc822, DateTable,
                         testing::Values(Case{"Fri, 20 Nov 2026 18:30:05 +0000", "2026-11-20T18:30:05Z"},
                                         Case{"20 Nov 2026 18:30:05 GMT", "2026-11-20T18:30:05Z"},
                                         Case{"Fri,20 Nov 2026 18:30 GMT", "2026-11-20T18:30:00Z"},
                                         Case{"Fri 20 Nov, 2026 18:30:05 GMT", "2026-11-20T18:30:05Z"},
                                         Case{"Fri, 2 November 2026 8:05:09 -0130", "2026-11-02T09:35:09Z"},
                                         Case{"Mon, 8 Sept 2025 00:00:00 GMT", "2025-09-08T00:00:00Z"},
                                         Case{"Sunday, 20 June 27 12:00:00 UT", "2027-06-20T12:00:00Z"},
                                         Case{"1 Jan 70 01:00:00 +0100", "1970-01-01T00:00:00Z"},
                                         Case{"1 Jan 69 00:00:00 GMT", "2069-01-01T00:00:00Z"},
                                         Case{"Fri, 20 Nov 2026", "2026-11-20T00:00:00Z"},
                                         Case{"Fri, 20 Nov 2026 24:00:00 GMT", "2026-11-21T00:00:00Z"},
                                         Case{"Fri, 20 Nov 2026 18:30:05 -01:01", "2026-11-20T19:31:05Z"},
                                         Case{"Fri, 20 Nov 2026 18:30:05 +2", "2026-11-20T16:30:05Z"},
                                         Case{"Fri, 20 Nov 2026 18:30:05 -0500 (EST)", "2026-11-20T23:30:05Z"},
                                         Case{"Fri 20 Nov 2026 18:30:05 GMT-0400 (Eastern (summer))",
                                              "2026-11-20T22:30:05Z"},
                                         Case{"Wrong, 20 Nov 2026 18:30:05 GMT", "2026-11-20T18:30:05Z"}));

INSTANTIATE_TEST_SUITE_P(Zones, DateTable,
                         testing::Values(Case{"20 Nov 2026 12:00:00 EST", "2026-11-20T17:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 ET", "2026-11-20T17:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 pdt", "2026-11-20T19:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 AT", "2026-11-20T16:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 CEST", "2026-11-20T10:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 MEST", "2026-11-20T10:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 Z", "2026-11-20T12:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 A", "2026-11-20T13:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 Y", "2026-11-20T00:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 Etc/GMT", "2026-11-20T12:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 Etc/GMT+5", "2026-11-20T17:00:00Z"},
                                         Case{"20 Nov 2026 12:00:00 GMT+5:30", "2026-11-20T06:30:00Z"},
                                         Case{"20 Nov 2026 12:00:00 Nowhere", "2026-11-20T12:00:00Z"}));

INSTANTIATE_TEST_SUITE_P(
    Iso8601, DateTable,
    testing::Values(Case{"2026-11-20T18:30:05Z", "2026-11-20T18:30:05Z"},
                    Case{"2026-11-20t18:30:05z", "2026-11-20T18:30:05Z"},
                    Case{"2026-11-20 18:30:05", "2026-11-20T18:30:05Z"},
                    Case{"2026-11-20T18:30+02:00", "2026-11-20T16:30:00Z"},
                    Case{"2026-11-20T18:30:05.123456 +0200", "2026-11-20T16:30:05Z"},
                    Case{"2026-11-20T18:30:05,9-0030", "2026-11-20T19:00:05Z"},
                    Case{"2026-11-20", "2026-11-20T00:00:00Z"}, Case{"2026-11", "2026-11-01T00:00:00Z"},
                    Case{"2026", "2026-01-01T00:00:00Z"}, Case{"20261120", "2026-11-20T00:00:00Z"},
                    Case{"20261120T183005Z", "2026-11-20T18:30:05Z"}, Case{"20261120183005", "2026-11-20T18:30:05Z"},
                    Case{"2026-324", "2026-11-20T00:00:00Z"}, Case{"2026324", "2026-11-20T00:00:00Z"},
                    Case{"26-11-20", "2026-11-20T00:00:00Z"}, Case{"261120", "2026-11-20T00:00:00Z"},
                    Case{"-2611", "2026-11-01T00:00:00Z"}, Case{"2026-011-20T18:30:05+00:00", "2026-11-20T18:30:05Z"},
                    Case{"2026-11-20T18:30:05 EST", "2026-11-20T23:30:05Z"}));

INSTANTIATE_TEST_SUITE_P(
    Stray, DateTable,
    testing::Values(Case{"Fri Nov 20 18:30:05 2026", "2026-11-20T18:30:05Z"},
                    Case{"Fri Nov 20 18:30:05 PST 2026", "2026-11-21T02:30:05Z"},
                    Case{"Fri Nov 20 2026 18:30:05 +0200", "2026-11-20T16:30:05Z"},
                    Case{"November 20th, 2026 6:30 pm", "2026-11-20T18:30:00Z"},
                    Case{"2026-11-20-06:30:05 PM", "2026-11-20T18:30:05Z"}, Case{"20-Nov-2026", "2026-11-20T00:00:00Z"},
                    Case{"20.11.2026 18:30", "2026-11-20T18:30:00Z"}, Case{"11/20/2026", "2026-11-20T00:00:00Z"},
                    Case{"20/11/2026", "2026-11-20T00:00:00Z"},
                    Case{"Fri, 2026/11/20 18:30:05 EDT", "2026-11-20T22:30:05Z"},
                    Case{"1795199405", "2026-11-20T18:30:05Z"}, Case{"1795199405000", "2026-11-20T18:30:05Z"},
                    Case{"20. November 2026, 18:30 MEZ", "2026-11-20T17:30:00Z"},
                    Case{"ven., 20 août 2027 10:00:00 CEST", "2027-08-20T08:00:00Z"},
                    Case{"mar, 05 ene 2027 10:00:00 GMT", "2027-01-05T10:00:00Z"},
                    Case{"2026-július-13T9:15-05:00", "2026-07-13T14:15:00Z"},
                    Case{"Κυρ, 11 Ιούλ 2027 12:00:00 EST", "2027-07-11T17:00:00Z"},
                    Case{"2026년 11월 20일  18:30:05", "2026-11-20T18:30:05Z"},
                    Case{"2026-11-20 오후 6:30:05", "2026-11-20T18:30:05Z"}));

INSTANTIATE_TEST_SUITE_P(
    Odd, DateTable,
    testing::Values(Case{"2026-W46-2", "2026-11-10T00:00:00Z"}, Case{"2026-W46-2T10:00:00Z", "2026-11-10T10:00:00Z"},
                    Case{"2026W462", "2026-11-10T00:00:00Z"}, Case{"2026-W53", "2026-12-28T00:00:00Z"},
                    Case{"2025-W01-1", "2024-12-30T00:00:00Z"}, Case{"1793959200.5", "2026-11-06T10:00:00Z"},
                    Case{"Tue, 10 Nov 2026 10:00:00 + 0100", "2026-11-10T09:00:00Z"},
                    Case{"Tue, 10 Nov 2026 10:00:00 +00:00:00", "2026-11-10T10:00:00Z"},
                    Case{"Tue, 10 Nov 2026 10:00:00 GMT 2026", "2026-11-10T10:00:00Z"},
                    Case{"Tue, 10 Nov 2026 10:00:00 PST8PDT", "2026-11-10T18:00:00Z"},
                    Case{"2026-11-10T10:00:00\u221205:00", "2026-11-10T15:00:00Z"},
                    Case{"\u200ETue,\u00A010 Nov 2026 10\uFF1A00 GMT", "2026-11-10T10:00:00Z"},
                    Case{"١٠ نوفمبر ٢٠٢٦", "2026-11-10T00:00:00Z"},
                    Case{"Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"},
                    Case{"Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
                    Case{"10/Nov/2026:10:00:00 +0100", "2026-11-10T09:00:00Z"},
                    // What programs write that have no date.
                    Case{"Mon, 01 Jan 0001 00:00:00 GMT", ""}, Case{"Wed, 30 Nov -0001 00:00:00 +0000", ""},
                    Case{"2026-W54-1", ""}, Case{"2026-W00-1", ""}, Case{"2026-W46-8", ""},
                    Case{"Tue, 10 Nov 2026 10:00:00 GMT 2025", ""}));

INSTANTIATE_TEST_SUITE_P(None, DateTable,
                         testing::Values(Case{"", ""}, Case{"sometime in January", ""}, Case{"yesterday", ""},
                                         Case{"Mon, 99 Foo 9999 99:99:99 +9999", ""}, Case{"2026-13-01", ""},
                                         Case{"2026-02-30T00:00:00Z", ""}, Case{"2026-11-20T25:00:00Z", ""},
                                         Case{"2026-11-20T18:61:00Z", ""}, Case{"0000-00-00T00:00:00Z", ""},
                                         Case{"Mon, 01 Jan 0001 00:00:00 +2359", ""}, Case{"1e18", ""},
                                         Case{"99999999999999999999", ""}, Case{"31 Dec 9999 23:59:59 -2359", ""},
                                         Case{"0-2026119-03", ""}, Case{"2026-366", ""}, Case{"\xFF\xFE", ""}));

TEST(Date, EndsWellWhereverItIsCutOff) {
  for (const std::string text : {"Fri, 20 Nov 2026 18:30:05 GMT-0400 (EDT)", "2026-11-20T18:30:05.123+02:00",
                                 "20-Nov-2026 Etc/GMT+5", "2026년 11월 20일 오후 6:30:05"}) {
    for (std::size_t n = 0; n <= text.size(); ++n) {
      const auto time = parse_date(std::string_view(text).substr(0, n));
      if (time) {
        EXPECT_GE(base::format_rfc3339(*time).size(), 20u);
      }
    }
  }
}

}  // namespace
}  // namespace podswarm::feeds
