// Retention as a table of cases, and as properties over generated libraries.

#include "library/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace podswarm::library {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::sys_seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr sys_seconds kNow{std::chrono::seconds(1'790'000'000)};
constexpr std::uint64_t kMiB = 1u << 20;

// Published and arrived so many days ago.
StoredEpisode episode(std::int64_t id, int days_ago, std::uint64_t size = kMiB, const std::string& protection = "") {
  return {id, 1, kNow - days(days_ago), kNow - days(days_ago), size, protection};
}

std::vector<std::int64_t> ids(const std::vector<Deletion>& deletions) {
  std::vector<std::int64_t> out;
  for (const auto& deletion : deletions) out.push_back(deletion.episode_id);
  return out;
}

std::vector<std::int64_t> of_feed(std::vector<StoredEpisode> episodes, RetentionBounds bounds) {
  return ids(plan_deletions(episodes, {{1, bounds}}, {}, kNow));
}

TEST(Retention, WithoutBoundsNothingGoes) {
  const std::vector<StoredEpisode> library{episode(1, 1000), episode(2, 1, 1ull << 50)};
  EXPECT_THAT(plan_deletions(library, {}, {}, kNow), IsEmpty());
  EXPECT_THAT(of_feed(library, {}), IsEmpty());
}

TEST(Retention, KeepsTheNewestOldestFirstOut) {
  EXPECT_THAT(of_feed({episode(1, 4), episode(2, 1), episode(3, 3), episode(4, 2)}, {.newest = 2}), ElementsAre(1, 3));
  EXPECT_THAT(of_feed({episode(1, 4), episode(2, 1)}, {.newest = 2}), IsEmpty());
}

TEST(Retention, OfOneMomentTheLaterIdIsTheNewer) {
  EXPECT_THAT(of_feed({episode(9, 1), episode(7, 1), episode(8, 1)}, {.newest = 1}), ElementsAre(7, 8));
}

TEST(Retention, AgeIsTheTimeInTheLibraryNotSincePublication) {
  StoredEpisode from_the_backlog = episode(1, 4000);
  from_the_backlog.arrived = kNow - hours(1);
  StoredEpisode had_for_long = episode(2, 31);
  EXPECT_THAT(of_feed({from_the_backlog, had_for_long}, {.age = days(30)}), ElementsAre(2));
  had_for_long.arrived = kNow - days(30);
  EXPECT_THAT(of_feed({had_for_long}, {.age = days(30)}), IsEmpty()) << "to the second";
}

TEST(Retention, SizeTakesTheOldestUntilItFits) {
  const std::vector<StoredEpisode> library{episode(1, 4, 5 * kMiB), episode(2, 3, kMiB), episode(3, 2, 4 * kMiB)};
  EXPECT_THAT(of_feed(library, {.size = 10 * kMiB}), IsEmpty());
  EXPECT_THAT(of_feed(library, {.size = 9 * kMiB}), ElementsAre(1));
  EXPECT_THAT(of_feed(library, {.size = 4 * kMiB}), ElementsAre(1, 2));
}

TEST(Retention, WhatIsProtectedStaysAndCounts) {
  EXPECT_THAT(of_feed({episode(1, 3), episode(2, 2), episode(3, 1, kMiB, "starred")}, {.newest = 2}), ElementsAre(1));
  EXPECT_THAT(of_feed({episode(1, 3, kMiB, "starred"), episode(2, 2), episode(3, 1)}, {.newest = 1}), ElementsAre(2));
  EXPECT_THAT(of_feed({episode(1, 3, 9 * kMiB, "seeding"), episode(2, 2), episode(3, 1)}, {.size = 10 * kMiB}),
              ElementsAre(2));
  EXPECT_THAT(of_feed({episode(1, 900, kMiB, "unplayed")}, {.age = days(1)}), IsEmpty());
}

TEST(Retention, TheNewestIsNotDeletedForItsSizeAsSoonAsItComes) {
  EXPECT_THAT(of_feed({episode(1, 3, 9 * kMiB, "starred"), episode(2, 2), episode(3, 1)}, {.size = kMiB}),
              ElementsAre(2));
  EXPECT_THAT(of_feed({episode(1, 1, 9 * kMiB)}, {.size = kMiB}), IsEmpty());
}

TEST(Retention, TheLibrarysBoundsHoldOverWhatTheFeedsLeave) {
  std::vector<StoredEpisode> library{episode(1, 9), episode(2, 8), episode(3, 7), episode(4, 6)};
  library[1].feed_id = library[3].feed_id = 2;
  const auto plan = plan_deletions(library, {{1, {.newest = 1}}}, {.newest = 2}, kNow);
  EXPECT_THAT(ids(plan), ElementsAre(1, 2));
  EXPECT_EQ(plan[0].reason, DeletionReason::kNewest);
  EXPECT_EQ(plan[1].reason, DeletionReason::kLibraryNewest);
  EXPECT_EQ(plan[1].text, "library: not among the newest 2");
}

TEST(Retention, SaysWhy) {
  const auto plan = plan_deletions(std::vector{episode(1, 40), episode(2, 3), episode(3, 2, 3 * kMiB), episode(4, 1)},
                                   {{1, {.newest = 2, .age = days(30), .size = 2 * kMiB}}}, {}, kNow);
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[0].text, "in the library for more than 30d 0h");
  EXPECT_EQ(plan[1].text, "not among the newest 2");
  EXPECT_EQ(plan[2].text, "the oldest, over 2.0 MiB");
}

// ---- properties ----

struct World {
  std::vector<StoredEpisode> episodes;
  std::map<std::int64_t, RetentionBounds> feeds;
  RetentionBounds library;
};

RetentionBounds random_bounds(std::mt19937& random, std::size_t episodes) {
  RetentionBounds bounds;
  if (random() % 2 == 0) bounds.newest = 1 + random() % (episodes + 2);
  if (random() % 2 == 0) bounds.age = hours(1 + random() % 2000);
  if (random() % 2 == 0) bounds.size = 1 + random() % (episodes * 1000 + 1);
  return bounds;
}

World random_world(unsigned seed) {
  std::mt19937 random(seed);
  World world;
  const std::size_t count = random() % 40;
  const std::int64_t feeds = 1 + static_cast<std::int64_t>(random() % 4);
  for (std::size_t i = 0; i < count; ++i) {
    StoredEpisode one;
    one.id = static_cast<std::int64_t>(i) + 1;
    one.feed_id = 1 + static_cast<std::int64_t>(random()) % feeds;
    one.published = kNow - hours(random() % 40) * 50;  // often the same moment
    one.arrived = std::min(kNow, one.published + hours(random() % 500));
    one.size = random() % 8 == 0 ? 0 : random() % 2000;
    if (random() % 4 == 0) one.protection = "starred";
    world.episodes.push_back(one);
  }
  std::shuffle(world.episodes.begin(), world.episodes.end(), random);
  for (std::int64_t feed = 1; feed <= feeds; ++feed) {
    if (random() % 3 != 0) world.feeds[feed] = random_bounds(random, count);
  }
  if (random() % 2 == 0) world.library = random_bounds(random, count);
  return world;
}

std::vector<StoredEpisode> without(const std::vector<StoredEpisode>& episodes, const std::vector<Deletion>& gone) {
  std::set<std::int64_t> ids_gone;
  for (const auto& deletion : gone) ids_gone.insert(deletion.episode_id);
  std::vector<StoredEpisode> left;
  for (const auto& one : episodes) {
    if (!ids_gone.contains(one.id)) left.push_back(one);
  }
  return left;
}

std::vector<StoredEpisode> only(const std::vector<StoredEpisode>& episodes, std::int64_t feed) {
  std::vector<StoredEpisode> out;
  std::copy_if(episodes.begin(), episodes.end(), std::back_inserter(out),
               [&](const StoredEpisode& one) { return one.feed_id == feed; });
  return out;
}

// How many of the set are newer than this one.
std::size_t newer_than(const StoredEpisode& one, const std::vector<StoredEpisode>& set) {
  return static_cast<std::size_t>(std::count_if(set.begin(), set.end(), [&](const StoredEpisode& other) {
    return std::pair(other.published, other.id) > std::pair(one.published, one.id);
  }));
}

std::uint64_t total(const std::vector<StoredEpisode>& set) {
  std::uint64_t bytes = 0;
  for (const auto& one : set) bytes += one.size;
  return bytes;
}

// Which bound `one`, of this set, breaks.
bool breaks_age_or_number(const StoredEpisode& one, const std::vector<StoredEpisode>& set, const RetentionBounds& bounds) {
  if (bounds.age.count() != 0 && kNow - one.arrived > bounds.age) return true;
  return bounds.newest != 0 && newer_than(one, set) >= bounds.newest;
}

void expect_within(const std::vector<StoredEpisode>& left, const RetentionBounds& bounds) {
  std::size_t may_go = 0;
  for (const auto& one : left) {
    if (!one.protection.empty()) continue;
    may_go += one.size != 0 ? 1 : 0;
    EXPECT_FALSE(breaks_age_or_number(one, left, bounds)) << "episode " << one.id;
  }
  if (bounds.size != 0 && may_go > 1) {
    EXPECT_LE(total(left), bounds.size);
  }
}

constexpr unsigned kWorlds = 400;

// A generated library, what is deleted from it, and what is left.
struct Outcome {
  explicit Outcome(unsigned seed) : world(random_world(seed)) {}
  World world;
  std::vector<Deletion> plan = plan_deletions(world.episodes, world.feeds, world.library, kNow);
  std::vector<StoredEpisode> left = without(world.episodes, plan);
};

void for_each_world(const std::function<void(const Outcome&)>& property) {
  for (unsigned seed = 0; seed < kWorlds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    property(Outcome(seed));
  }
}

TEST(RetentionProperties, AfterwardsNothingIsOverABoundButWhatIsProtected) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    for (const auto& [feed, bounds] : world.feeds) expect_within(only(left, feed), bounds);
    expect_within(left, world.library);
  });
}

TEST(RetentionProperties, WhatIsProtectedStaysAndNothingGoesTwice) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    std::set<std::int64_t> seen;
    for (const auto& deletion : plan) {
      EXPECT_TRUE(seen.insert(deletion.episode_id).second);
      const auto one = std::find_if(world.episodes.begin(), world.episodes.end(),
                                    [&](const StoredEpisode& other) { return other.id == deletion.episode_id; });
      ASSERT_NE(one, world.episodes.end());
      EXPECT_EQ(one->protection, "");
      EXPECT_EQ(one->size, deletion.size);
      EXPECT_EQ(one->feed_id, deletion.feed_id);
      EXPECT_FALSE(deletion.text.empty());
    }
  });
}

// Each deletion was needed when its turn came: with everything that stood then, its bound was broken by it.
TEST(RetentionProperties, NoMoreGoesThanIsNeeded) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    std::vector<StoredEpisode> standing = world.episodes;
    for (const auto& deletion : plan) {
      const bool whole = deletion.reason >= DeletionReason::kLibraryAge;
      const auto set = whole ? standing : only(standing, deletion.feed_id);
      const RetentionBounds bounds = whole ? world.library : world.feeds.at(deletion.feed_id);
      const auto one = *std::find_if(set.begin(), set.end(),
                                     [&](const StoredEpisode& other) { return other.id == deletion.episode_id; });
      switch (deletion.reason) {
        case DeletionReason::kAge:
        case DeletionReason::kLibraryAge:
          EXPECT_TRUE(bounds.age.count() != 0 && kNow - one.arrived > bounds.age);
          break;
        case DeletionReason::kNewest:
        case DeletionReason::kLibraryNewest:
          EXPECT_TRUE(bounds.newest != 0 && newer_than(one, set) >= bounds.newest);
          break;
        case DeletionReason::kSize:
        case DeletionReason::kLibrarySize:
          EXPECT_GT(total(set), bounds.size);
          EXPECT_NE(one.size, 0u);
          for (const auto& other : set) {
            const bool may_go = other.protection.empty() && other.size != 0;
            if (!may_go) continue;
            EXPECT_LE(std::pair(one.published, one.id), std::pair(other.published, other.id));
          }
          break;
      }
      std::erase_if(standing, [&](const StoredEpisode& other) { return other.id == deletion.episode_id; });
    }
  });
}

TEST(RetentionProperties, ASecondPassFindsNothing) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    EXPECT_THAT(ids(plan_deletions(left, world.feeds, world.library, kNow)), IsEmpty());
  });
}

TEST(RetentionProperties, WhatGoesForItsSizeLeavesANewerOneThatMayGo) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    for (const auto& deletion : plan) {
      if (deletion.reason != DeletionReason::kLibrarySize) continue;
      const auto one = *std::find_if(world.episodes.begin(), world.episodes.end(),
                                     [&](const StoredEpisode& other) { return other.id == deletion.episode_id; });
      EXPECT_TRUE(std::any_of(left.begin(), left.end(), [&](const StoredEpisode& other) {
        return other.protection.empty() && newer_than(one, {other}) == 1;
      })) << one.id;
    }
  });
}

TEST(RetentionProperties, TheOrderOfTheRowsDoesNotMatter) {
  for_each_world([](const Outcome& outcome) {
    const auto& [world, plan, left] = outcome;
    std::mt19937 random(1);
    auto episodes = world.episodes;
    std::shuffle(episodes.begin(), episodes.end(), random);
    EXPECT_EQ(ids(plan_deletions(episodes, world.feeds, world.library, kNow)), ids(plan));
  });
}

// A generator that never came to a deletion would prove nothing.
TEST(RetentionWorlds, BringEveryReason) {
  std::set<DeletionReason> reasons;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = random_world(seed);
    for (const auto& deletion : plan_deletions(world.episodes, world.feeds, world.library, kNow)) {
      reasons.insert(deletion.reason);
    }
  }
  EXPECT_EQ(reasons.size(), 6u);
}

}  // namespace
}  // namespace podswarm::library
