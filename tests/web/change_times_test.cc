#include "web/change_times.h"

#include <gtest/gtest.h>

namespace podswarm::web {
namespace {

std::chrono::sys_seconds at(int seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

TEST(ChangeTimes, ADocumentIsAsOldAsItsTag) {
  ChangeTimes times;
  EXPECT_EQ(times.since("/a", "1", at(10)), at(10));
  EXPECT_EQ(times.since("/a", "1", at(20)), at(10));
  EXPECT_EQ(times.since("/b", "1", at(20)), at(20));
  EXPECT_EQ(times.since("/a", "2", at(30)), at(30));
  // Back to an earlier text is a change as well.
  EXPECT_EQ(times.since("/a", "1", at(40)), at(40));
}

TEST(ChangeTimes, RemembersSoManyAndForgetsTowardsChanged) {
  ChangeTimes times(2);
  EXPECT_EQ(times.since("/a", "1", at(10)), at(10));
  EXPECT_EQ(times.since("/b", "1", at(10)), at(10));
  EXPECT_EQ(times.since("/a", "1", at(20)), at(10));
  EXPECT_EQ(times.since("/c", "1", at(20)), at(20));
  EXPECT_EQ(times.since("/a", "1", at(30)), at(30));
}

}  // namespace
}  // namespace podswarm::web
