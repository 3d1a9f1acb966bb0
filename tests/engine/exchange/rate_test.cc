#include "engine/core/rate.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
const base::SteadyTime kStart{1'000'000s};

TEST(RateMeterTest, ASteadyFlowIsMeasuredFromTheFirstSecondOn) {
  RateMeter meter;
  for (int i = 0; i <= 10; ++i) meter.add(10'000, kStart + i * 100ms);
  EXPECT_NEAR(meter.bytes_per_s(kStart + 1s), 100'000, 12'000);
  EXPECT_EQ(meter.total(), 110'000u);
}

TEST(RateMeterTest, SilenceBringsTheRateDown) {
  RateMeter meter;
  for (int i = 0; i <= 100; ++i) meter.add(10'000, kStart + i * 100ms);
  EXPECT_NEAR(meter.bytes_per_s(kStart + 10s), 100'000, 5'000);
  EXPECT_LT(meter.bytes_per_s(kStart + 30s), 1'000);
}

TEST(TokenBucketTest, WithoutALimitEverythingMayPass) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.available(kStart), TokenBucket::kUnlimited);
  bucket.take(1'000'000'000);
  EXPECT_EQ(bucket.available(kStart), TokenBucket::kUnlimited);
}

TEST(TokenBucketTest, OverALongTimeTheLimitIsKept) {
  TokenBucket bucket;
  bucket.set_limit(100'000, kStart);
  std::uint64_t passed = 0;
  base::SteadyTime now = kStart;
  while (now < kStart + 10s) {
    const std::uint64_t available = bucket.available(now);
    if (available == 0) {
      ASSERT_GT(bucket.ready_at(now), now);
      now = bucket.ready_at(now);
      ASSERT_GT(bucket.available(now), 0u);
    } else {
      bucket.take(available + 5'000);  // in blocks, beyond what is there
      passed += available + 5'000;
    }
  }
  EXPECT_NEAR(static_cast<double>(passed), 1'000'000, 25'000);
}

TEST(TokenBucketTest, ANewLimitTakesEffectAtOnce) {
  TokenBucket bucket;
  bucket.set_limit(1'000, kStart);
  bucket.take(1'000);
  EXPECT_EQ(bucket.available(kStart), 0u);
  bucket.set_limit(0, kStart);
  EXPECT_EQ(bucket.available(kStart), TokenBucket::kUnlimited);
  bucket.set_limit(10'000'000, kStart);
  EXPECT_LE(bucket.ready_at(kStart), kStart + 200ms);
}

}  // namespace
}  // namespace podswarm::engine
