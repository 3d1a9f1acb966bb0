#include "engine/core/request_window.h"

#include <gtest/gtest.h>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
const base::SteadyTime kStart{1'000'000s};

// A peer with that round trip and rate, kept busy with what the window allows; returns the depth after `time`.
std::size_t depth_after(RequestWindow& window, std::chrono::microseconds round_trip, double bytes_per_s,
                        std::chrono::milliseconds time) {
  base::SteadyTime now = kStart;
  while (now < kStart + time) {
    const double limit =
        static_cast<double>(window.depth(now) * kBlockSize) / std::chrono::duration<double>(round_trip).count();
    const double rate = std::min(bytes_per_s, limit);
    now += std::chrono::microseconds(static_cast<int>(kBlockSize / rate * 1e6) + 1);
    window.on_block(kBlockSize, round_trip, now);
  }
  return window.depth(now);
}

TEST(RequestWindowTest, StartsDeepAndHonoursWhatThePeerQueues) {
  RequestWindow window;
  EXPECT_GE(window.depth(kStart), 250u);
  window.set_peer_limit(100);
  EXPECT_EQ(window.depth(kStart), 100u);
  window.set_peer_limit(0);
  EXPECT_EQ(window.depth(kStart), RequestWindow::kStart);
}

TEST(RequestWindowTest, ALongFastPathIsFilledWithinASecond) {
  RequestWindow window;
  window.set_peer_limit(10'000);
  const std::size_t depth = depth_after(window, 50ms, 500e6, 1s);
  EXPECT_GE(static_cast<double>(depth * kBlockSize) / 0.05, 500e6);
}

TEST(RequestWindowTest, APeerThatDoesNotSayItsLimitIsAskedForMoreOnlyWhereThePathHoldsMore) {
  RequestWindow near;
  EXPECT_EQ(depth_after(near, 1ms, 500e6, 1s), RequestWindow::kUnsaid);
  RequestWindow far;
  EXPECT_GE(static_cast<double>(depth_after(far, 50ms, 500e6, 1s) * kBlockSize) / 0.05, 500e6);
  far.on_refused(700, kStart + 1s);
  EXPECT_EQ(far.depth(kStart + 1s), RequestWindow::kUnsaid);
  far.on_refused(250, kStart + 1s);
  EXPECT_EQ(far.depth(kStart + 1s), 250u);
}

TEST(RequestWindowTest, WhatAPeerSaysOfItsLimitCountsMoreThanWhatItRejects) {
  RequestWindow window;
  window.set_peer_limit(200);
  window.on_refused(20, kStart);
  EXPECT_EQ(window.depth(kStart), 200u);
}

TEST(RequestWindowTest, WhatWasRefusedIsTriedAgainLaterAndLaterStillIfInVain) {
  RequestWindow window;
  const auto busy_until = [&](base::SteadyTime now) {
    for (int i = 0; i < 2000; ++i) window.on_block(kBlockSize, 50ms, now - 1s + i * 500us);
    return window.depth(now);
  };
  base::SteadyTime now = kStart + 10s;
  (void)busy_until(now);
  window.on_refused(20, now);
  EXPECT_EQ(busy_until(now + 25s), 20u);
  now += RequestWindow::kForgive + 1s;
  EXPECT_EQ(busy_until(now), 40u);
  // That was too much.
  window.on_refused(20, now);
  EXPECT_EQ(busy_until(now + RequestWindow::kForgive + 1s), 20u);
  now += 2 * RequestWindow::kForgive + 1s;
  EXPECT_EQ(busy_until(now), 40u);
  for (int i = 0; i < 5; ++i) (void)busy_until(now += 2 * RequestWindow::kForgive + 1s);
  EXPECT_EQ(window.depth(now), RequestWindow::kUnsaid) << "as if nothing had been";
}

TEST(RequestWindowTest, ASlowPeerIsNotPromisedManyPieces) {
  RequestWindow window;
  const std::size_t depth = depth_after(window, 20ms, 1e6, 3s);
  EXPECT_LE(depth, 32u);
  EXPECT_GE(depth, RequestWindow::kLeast);
}

TEST(RequestWindowTest, WhoSendsInBurstsIsPromisedWhatItDeliversOnTheWhole) {
  RequestWindow window;
  base::SteadyTime now = kStart;
  for (int burst = 0; burst < 20; ++burst, now += 250ms) {
    for (int i = 0; i < 16; ++i) window.on_block(kBlockSize, 10ms, now + i * 1ms);
  }
  EXPECT_LE(window.depth(now), 40u);  // 1 MB/s
  EXPECT_GT(window.excess(256, now), 200u);
}

TEST(RequestWindowTest, WhoFallsSilentIsPromisedLess) {
  RequestWindow window;
  depth_after(window, 20ms, 10e6, 3s);
  EXPECT_GE(window.depth(kStart + 3s), 180u);
  EXPECT_LE(window.depth(kStart + 13s), 10u);
}

TEST(RequestWindowTest, ASnubbingPeerGetsOneRequestUntilItDelivers) {
  RequestWindow window;
  window.on_snubbed();
  EXPECT_EQ(window.depth(kStart), 1u);
  window.on_block(kBlockSize, 1s, kStart);
  EXPECT_GT(window.depth(kStart), 1u);
}

}  // namespace
}  // namespace podswarm::engine
