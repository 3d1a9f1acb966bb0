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

TEST(TokenBucketTest, AShareKeepsItsOwnLimitAndThatOfTheWhole) {
  TokenBucket whole;
  TokenBucket share(&whole);
  TokenBucket other(&whole);
  EXPECT_EQ(share.limit(), 0u);
  EXPECT_EQ(share.available(kStart), TokenBucket::kUnlimited);
  whole.set_limit(1'000'000, kStart);
  EXPECT_EQ(share.limit(), 1'000'000u);
  share.set_limit(400'000, kStart);
  EXPECT_EQ(share.limit(), 400'000u);
  const auto pass = [](TokenBucket& bucket, base::SteadyTime now) {
    const std::uint64_t bytes = bucket.available(now);
    bucket.take(bytes);
    return bytes;
  };
  std::uint64_t by_share = 0;
  std::uint64_t by_other = 0;
  for (base::SteadyTime now = kStart; now < kStart + 10s; now += 10ms) {
    by_share += pass(share, now);
    by_other += pass(other, now);
  }
  EXPECT_NEAR(static_cast<double>(by_share), 4'000'000, 100'000);
  EXPECT_NEAR(static_cast<double>(by_share + by_other), 10'000'000, 200'000);
  // The share waits for the whole, though it has enough of its own.
  whole.take(5'000'000);
  EXPECT_EQ(share.available(kStart + 11s), 0u);
  EXPECT_EQ(share.ready_at(kStart + 11s), whole.ready_at(kStart + 11s));
}

}  // namespace
}  // namespace podswarm::engine
