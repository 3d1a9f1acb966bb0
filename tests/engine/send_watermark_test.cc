#include "engine/net/send_watermark.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

TEST(SendWatermarkTest, ASlowPathIsCommittedToHalfASecondAtMost) {
  EXPECT_EQ(send_watermark(100'000), 50'000u);
  EXPECT_EQ(send_watermark(1'000'000), 500'000u);
}

TEST(SendWatermarkTest, ABlockIsReadyHoweverSlowThePathIs) {
  EXPECT_EQ(send_watermark(0), kLeastWatermark);
  EXPECT_EQ(send_watermark(1'000), kLeastWatermark);
}

TEST(SendWatermarkTest, AFastPathHasEnoughForLargeWrites) {
  EXPECT_EQ(send_watermark(2e6), kSlowWatermark);
  EXPECT_EQ(send_watermark(20e6), 2'000'000u);
  EXPECT_EQ(send_watermark(1e12), kMostWatermark);
}

}  // namespace
}  // namespace podswarm::engine
