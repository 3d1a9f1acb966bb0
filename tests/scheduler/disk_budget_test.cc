// Room on the disk and in quotas, by example and for whatever comes.

#include "scheduler/disk_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace podswarm::scheduler {
namespace {

constexpr std::uint64_t kGiB = 1ull << 30;
const std::filesystem::path kRoot = "/library";

DiskBudget::Download of(std::int64_t feed, std::optional<std::uint64_t> size, std::uint64_t received = 0) {
  return {feed, kRoot, size, received, false};
}

TEST(DiskBudget, TheReserveStaysFreeAndWhatIsUnderWayCounts) {
  DiskBudget budget(kGiB, 0);
  budget.set_disk(kRoot, 4 * kGiB);
  EXPECT_EQ(budget.obstacle(of(1, 3 * kGiB)), "");
  EXPECT_NE(budget.obstacle(of(1, 3 * kGiB + 1)), "");
  budget.add_running(of(1, 2 * kGiB, kGiB));
  EXPECT_EQ(budget.obstacle(of(2, 2 * kGiB)), "");
  EXPECT_NE(budget.obstacle(of(2, 2 * kGiB + 1)).find("min_free"), std::string::npos);
  // What has come already takes no more.
  EXPECT_EQ(budget.obstacle(of(2, 3 * kGiB, kGiB)), "");
}

TEST(DiskBudget, WhatDoesNotSayItsSizeNeedsSomeRoomAboveTheReserveAndWithoutOneMayTry) {
  DiskBudget budget(kGiB, 0);
  budget.set_disk(kRoot, kGiB + DiskBudget::kMostUnknown - 1);
  EXPECT_NE(budget.obstacle(of(1, std::nullopt)), "");
  budget.set_disk(kRoot, kGiB + DiskBudget::kMostUnknown);
  EXPECT_EQ(budget.obstacle(of(1, std::nullopt)), "");
  DiskBudget small(0, 0);
  small.set_disk(kRoot, 1000);
  EXPECT_EQ(small.obstacle(of(1, std::nullopt)), "");
}

TEST(DiskBudget, ADiskThatCannotBeAskedHoldsNothingBack) {
  DiskBudget budget(kGiB, 0);
  budget.set_disk(kRoot, std::nullopt);
  EXPECT_EQ(budget.obstacle(of(1, 1000 * kGiB)), "");
}

TEST(DiskBudget, QuotasCountFilesUnfinishedFilesAndWhatIsUnderWay) {
  DiskBudget budget(0, 10 * kGiB);
  budget.set_quota(1, 5 * kGiB);
  budget.add_stored(1, 2 * kGiB);
  budget.add_stored(2, 3 * kGiB);
  EXPECT_EQ(budget.obstacle(of(1, 3 * kGiB)), "");
  EXPECT_NE(budget.obstacle(of(1, 3 * kGiB + 1)).find("feed's quota"), std::string::npos);
  budget.add_running(of(2, 4 * kGiB));
  EXPECT_NE(budget.obstacle(of(1, kGiB + 1)).find("library's quota"), std::string::npos);
  EXPECT_EQ(budget.obstacle(of(1, kGiB)), "");
  // An unfinished file is counted once.
  EXPECT_EQ(budget.obstacle({1, kRoot, 2 * kGiB, kGiB, true}), "");
}

TEST(DiskBudget, WhatIsUnderWayStopsWhenTheReserveIsTouchedByOthers) {
  DiskBudget budget(kGiB, 0);
  budget.set_disk(kRoot, kGiB);
  EXPECT_EQ(budget.overrun(1, kRoot), "");
  budget.set_disk(kRoot, kGiB - 1);
  EXPECT_NE(budget.overrun(1, kRoot), "");
}

TEST(DiskBudget, WhatDoesNotSayItsSizeStopsWhenItHasUsedTheQuotaUp) {
  DiskBudget budget(0, kGiB);
  EXPECT_EQ(budget.obstacle(of(1, std::nullopt)), "");
  budget.add_running(of(1, std::nullopt, kGiB));
  EXPECT_EQ(budget.overrun(1, kRoot), "");
  DiskBudget later(0, kGiB);
  later.add_running(of(1, std::nullopt, kGiB + 1));
  EXPECT_NE(later.overrun(1, kRoot), "");
}

// Downloads come, grow and end at random; whatever they are, no quota and no reserve is ever overrun by those whose
// size was known, and nothing waits where there would have been room.
TEST(DiskBudget, AdmissionKeepsEveryBoundWhateverComes) {
  std::mt19937_64 random(11);
  const auto below = [&](std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random); };
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t min_free = below(1000);
    const std::uint64_t library_quota = below(4) == 0 ? 0 : 1000 + below(20'000);
    std::map<std::int64_t, std::uint64_t> quota;
    for (std::int64_t feed = 1; feed <= 3; ++feed) quota[feed] = below(3) == 0 ? 0 : 500 + below(8'000);
    const std::uint64_t disk = 2'000 + below(30'000);
    struct One {
      std::int64_t feed;
      std::uint64_t size;
      std::uint64_t received;
    };
    std::vector<One> running;
    std::map<std::int64_t, std::uint64_t> stored;
    for (int step = 0; step < 200; ++step) {
      for (auto& one : running) one.received += below(one.size - one.received + 1);
      if (!running.empty() && below(3) == 0) {
        stored[running.front().feed] += running.front().size;
        running.erase(running.begin());
      }
      if (below(10) == 0 && !stored.empty()) stored.begin()->second /= 2;  // retention
      std::uint64_t on_disk = 0;
      std::uint64_t promised = 0;
      std::map<std::int64_t, std::uint64_t> of_feed = stored;
      for (const auto& [feed, bytes] : stored) on_disk += bytes;
      for (const auto& one : running) {
        on_disk += one.received;
        promised += one.size - one.received;
        of_feed[one.feed] += one.size;
      }
      ASSERT_LE(on_disk + promised + min_free, std::max(disk, min_free));
      if (library_quota != 0) {
        ASSERT_LE(on_disk + promised, library_quota);
      }
      for (const auto& [feed, bytes] : of_feed) {
        if (quota[feed] != 0) {
          ASSERT_LE(bytes, quota[feed]);
        }
      }

      DiskBudget budget(min_free, library_quota);
      budget.set_disk(kRoot, disk - on_disk);
      for (const auto& [feed, bytes] : quota) budget.set_quota(feed, bytes);
      for (const auto& [feed, bytes] : stored) budget.add_stored(feed, bytes);
      for (const auto& one : running) budget.add_running(of(one.feed, one.size, one.received));
      for (const auto& [feed, bytes] : quota) EXPECT_EQ(budget.overrun(feed, kRoot), "");
      const One next{static_cast<std::int64_t>(1 + below(3)), 1 + below(2'000), 0};
      const std::uint64_t total = on_disk + promised + next.size;
      const bool fits = total + min_free <= disk && (library_quota == 0 || total <= library_quota) &&
                        (quota[next.feed] == 0 || of_feed[next.feed] + next.size <= quota[next.feed]);
      ASSERT_EQ(budget.obstacle(of(next.feed, next.size)).empty(), fits);
      if (fits) running.push_back(next);
    }
  }
}

}  // namespace
}  // namespace podswarm::scheduler
