// In which order waiting downloads take their turn. Pure.
//
// Higher priority first; within one, what a person has moved (place), then feeds in turn: the one with the least under
// way, and of those the one whose last turn is longest ago. So no feed takes all places because it queued first.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"

namespace podswarm::scheduler {

struct QueueItem {
  std::int64_t id = 0;
  std::int64_t feed_id = 0;
  int priority = 0;
  std::int64_t place = 0;  // lower first; 0 unless it was moved by hand
  base::WallTime queued_at{};
};

// How feeds stand when turns are given out.
struct FeedTurns {
  std::map<std::int64_t, std::size_t> active;         // under way
  std::map<std::int64_t, base::WallTime> last_start;  // absent: none yet
};

[[nodiscard]] std::vector<QueueItem> in_order(std::vector<QueueItem> items, const FeedTurns& turns);

enum class Move { kTop, kUp, kDown, kBottom };

// What must change for the move.
struct Turn {
  std::int64_t id = 0;
  int priority = 0;
  std::int64_t place = 0;

  bool operator==(const Turn&) const = default;
};

// `items` as in_order() has them. One that moves past items of another priority takes that priority on. Moving up or
// down fixes the order of the priority it happens in as it is, so that what comes later queues behind it. None where
// the item is not there or stands at that end already.
[[nodiscard]] std::vector<Turn> moved(const std::vector<QueueItem>& items, std::int64_t id, Move move);

}  // namespace podswarm::scheduler
