#include "engine/core/torrent_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Role = TorrentQueue::Role;

class TorrentQueueTest : public testing::Test {
 protected:
  // Everybody that has a place, after another look.
  std::set<std::uint64_t> look() {
    for (const auto& change : queue.settle(now)) {
      const auto known = active.find(change.id);
      EXPECT_TRUE(known == active.end() || known->second != change.active) << "no news of " << change.id;
      active[change.id] = change.active;
    }
    std::set<std::uint64_t> ids;
    for (const auto& [id, is_active] : active) {
      if (is_active) ids.insert(id);
    }
    return ids;
  }
  void add(std::initializer_list<std::uint64_t> ids, Role role) {
    for (const auto id : ids) queue.set_role(id, role);
  }
  void leave(std::uint64_t id) {
    queue.remove(id);
    active.erase(id);
  }

  std::map<std::uint64_t, std::uint64_t> received;
  TorrentQueue queue{[this](std::uint64_t id) { return received[id]; }};
  base::SteadyTime now{1'000'000s};
  std::map<std::uint64_t, bool> active;
};

TEST_F(TorrentQueueTest, WithoutLimitsEverybodyHasAPlaceAndNothingIsEverDue) {
  add({1, 2, 3}, Role::kDownloads);
  add({4, 5}, Role::kSeeds);
  EXPECT_THAT(look(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST_F(TorrentQueueTest, PlacesAreGivenInOrderOfArrivalOfEachKindForItself) {
  queue.set_limits(2, 1);
  add({1, 2, 3}, Role::kDownloads);
  add({4, 5}, Role::kSeeds);
  EXPECT_THAT(look(), ElementsAre(1, 2, 4));
  EXPECT_EQ(queue.waiting(Role::kDownloads), 1u);
  leave(1);
  EXPECT_THAT(look(), ElementsAre(2, 3, 4));
  // One is complete, and waits behind the other seeds.
  queue.set_role(2, Role::kSeeds);
  EXPECT_THAT(look(), ElementsAre(3, 4));
  leave(4);
  EXPECT_THAT(look(), ElementsAre(3, 5));
  leave(5);
  EXPECT_THAT(look(), ElementsAre(2, 3));
}

TEST_F(TorrentQueueTest, LimitsHoldAtOnce) {
  add({1, 2, 3, 4}, Role::kSeeds);
  EXPECT_THAT(look(), ElementsAre(1, 2, 3, 4));
  queue.set_limits(0, 2);
  EXPECT_THAT(look(), ElementsAre(1, 2));
  queue.set_limits(0, 3);
  EXPECT_THAT(look(), ElementsAre(1, 2, 3));
  queue.set_limits(0, 0);
  EXPECT_THAT(look(), ElementsAre(1, 2, 3, 4));
}

TEST_F(TorrentQueueTest, SeedsTakeTurns) {
  queue.set_limits(0, 2);
  add({1, 2, 3, 4, 5}, Role::kSeeds);
  EXPECT_THAT(look(), ElementsAre(1, 2));
  EXPECT_EQ(queue.next(), now + TorrentQueue::kSeedTurn);
  now += TorrentQueue::kSeedTurn - 1s;
  EXPECT_THAT(look(), ElementsAre(1, 2));
  now += 1s;
  EXPECT_THAT(look(), ElementsAre(3, 4));
  now += TorrentQueue::kSeedTurn;
  EXPECT_THAT(look(), ElementsAre(1, 5));
  now += TorrentQueue::kSeedTurn;
  EXPECT_THAT(look(), ElementsAre(2, 3));
}

TEST_F(TorrentQueueTest, ADownloadKeepsItsPlaceAsLongAsItGetsSomething) {
  queue.set_limits(2, 0);
  add({1, 2, 3}, Role::kDownloads);
  EXPECT_THAT(look(), ElementsAre(1, 2));
  for (int i = 0; i < 3; ++i) {
    ++received[1];
    ++received[2];
    now += TorrentQueue::kDownloadTurn;
    EXPECT_THAT(look(), ElementsAre(1, 2));
  }
  ++received[1];
  now += TorrentQueue::kDownloadTurn;
  EXPECT_THAT(look(), ElementsAre(1, 3));
}

TEST_F(TorrentQueueTest, WhoLeavesIsHeardOfNoMore) {
  queue.set_limits(1, 1);
  add({1, 2}, Role::kDownloads);
  leave(1);
  leave(2);
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(queue.active(Role::kDownloads), 0u);
  EXPECT_EQ(queue.next(), std::nullopt);
}

}  // namespace
}  // namespace podswarm::engine
