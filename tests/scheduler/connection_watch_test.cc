// Offline or not: what failures at many hosts tell, and what those of a few do not.

#include "scheduler/connection_watch.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/units.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
const base::WallTime kNoon = *base::parse_rfc3339("2026-11-20T12:00:00Z");

TEST(ConnectionWatch, FailuresAtSeveralHostsInARowAreTheLine) {
  ConnectionWatch watch;
  EXPECT_FALSE(watch.on_unreachable("a", kNoon));
  EXPECT_FALSE(watch.on_unreachable("b", kNoon + 1s));
  EXPECT_TRUE(watch.on_unreachable("c", kNoon + 2s));
  EXPECT_TRUE(watch.is_offline());
  EXPECT_EQ(watch.lost_at(), kNoon);
  EXPECT_TRUE(watch.on_answer("b", kNoon + 1h));
  EXPECT_FALSE(watch.is_offline());
  EXPECT_FALSE(watch.on_answer("a", kNoon + 1h));
}

TEST(ConnectionWatch, OneHostInTroubleIsNotTheLine) {
  ConnectionWatch watch;
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(watch.on_unreachable("a", kNoon + i * 1s));
}

TEST(ConnectionWatch, AnAnswerInBetweenSaysThatTheLineIsThere) {
  ConnectionWatch watch;
  watch.on_unreachable("a", kNoon);
  watch.on_unreachable("b", kNoon + 1s);
  watch.on_answer("c", kNoon + 2s);
  EXPECT_FALSE(watch.on_unreachable("d", kNoon + 3s));
  EXPECT_FALSE(watch.is_offline());
}

TEST(ConnectionWatch, FailuresThatLieFarApartTellNothing) {
  ConnectionWatch watch;
  EXPECT_FALSE(watch.on_unreachable("a", kNoon));
  EXPECT_FALSE(watch.on_unreachable("b", kNoon + 10min));
  EXPECT_FALSE(watch.on_unreachable("c", kNoon + 20min));
}

TEST(ConnectionWatch, HostsThatAreDeadDoNotTakeTheLineDownAgainAndAgain) {
  ConnectionWatch watch;
  base::WallTime now = kNoon;
  int times = 0;
  for (int round = 0; round < 100; ++round, now += 1h) {
    for (const char* host : {"dead1", "dead2", "dead3"}) times += watch.on_unreachable(host, now) ? 1 : 0;
    if (watch.is_offline()) watch.on_answer("good", now + 30s);
    // Forgiven, they are asked again at once.
    for (const char* host : {"dead1", "dead2", "dead3"}) times += watch.on_unreachable(host, now + 31s) ? 1 : 0;
    watch.on_answer("good", now + 40s);
  }
  EXPECT_LE(times, 2);
}

TEST(ConnectionWatch, AHostThatAnswersCountsAgain) {
  ConnectionWatch watch;
  watch.on_unreachable("a", kNoon);
  watch.on_answer("b", kNoon);
  watch.on_answer("a", kNoon + 1s);
  watch.on_unreachable("a", kNoon + 1h);
  watch.on_unreachable("b", kNoon + 1h);
  EXPECT_TRUE(watch.on_unreachable("c", kNoon + 1h));
}

TEST(ConnectionWatch, WithoutAWayOutOneFailureTells) {
  ConnectionWatch watch;
  watch.on_answer("a", kNoon - 1s);
  EXPECT_TRUE(watch.on_unreachable("a", kNoon, Evidence::kLine));
  EXPECT_EQ(watch.lost_at(), kNoon);
}

// A domain that is gone for good, in a process that has just begun, may be the first to fail.
TEST(ConnectionWatch, OneHostThatIsGoneTellsNothing) {
  ConnectionWatch watch;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(watch.on_unreachable("a", kNoon + i * 10s));
}

TEST(ConnectionWatch, WhatFailedBeforeItWasCertainHasFailedForWantOfALineToo) {
  ConnectionWatch watch;
  watch.on_unreachable("a", kNoon);
  watch.on_unreachable("a", kNoon + 1h);
  EXPECT_TRUE(watch.on_unreachable("a", kNoon + 2h, Evidence::kLine));
  EXPECT_EQ(watch.lost_at(), kNoon);
}

TEST(ConnectionWatch, ProbesComeMoreAndMoreRarely) {
  ConnectionWatch watch;
  for (const char* host : {"a", "b", "c"}) watch.on_unreachable(host, kNoon);
  base::WallTime now = watch.next_probe();
  EXPECT_EQ(now, kNoon + 30s);
  std::vector<std::chrono::seconds> waits;
  for (int i = 0; i < 7; ++i) {
    watch.on_probe(now);
    waits.push_back(watch.next_probe() - now);
    now = watch.next_probe();
  }
  EXPECT_EQ(waits.front(), 30s);
  EXPECT_EQ(waits.back(), 600s);
}

}  // namespace
}  // namespace podswarm::scheduler
