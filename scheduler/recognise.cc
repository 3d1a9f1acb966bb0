#include "scheduler/recognise.h"

#include <algorithm>
#include <map>
#include <set>

#include "scheduler/flood_brake.h"

namespace podswarm::scheduler {

namespace {

constexpr std::size_t kMaxCompared = 20'000;
constexpr std::size_t kMaxSiblings = 8;

KnownEpisode facts_of(const feeds::Item& item) {
  return {item.title, item.published ? item.published : item.updated};
}

// Finds by further keys, among what is on record and among the new items of the document itself.
class KeySearch {
 public:
  KeySearch(Context& context, std::int64_t feed_id, const std::set<std::string>& identities)
      : context_(context), feed_id_(feed_id), identities_(identities) {}

  // What the document says of an item counts before what is on record of it: titles are edited.
  void look(Recognised& one) {
    for (const auto& key : one.keys) {
      const auto [first, last] = siblings_.equal_range(key);
      for (auto sibling = first; sibling != last; ++sibling) {
        if (likeness(*one.item, sibling->second, key, true) != Likeness::kDuplicate) continue;
        one.duplicate = true;
        return;
      }
    }
    for (const auto& key : one.keys) {
      auto row = context_.episodes.find_by_key(feed_id_, key);
      if (!row || identities_.contains(row->identity) || taken_.contains(row->id)) continue;
      if (likeness(*one.item, {row->title, row->published_at}, key, false) != Likeness::kSame) continue;
      taken_.insert(row->id);
      one.known = std::move(row);
      break;
    }
    remember(one);
  }

  void remember(const Recognised& one) {
    for (const auto& key : one.keys) {
      // One address for a thousand items says nothing about any of them.
      if (siblings_.count(key) < kMaxSiblings) siblings_.emplace(key, facts_of(*one.item));
    }
  }

 private:
  Context& context_;
  std::int64_t feed_id_;
  const std::set<std::string>& identities_;            // of all items of the document
  std::set<std::int64_t> taken_;                       // rows that an item of another identity has been found to be
  std::multimap<std::string, KnownEpisode> siblings_;  // items of the document
};

void apply_brake(Context& context, const db::FeedRow& feed, std::vector<Recognised>& items) {
  std::vector<KnownEpisode> fresh;
  std::size_t different = 0;
  for (const auto& one : items) {
    different += one.duplicate ? 0 : 1;
    if (!one.known && !one.duplicate) fresh.push_back(facts_of(*one.item));
  }
  // One item is no flood.
  if (fresh.size() < 2) return;
  db::EpisodeFilter filter;
  filter.feed_id = feed.id;
  filter.limit = kMaxCompared;
  filter.with_item = false;
  std::vector<KnownEpisode> known;
  for (auto& row : context.episodes.list(filter)) known.push_back({std::move(row.title), row.published_at});
  const FloodVerdict verdict = judge_flood(known, fresh, different);
  std::size_t next = 0;
  for (auto& one : items) {
    if (one.known || one.duplicate) continue;
    if (verdict.held[next++]) one.hold_reason = verdict.reason;
  }
}

}  // namespace

std::vector<Recognised> recognise(Context& context, const db::FeedRow& feed, const feeds::Feed& document, bool brake) {
  std::vector<Recognised> items;
  std::set<std::string> identities;
  for (const auto& item : document.items) {
    Recognised one;
    one.item = &item;
    one.identity = identity_of(item);
    if (one.identity.empty()) continue;
    // The first of two items under one identity speaks for both: else its row would change twice with every poll.
    if (!identities.insert(one.identity).second) continue;
    one.keys = further_keys(item);
    one.known = context.episodes.find_by_identity(feed.id, one.identity);
    items.push_back(std::move(one));
  }
  // Most documents bring nothing new.
  if (std::all_of(items.begin(), items.end(), [](const Recognised& one) { return one.known.has_value(); }))
    return items;
  KeySearch search(context, feed.id, identities);
  for (const auto& one : items) {
    if (one.known) search.remember(one);
  }
  for (auto& one : items) {
    if (!one.known) search.look(one);
  }
  if (brake) apply_brake(context, feed, items);
  return items;
}

}  // namespace podswarm::scheduler
