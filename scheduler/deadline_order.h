// What goes first where downloads are to be done by a time: by priority, as much as can be done until then all in all,
// then the rest. Within a priority feeds take turns as ever, and of a feed what is smallest goes first, so that most of
// it is there. Estimates: sizes as feeds claim them, rates as they were of late. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "scheduler/queue_order.h"

namespace podswarm::scheduler {

struct Estimate {
  std::uint64_t rate = 0;            // bytes a second of one download, 0 = unknown: everything can be done
  std::uint64_t rate_of_all = 0;     // of as many as run at a time; never less than `rate`
  std::uint64_t usual_size = 0;      // of what does not say its own
  std::uint64_t under_way = 0;       // bytes that are to come of what runs already
  std::chrono::seconds time_left{};  // in which downloads may run
  // Of feeds with windows of their own.
  std::map<std::int64_t, std::chrono::seconds> time_left_of{};
};

// `items` as in_order() has them; `rest` tells how many bytes of each are to come. One that no longer fits beside those
// before it gives way to smaller ones behind it. What was moved by hand keeps its place, and counts.
[[nodiscard]] std::vector<QueueItem> by_deadline(std::vector<QueueItem> items,
                                                 const std::map<std::int64_t, std::uint64_t>& rest,
                                                 const Estimate& estimate);

}  // namespace podswarm::scheduler
