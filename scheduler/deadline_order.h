// What goes first where downloads are to be done by a time: of what can be done until then the highest priority, and
// within it what takes least, so that most of it is there; then what cannot be done by then. Estimates: sizes as feeds
// claim them, rates as they were of late. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "scheduler/queue_order.h"

namespace podswarm::scheduler {

struct Estimate {
  std::uint64_t rate = 0;        // bytes a second of one download, 0 = unknown: everything can be done
  std::uint64_t usual_size = 0;  // of what does not say its own
  std::chrono::seconds time_left{};
};

// `items` as in_order() has them; `rest` tells how many bytes of each are to come. What was moved by hand keeps its
// place.
[[nodiscard]] std::vector<QueueItem> by_deadline(std::vector<QueueItem> items,
                                                 const std::map<std::int64_t, std::uint64_t>& rest,
                                                 const Estimate& estimate);

}  // namespace podswarm::scheduler
