#include "scheduler/deadline_order.h"

#include <algorithm>
#include <iterator>

namespace podswarm::scheduler {

namespace {

// Within a priority a feed's turns stay where they are, and the smallest of its items takes the first of them.
template <class Bytes>
void smallest_first(std::vector<QueueItem>& items, const Bytes& bytes) {
  for (auto begin = items.begin(); begin != items.end();) {
    const auto end = std::find_if(begin, items.end(), [&](const auto& item) {
      return item.priority != begin->priority || item.place != begin->place;
    });
    if (begin->place == 0) {
      std::map<std::int64_t, std::vector<QueueItem>> by_feed;
      for (auto at = begin; at != end; ++at) by_feed[at->feed_id].push_back(*at);
      std::map<std::int64_t, std::size_t> given;
      for (auto& [feed, own] : by_feed) {
        std::stable_sort(own.begin(), own.end(), [&](const auto& a, const auto& b) { return bytes(a) < bytes(b); });
      }
      for (auto at = begin; at != end; ++at) {
        const auto feed = at->feed_id;
        *at = by_feed[feed][given[feed]++];
      }
    }
    begin = end;
  }
}

}  // namespace

std::vector<QueueItem> by_deadline(std::vector<QueueItem> items, const std::map<std::int64_t, std::uint64_t>& rest,
                                   const Estimate& estimate) {
  const auto bytes = [&](const QueueItem& item) {
    const auto known = rest.find(item.id);
    return known == rest.end() ? estimate.usual_size : known->second;
  };
  smallest_first(items, bytes);
  if (estimate.rate == 0) return items;
  const auto seconds = [&](const QueueItem& item) {
    const auto own = estimate.time_left_of.find(item.feed_id);
    const auto left = own == estimate.time_left_of.end() ? estimate.time_left : own->second;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0));
  };
  const std::uint64_t rate_of_all = std::max(estimate.rate_of_all, estimate.rate);
  // Windows overlap as a rule: what is done in one is time that the others do not have.
  std::uint64_t taken = estimate.under_way;
  std::vector<QueueItem> in_time;
  std::vector<QueueItem> late;
  for (const auto& item : items) {
    const std::uint64_t time = seconds(item);
    const std::uint64_t room = rate_of_all * time;
    const bool fits = bytes(item) / estimate.rate <= time && bytes(item) <= room - std::min(room, taken);
    // What a person has moved is where it is wanted: to the front, or behind all that comes before it.
    const bool is_late = item.place == 0 ? !fits : item.place > 0 && !late.empty();
    if (!is_late) taken += bytes(item);
    (is_late ? late : in_time).push_back(item);
  }
  std::move(late.begin(), late.end(), std::back_inserter(in_time));
  return in_time;
}

}  // namespace podswarm::scheduler
