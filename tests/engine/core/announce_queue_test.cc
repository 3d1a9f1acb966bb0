#include "engine/core/announce_queue.h"

#include <gmock/gmock.h>

#include <vector>

namespace podswarm::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ticket = AnnounceQueue::Ticket;

std::vector<Ticket> begun(AnnounceQueue& queue) {
  std::vector<Ticket> out;
  while (const auto ticket = queue.next()) out.push_back(*ticket);
  return out;
}

TEST(AnnounceQueue, SoManyAreUnderWayAndEachThatEndsMakesRoom) {
  AnnounceQueue queue(3, 3);
  for (Ticket i = 1; i <= 5; ++i) queue.add(i, "a", false);
  EXPECT_THAT(begun(queue), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.under_way(), 3u);
  queue.remove(2);
  EXPECT_THAT(begun(queue), ElementsAre(4));
  for (const Ticket i : {1, 3, 4, 5}) queue.remove(i);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.under_way(), 0u);
}

TEST(AnnounceQueue, ADeadTrackerHoldsItsShareAndNoMore) {
  AnnounceQueue queue(10, 4);
  for (Ticket i = 0; i < 1000; ++i) queue.add(i, "dead", false);
  EXPECT_EQ(begun(queue).size(), 4u);
  queue.add(2000, "alive", false);
  EXPECT_THAT(begun(queue), ElementsAre(2000));
}

TEST(AnnounceQueue, HostsTakeTurns) {
  AnnounceQueue queue(4, 4);
  for (Ticket i = 0; i < 10; ++i) queue.add(i, "a", false);
  for (Ticket i = 100; i < 110; ++i) queue.add(i, "b", false);
  EXPECT_THAT(begun(queue), ElementsAre(0, 100, 1, 101));
}

TEST(AnnounceQueue, WhoIsShortOfPeersGoesFirst) {
  AnnounceQueue queue(2, 2);
  for (Ticket i = 0; i < 100; ++i) queue.add(i, "a", false);
  queue.add(500, "a", true);
  EXPECT_THAT(begun(queue), ElementsAre(500, 0));
  queue.add(501, "a", true);
  queue.remove(500);
  EXPECT_THAT(begun(queue), ElementsAre(501));
}

TEST(AnnounceQueue, OneThatIsNotWantedAnyMoreHasNoTurn) {
  AnnounceQueue queue(1, 1);
  for (Ticket i = 0; i < 4; ++i) queue.add(i, "a", i == 3);
  queue.remove(3);
  queue.remove(0);
  queue.remove(77);
  EXPECT_THAT(begun(queue), ElementsAre(1));
  queue.remove(1);
  queue.remove(2);
  EXPECT_THAT(begun(queue), IsEmpty());
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace podswarm::engine
