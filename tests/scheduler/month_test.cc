// A month of nights in virtual time. In the end every wanted episode is there exactly once, or was deleted by a rule of
// the person's, and at no moment did anything run outside its window or over a limit.

#include <cstdlib>
#include <ctime>

#include "tests/scheduler/month_world.h"

namespace podswarm::scheduler {
namespace {

class AMonthOfNights : public testing::TestWithParam<unsigned> {
 protected:
  AMonthOfNights() {
    ::setenv("TZ", kZone, 1);
    ::tzset();
  }
  ~AMonthOfNights() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_P(AMonthOfNights, BringsEveryWantedEpisodeOnceAndNothingRunsOutsideItsWindow) {
  World world(GetParam(), kNoBounds);
  world.live();
  if (HasFatalFailure()) return;
  world.expect_everything_once();
  world.expect_nights_were_told();
  EXPECT_GT(world.stops(), 5u) << "windows are to close on some that run";
  EXPECT_GT(world.lives(), 10u) << "the process is to end now and then";
}

TEST_P(AMonthOfNights, StaysWithinItsQuotasAndKeepsWhatIsToStay) {
  World world(GetParam(), kBounds);
  world.live();
  if (HasFatalFailure()) return;
  world.expect_everything_once();
  world.expect_nights_were_told();
  EXPECT_GT(world.deleted(), 50u) << "the bounds are to be reached";
  EXPECT_GT(world.held_by_quota(), 0u) << "and the quotas too";
  EXPECT_GT(world.lives(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AMonthOfNights, testing::Values(1u, 2u, 3u, 4u));

}  // namespace
}  // namespace podswarm::scheduler
