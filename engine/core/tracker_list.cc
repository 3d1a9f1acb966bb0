#include "engine/core/tracker_list.h"

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

#include "base/text.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The least time between two announces to a tracker that says nothing about it.
constexpr seconds kDefaultMinInterval{60};

milliseconds backoff(std::uint32_t failures) {
  const std::uint64_t n = std::min<std::uint32_t>(failures, 20);
  return std::min<milliseconds>(milliseconds(5'000 + 12'500 * n * n), std::chrono::hours(1));
}

bool is_announceable(std::string_view url) {
  return base::istarts_with(url, "http://") || base::istarts_with(url, "https://") || base::istarts_with(url, "udp://");
}

}  // namespace

TrackerList::TrackerList(const std::vector<std::vector<std::string>>& tiers, Options options, std::uint32_t seed)
    : options_(options), complete_(options.complete) {
  std::mt19937 random(seed);
  for (const auto& tier : tiers) {
    std::vector<std::size_t> order;
    for (const std::string& url : tier) {
      if (const auto tracker = insert(url, tiers_.size())) order.push_back(*tracker);
    }
    std::shuffle(order.begin(), order.end(), random);
    if (!order.empty()) tiers_.push_back(std::move(order));
  }
}

void TrackerList::add(const std::string& url) {
  if (const auto tracker = insert(url, tiers_.size())) tiers_.push_back({*tracker});
}

std::optional<std::size_t> TrackerList::insert(const std::string& url, std::size_t tier) {
  const bool known = std::any_of(trackers_.begin(), trackers_.end(), [&](const Tracker& t) { return t.url == url; });
  if (known || !is_announceable(url) || trackers_.size() >= kMaxTrackers) return std::nullopt;
  Tracker tracker;
  tracker.url = url;
  tracker.tier = tier;
  tracker.completed = options_.complete;
  trackers_.push_back(std::move(tracker));
  return trackers_.size() - 1;
}

std::vector<std::vector<std::size_t>> TrackerList::groups() const {
  if (options_.all_tiers) return tiers_;
  std::vector<std::size_t> all;
  for (const auto& tier : tiers_) all.insert(all.end(), tier.begin(), tier.end());
  return {all};
}

bool TrackerList::is_working(const Tracker& tracker) {
  return tracker.started && tracker.failures == 0;
}

std::optional<std::size_t> TrackerList::candidate(const std::vector<std::size_t>& group, base::SteadyTime now) const {
  std::optional<std::size_t> working;
  std::optional<std::size_t> first_due;
  for (const std::size_t i : group) {
    const Tracker& tracker = trackers_[i];
    if (tracker.busy) return std::nullopt;
    if (!working && is_working(tracker)) working = i;
    if (!first_due && tracker.due <= now) first_due = i;
  }
  // While one answers, those before it that failed are tried again only when it is its turn.
  if (working && trackers_[*working].due > now) return std::nullopt;
  return first_due;
}

AnnounceEvent TrackerList::event_for(const Tracker& tracker) const {
  if (!tracker.started) return AnnounceEvent::kStarted;
  if (complete_ && !tracker.completed) return AnnounceEvent::kCompleted;
  return AnnounceEvent::kNone;
}

std::vector<TrackerList::Announce> TrackerList::due(base::SteadyTime now) {
  std::vector<Announce> out;
  if (stopped_) return out;
  for (const auto& group : groups()) {
    const auto chosen = candidate(group, now);
    if (!chosen) continue;
    Tracker& tracker = trackers_[*chosen];
    tracker.busy = true;
    tracker.sent = event_for(tracker);
    tracker.sent_complete = complete_;
    out.push_back({*chosen, tracker.url, tracker.tracker_id, tracker.sent});
  }
  return out;
}

std::optional<base::SteadyTime> TrackerList::next_due() const {
  std::optional<base::SteadyTime> out;
  if (stopped_) return out;
  for (const auto& group : groups()) {
    std::optional<base::SteadyTime> first;
    bool busy = false;
    for (const std::size_t i : group) {
      const Tracker& tracker = trackers_[i];
      busy = busy || tracker.busy;
      if (is_working(tracker)) {
        first = tracker.due;
        break;
      }
      if (!first || tracker.due < *first) first = tracker.due;
    }
    for (const std::size_t i : group) busy = busy || trackers_[i].busy;
    if (!busy && first && (!out || *first < *out)) out = first;
  }
  return out;
}

void TrackerList::succeeded(std::size_t index, const AnnounceResponse& response, base::SteadyTime now) {
  assert(index < trackers_.size());
  Tracker& tracker = trackers_[index];
  tracker.busy = false;
  tracker.failures = 0;
  tracker.message = response.warning;
  if (!response.tracker_id.empty()) tracker.tracker_id = response.tracker_id;
  if (tracker.sent == AnnounceEvent::kStarted) {
    tracker.started = true;
    // It was told that nothing is left: there is no completion to report.
    if (tracker.sent_complete) tracker.completed = true;
  }
  if (tracker.sent == AnnounceEvent::kCompleted) tracker.completed = true;
  tracker.not_before = now + (response.min_interval > seconds(0) ? response.min_interval : kDefaultMinInterval);
  tracker.due = now + std::max(response.interval, response.min_interval);
  if (event_for(tracker) != AnnounceEvent::kNone) tracker.due = now;
  auto& tier = tiers_[tracker.tier];
  const auto at = std::find(tier.begin(), tier.end(), index);
  std::rotate(tier.begin(), at, std::next(at));
}

void TrackerList::failed(std::size_t index, std::string message, base::SteadyTime now,
                         std::optional<seconds> retry_after, Failure failure) {
  assert(index < trackers_.size());
  Tracker& tracker = trackers_[index];
  tracker.busy = false;
  tracker.message = std::move(message);
  ++tracker.failures;
  const bool may_pass = failure == Failure::kUnheard && tracker.failures == 1;
  milliseconds wait = may_pass ? kFirstRetry : backoff(tracker.failures);
  if (retry_after) wait = std::max<milliseconds>(wait, std::min<seconds>(*retry_after, kMaxInterval));
  tracker.due = now + wait;
}

void TrackerList::completed(base::SteadyTime now) {
  if (complete_) return;
  complete_ = true;
  for (Tracker& tracker : trackers_) {
    if (is_working(tracker) && !tracker.completed) tracker.due = now;
  }
}

void TrackerList::hurry(base::SteadyTime now) {
  for (Tracker& tracker : trackers_) {
    if (is_working(tracker)) tracker.due = std::min(tracker.due, std::max(now, tracker.not_before));
  }
}

std::vector<TrackerList::Announce> TrackerList::stop() {
  std::vector<Announce> out;
  if (stopped_) return out;
  stopped_ = true;
  for (std::size_t i = 0; i < trackers_.size(); ++i) {
    const Tracker& tracker = trackers_[i];
    // One whose `started` is under way may know of us by now.
    if (tracker.started || (tracker.busy && tracker.sent == AnnounceEvent::kStarted)) {
      out.push_back({i, tracker.url, tracker.tracker_id, AnnounceEvent::kStopped});
    }
  }
  return out;
}

std::string TrackerList::last_message() const {
  const bool any_works = std::any_of(trackers_.begin(), trackers_.end(), is_working);
  for (const auto& tier : tiers_) {
    for (const std::size_t i : tier) {
      const Tracker& tracker = trackers_[i];
      if (!tracker.message.empty() && (!any_works || is_working(tracker))) return tracker.message;
    }
  }
  return {};
}

}  // namespace podswarm::engine
