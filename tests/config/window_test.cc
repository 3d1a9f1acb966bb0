#include "config/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podswarm::config {
namespace {

using testing::ElementsAre;

TEST(Window, NothingMeansAlways) {
  EXPECT_TRUE(parse_window("")->always());
  EXPECT_TRUE(parse_window("  ")->always());
}

TEST(Window, ReadsTimesOfDay) {
  const auto window = parse_window(" 01:00-06:30 ");
  ASSERT_TRUE(window);
  EXPECT_EQ(window->text, "01:00-06:30");
  EXPECT_THAT(window->spans, ElementsAre(WindowSpan{0x7f, 60, 390}));
  EXPECT_THAT(parse_window("1-6")->spans, ElementsAre(WindowSpan{0x7f, 60, 360}));
  EXPECT_THAT(parse_window("22:00 - 06:00")->spans, ElementsAre(WindowSpan{0x7f, 1320, 360}));
  EXPECT_THAT(parse_window("22:00-00:00")->spans, ElementsAre(WindowSpan{0x7f, 1320, 1440}));
  EXPECT_THAT(parse_window("00:00-24:00")->spans, ElementsAre(WindowSpan{0x7f, 0, 1440}));
}

TEST(Window, ReadsDays) {
  EXPECT_THAT(parse_window("Mon-Fri 22:00-06:00, Sat,Sun 00:00-24:00")->spans,
              ElementsAre(WindowSpan{0x1f, 1320, 360}, WindowSpan{0x60, 0, 1440}));
  EXPECT_THAT(parse_window("sat-MONDAY 01:00-02:00, 03:00-04:00")->spans,
              ElementsAre(WindowSpan{0x61, 60, 120}, WindowSpan{0x7f, 180, 240}));
}

TEST(Window, RefusesWhatItCannotMean) {
  for (const char* text : {"night", "01:00", "01:00-", "-06:00", "01:00-06:00,", "Mon", "Mon-Fri", "Funday 01:00-02:00",
                           "01:00-02:00-03:00", "1:2-3:04", "001:00-02:00", "01:00-02:00 Mon", ",", "01:0x-02:00"}) {
    const auto window = parse_window(text);
    ASSERT_FALSE(window) << text;
    EXPECT_EQ(window.error().code, WindowError::kSyntax) << text;
  }
  for (const char* text : {"25:00-26:00", "01:60-02:00", "24:00-01:00", "00:00-24:01", "05:00-05:00"}) {
    const auto window = parse_window(text);
    ASSERT_FALSE(window) << text;
    EXPECT_EQ(window.error().code, WindowError::kRange) << text;
  }
}

TEST(Window, BoundsTheNumberOfSpans) {
  std::string many = "01:00-02:00";
  for (int i = 0; i < 1000; ++i) many += ",01:00-02:00";
  EXPECT_FALSE(parse_window(many));
}

TEST(Window, SeveralAddUpInAnyCase) {
  const auto sum = add_windows(*parse_window("MON-fri 01:00-06:30"), *parse_window("sat,SUN 00:00-08:00"));
  EXPECT_THAT(sum.spans, ElementsAre(WindowSpan{0x1f, 60, 390}, WindowSpan{0x60, 0, 480}));
  EXPECT_EQ(sum.text, "MON-fri 01:00-06:30, sat,SUN 00:00-08:00");
  EXPECT_EQ(*parse_window(sum.text), sum);
  EXPECT_TRUE(add_windows(*parse_window("1-2"), *parse_window("always")).always());
  EXPECT_TRUE(add_windows(*parse_window(""), *parse_window("1-2")).always());
}

TEST(DoneBy, IsATimeOfDayOrTheWindowsEnd) {
  EXPECT_EQ(*parse_done_by(" 06:30 "), (DoneBy{false, 390}));
  EXPECT_EQ(*parse_done_by("Window"), (DoneBy{true, 0}));
  for (const char* junk : {"", "24:00", "6:60", "soon", "-1"}) EXPECT_FALSE(parse_done_by(junk)) << junk;
}

}  // namespace
}  // namespace podswarm::config
