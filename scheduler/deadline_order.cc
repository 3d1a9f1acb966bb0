#include "scheduler/deadline_order.h"

#include <algorithm>
#include <tuple>

namespace podswarm::scheduler {

std::vector<QueueItem> by_deadline(std::vector<QueueItem> items, const std::map<std::int64_t, std::uint64_t>& rest,
                                   const Estimate& estimate) {
  const auto bytes = [&](const QueueItem& item) {
    const auto known = rest.find(item.id);
    return known == rest.end() ? estimate.usual_size : known->second;
  };
  const auto too_much = [&](const QueueItem& item) {
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(estimate.time_left.count(), 0));
    // What a person has moved is where it is wanted.
    return item.place == 0 && estimate.rate != 0 && bytes(item) / estimate.rate > seconds;
  };
  std::stable_sort(items.begin(), items.end(), [&](const QueueItem& a, const QueueItem& b) {
    const auto key = [&](const QueueItem& item) {
      return std::tuple(too_much(item), -item.priority, item.place, item.place == 0 ? bytes(item) : 0);
    };
    return key(a) < key(b);
  });
  return items;
}

}  // namespace podswarm::scheduler
