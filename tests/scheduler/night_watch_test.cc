// When a night's work is over, and that it is told once.

#include "scheduler/night_watch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/units.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

base::WallTime at(const char* text) {
  return base::parse_rfc3339(text).value();
}

class NightWatchTest : public testing::Test {
 protected:
  NightWatchTest() { zone("UTC0"); }
  ~NightWatchTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  NightWatch watch_{NightWatch::Memory{}};
};

TEST_F(NightWatchTest, ANightGoesFromNoonToNoonLocalTime) {
  EXPECT_EQ(night_of(at("2026-11-20T12:00:00Z")), night_of(at("2026-11-21T11:59:59Z")));
  EXPECT_NE(night_of(at("2026-11-20T11:59:59Z")), night_of(at("2026-11-20T12:00:00Z")));
  // On the days when the clocks change, too.
  zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(night_of(at("2026-10-24T10:00:00Z")), night_of(at("2026-10-25T10:59:59Z")));
  EXPECT_NE(night_of(at("2026-10-25T10:59:59Z")), night_of(at("2026-10-25T11:00:00Z")));
  EXPECT_EQ(night_of(at("2026-03-28T11:00:00Z")), night_of(at("2026-03-29T09:59:59Z")));
  EXPECT_NE(night_of(at("2026-03-29T09:59:59Z")), night_of(at("2026-03-29T10:00:00Z")));
}

TEST_F(NightWatchTest, WithoutWorkThereIsNothingToTell) {
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T06:00:00Z"), false, 0, false}));
}

TEST_F(NightWatchTest, ItIsOverWhenTheQueueHasRunDry) {
  watch_.on_work(at("2026-11-21T02:00:00Z"));
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T02:00:00Z"), true, 1, false}));
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T02:00:00Z"), true, 0, true}));
  EXPECT_TRUE(watch_.is_over({at("2026-11-21T02:30:00Z"), true, 0, false}));
  // Once.
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T02:31:00Z"), true, 0, false}));
  watch_.on_work(at("2026-11-21T04:00:00Z"));
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T04:01:00Z"), true, 0, false}));
  watch_.on_work(at("2026-11-22T02:00:00Z"));
  EXPECT_TRUE(watch_.is_over({at("2026-11-22T02:01:00Z"), true, 0, false}));
}

TEST_F(NightWatchTest, ItIsOverWhenTheWindowHasClosedOnAQueue) {
  watch_.on_work(at("2026-11-21T02:00:00Z"));
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T05:59:00Z"), true, 0, true}));
  EXPECT_FALSE(watch_.is_over({at("2026-11-21T06:00:00Z"), false, 1, true}));
  EXPECT_TRUE(watch_.is_over({at("2026-11-21T06:10:00Z"), false, 0, true}));
}

TEST_F(NightWatchTest, OneThatEndsLateBelongsToTheNightInWhichItWasBegun) {
  watch_.on_work(at("2026-11-21T05:00:00Z"));
  EXPECT_TRUE(watch_.is_over({at("2026-11-21T14:00:00Z"), false, 0, false}));
  watch_.on_work(at("2026-11-22T02:00:00Z"));
  EXPECT_TRUE(watch_.is_over({at("2026-11-22T06:00:00Z"), false, 0, false}));
}

TEST_F(NightWatchTest, ARestartTellsNothingTwiceAndForgetsNothing) {
  watch_.on_work(at("2026-11-21T02:00:00Z"));
  NightWatch second(night_memory_from_text(to_text(watch_.memory())));
  EXPECT_TRUE(second.is_over({at("2026-11-21T06:00:00Z"), false, 0, false}));
  NightWatch third(night_memory_from_text(to_text(second.memory())));
  EXPECT_EQ(third.memory(), second.memory());
  third.on_work(at("2026-11-21T05:00:00Z"));
  EXPECT_FALSE(third.is_over({at("2026-11-21T06:30:00Z"), false, 0, false}));
  for (const char* junk : {"", "1", "a b c", "1 2 3 4"}) {
    EXPECT_EQ(night_memory_from_text(junk), NightWatch::Memory{}) << junk;
  }
}

}  // namespace
}  // namespace podswarm::scheduler
