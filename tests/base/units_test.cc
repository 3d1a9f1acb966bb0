#include "base/units.h"

#include <gtest/gtest.h>

namespace podswarm::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Units, BytesAsPeopleWriteThem) {
  const std::pair<const char*, std::uint64_t> table[] = {
      {"0", 0},
      {"1500", 1500},
      {" 1500 b ", 1500},
      {"8MB", 8'000'000},
      {"8mb/s", 8'000'000},
      {"500KiB", 512'000},
      {"500 kib/S", 512'000},
      {"1.5 GiB", 1'610'612'736},
      {"2g", 2'147'483'648},
      {"2Gi", 2'147'483'648},
      {"1k", 1024},
      {"1kb", 1000},
      {"0.5k", 512},
      {"4TiB", 4ull << 40},
      {"1PB", 1'000'000'000'000'000},
  };
  for (const auto& [text, bytes] : table) EXPECT_EQ(parse_bytes(text), bytes) << text;
}

TEST(Units, BytesRefuseJunk) {
  for (const char* text : {"",       " ",   "x",    "-1",  "+1",  "1 2", "MB",         "1XB", "1kbb",  "1/h",
                           "1 /s s", "1e5", "0x10", "1,5", "inf", "nan", "99999999PB", ".5k", "1..5k", "1kB x"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(Units, DurationsAsPeopleWriteThem) {
  const std::pair<const char*, milliseconds> table[] = {
      {"0", seconds(0)},
      {"90", seconds(90)},
      {"90s", seconds(90)},
      {"20m", seconds(1200)},
      {"1h30m", seconds(5400)},
      {" 1h 30m ", seconds(5400)},
      {"1.5h", seconds(5400)},
      {"7d", std::chrono::days(7)},
      {"2w", std::chrono::days(14)},
      {"500ms", milliseconds(500)},
      {"1MIN", seconds(60)},
      {"1 h 5 sec", seconds(3605)},
      {"0.25", milliseconds(250)},
  };
  for (const auto& [text, duration] : table) EXPECT_EQ(parse_duration(text), duration) << text;
}

TEST(Units, DurationsRefuseJunkAndWhatMayMeanTwoThings) {
  for (const char* text : {"", "x", "-5m", "5 parsecs", "h", "1h x", "1e3", "999999999w", "1:30",
                           "1h30",  // an hour and a half, or thirty seconds more?
                           "5 5"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, BytesArePrintedShort) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1'572'864), "1.5 MiB");
  EXPECT_EQ(format_bytes((1u << 20) - 1), "1.0 MiB");  // never "1024.0 KiB"
  EXPECT_EQ(format_bytes(~std::uint64_t{0}), "16384.0 PiB");
}

TEST(Units, DurationsArePrintedShort) {
  EXPECT_EQ(format_duration(seconds(0)), "0s");
  EXPECT_EQ(format_duration(seconds(45)), "45s");
  EXPECT_EQ(format_duration(seconds(62)), "1m 02s");
  EXPECT_EQ(format_duration(seconds(3720)), "1h 02m");
  EXPECT_EQ(format_duration(std::chrono::hours(76)), "3d 4h");
  EXPECT_EQ(format_duration(seconds(-62)), "-1m 02s");
}

TEST(Units, Rfc3339BothWays) {
  for (const char* text : {"2026-11-20T18:30:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
                           "2024-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_rfc3339(*time), text);
  }
}

TEST(Units, Rfc3339WithZonesFractionsAndDates) {
  const auto noon = *parse_rfc3339("2026-11-20T12:00:00Z");
  for (const char* text :
       {"2026-11-20t12:00:00z", "2026-11-20 12:00:00Z", "2026-11-20T13:30:00+01:30", "2026-11-20T04:00:00-08:00",
        "2026-11-20T12:00:00.999Z", " 2026-11-20T12:00:00.1+00:00 ", "2026-11-20T11:59:60Z"}) {
    EXPECT_EQ(parse_rfc3339(text), noon) << text;
  }
  EXPECT_EQ(parse_rfc3339("2026-11-20"), noon - std::chrono::hours(12));
  EXPECT_EQ(parse_rfc3339("2026-11-20T24:00:00Z"), noon + std::chrono::hours(12));
}

TEST(Units, Rfc3339RefusesJunk) {
  for (const char* text : {"",
                           "2026",
                           "2026-11",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-02-29",
                           "2026-11-31",
                           "2026-11-20T",
                           "2026-11-20T12",
                           "2026-11-20T12:00Z",
                           "2026-11-20T12:00:00",
                           "2026-11-20T12:00:00+1:00",
                           "2026-11-20T12:00:00+0100",
                           "2026-11-20T12:00:00Zx",
                           "2026-11-20T25:00:00Z",
                           "2026-11-20T24:00:01Z",
                           "2026-11-20T12:60:00Z",
                           "2026-11-20T12:00:61Z",
                           "2026-11-20T12:00:00.Z",
                           "2026-11-20T12:00:00+24:00",
                           "2026-11-20T12:00:00+00:60",
                           "+026-11-20",
                           "20261-1-20",
                           "2026-1-020",
                           "2026-11-20X12:00:00Z",
                           "2026-11-20T-1:00:00Z",
                           "2026-11-20T12:00:00."}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace podswarm::base
