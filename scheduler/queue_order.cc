#include "scheduler/queue_order.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace podswarm::scheduler {

namespace {

bool is_before(const QueueItem& a, const QueueItem& b) {
  return std::tuple(-a.priority, a.place, a.queued_at, a.id) < std::tuple(-b.priority, b.place, b.queued_at, b.id);
}

// The order of one priority's items, written down: those that were not moved by hand stand behind them at 0.
void fix_order(const std::vector<QueueItem>& items, int priority, std::vector<Turn>& turns) {
  std::vector<const QueueItem*> group;
  for (const auto& item : items) {
    if (item.priority == priority) group.push_back(&item);
  }
  auto place = -static_cast<std::int64_t>(group.size());
  for (const auto* item : group) {
    if (item->place != place) turns.push_back({item->id, priority, place});
    ++place;
  }
}

}  // namespace

std::vector<QueueItem> in_order(std::vector<QueueItem> items, const FeedTurns& turns) {
  std::sort(items.begin(), items.end(), is_before);
  // The n-th waiting item of a feed comes with the n-th of the others, one later for each that is under way.
  std::vector<std::size_t> rank(items.size());
  std::map<std::int64_t, std::size_t> given;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0 && std::pair(items[i].priority, items[i].place) != std::pair(items[i - 1].priority, items[i - 1].place)) {
      given.clear();
    }
    const auto active = turns.active.find(items[i].feed_id);
    rank[i] = given[items[i].feed_id]++ + (active == turns.active.end() ? 0 : active->second);
  }
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto last_start = [&](const QueueItem& item) {
    const auto found = turns.last_start.find(item.feed_id);
    return found == turns.last_start.end() ? base::WallTime::min() : found->second;
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) {
      const auto& item = items[i];
      return std::tuple(-item.priority, item.place, rank[i], last_start(item), item.queued_at, item.id);
    };
    return key(a) < key(b);
  });
  std::vector<QueueItem> out;
  out.reserve(items.size());
  for (const auto i : order) out.push_back(items[i]);
  return out;
}

std::vector<Turn> moved(const std::vector<QueueItem>& items, std::int64_t id, Move move) {
  const auto at = std::find_if(items.begin(), items.end(), [&](const QueueItem& item) { return item.id == id; });
  if (at == items.end()) return {};
  const bool is_first = at == items.begin();
  const bool is_last = std::next(at) == items.end();
  if ((move == Move::kTop || move == Move::kUp) ? is_first : is_last) return {};
  if (move == Move::kTop) {
    return {{id, items.front().priority, std::min<std::int64_t>(items.front().place, 0) - 1}};
  }
  if (move == Move::kBottom) {
    return {{id, items.back().priority, std::max<std::int64_t>(items.back().place, 0) + 1}};
  }
  auto order = items;
  const auto here = order.begin() + (at - items.begin());
  const auto there = move == Move::kUp ? std::prev(here) : std::next(here);
  here->priority = there->priority;
  std::iter_swap(here, there);
  std::vector<Turn> turns;
  fix_order(order, there->priority, turns);
  const bool told = std::any_of(turns.begin(), turns.end(), [&](const Turn& turn) { return turn.id == id; });
  if (!told) {
    const auto moved_item = std::find_if(order.begin(), order.end(), [&](const auto& item) { return item.id == id; });
    turns.push_back({id, moved_item->priority, moved_item->place});
  }
  return turns;
}

}  // namespace podswarm::scheduler
