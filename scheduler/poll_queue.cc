#include "scheduler/poll_queue.h"

#include <algorithm>
#include <cassert>

namespace podswarm::scheduler {

namespace {
// Hosts that are remembered before those that nothing is owed to are forgotten.
constexpr std::size_t kManyHosts = 10'000;
}  // namespace

void PollQueue::add(std::int64_t feed, Hosts hosts, bool first) {
  assert(!hosts.empty() && !is_waiting(feed) && !is_running(feed));
  auto [line, is_new] = line_of_.try_emplace(hosts.front());
  if (is_new) line->second = lines_.insert(first ? lines_.begin() : lines_.end(), Line{hosts.front(), {}});
  auto& feeds = line->second->feeds;
  feeds.insert(first ? feeds.begin() : feeds.end(), feed);
  if (first) lines_.splice(lines_.begin(), lines_, line->second);
  waiting_.emplace(feed, std::move(hosts));
}

std::optional<base::WallTime> PollQueue::ready_at(const Hosts& hosts, base::WallTime now, const Limits& limits) const {
  base::WallTime ready{};
  for (const auto& name : hosts) {
    const auto host = hosts_.find(name);
    if (host == hosts_.end()) continue;
    if (host->second.running >= limits.per_host) return std::nullopt;
    // A clock that was set back must not silence a host until it has caught up.
    const auto paid_until = std::min(host->second.paid_until, now + limits.spacing * kTogether);
    ready = std::max(ready, paid_until - limits.spacing * (kTogether - 1));
  }
  return ready;
}

std::optional<std::int64_t> PollQueue::next(base::WallTime now, const Limits& limits) {
  if (running_.size() >= limits.at_once) return std::nullopt;
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    const std::int64_t feed = line->feeds.front();
    const auto waiting = waiting_.find(feed);
    const auto ready = ready_at(waiting->second, now, limits);
    if (!ready || *ready > now) continue;
    start(feed, std::move(waiting->second), now, limits);
    waiting_.erase(waiting);
    line->feeds.pop_front();
    if (line->feeds.empty()) {
      line_of_.erase(line->host);
      lines_.erase(line);
    } else {
      lines_.splice(lines_.end(), lines_, line);  // the other hosts have their turn
    }
    return feed;
  }
  return std::nullopt;
}

void PollQueue::start(std::int64_t feed, Hosts hosts, base::WallTime now, const Limits& limits) {
  forget_idle(now);
  for (const auto& name : hosts) {
    Host& host = hosts_[name];
    ++host.running;
    host.paid_until = std::clamp(host.paid_until, now, now + limits.spacing * kTogether) + limits.spacing;
  }
  running_.emplace(feed, std::move(hosts));
}

void PollQueue::ended(std::int64_t feed) {
  const auto entry = running_.extract(feed);
  if (entry.empty()) return;
  for (const auto& name : entry.mapped()) {
    if (const auto host = hosts_.find(name); host != hosts_.end() && host->second.running > 0) --host->second.running;
  }
}

bool PollQueue::remove(std::int64_t feed) {
  const auto entry = waiting_.extract(feed);
  if (entry.empty()) return false;
  const auto line = line_of_.find(entry.mapped().front());
  std::erase(line->second->feeds, feed);
  if (line->second->feeds.empty()) {
    lines_.erase(line->second);
    line_of_.erase(line);
  }
  return true;
}

std::vector<std::int64_t> PollQueue::waiting_feeds() const {
  std::vector<std::int64_t> feeds;
  for (const auto& [feed, hosts] : waiting_) feeds.push_back(feed);
  std::sort(feeds.begin(), feeds.end());
  return feeds;
}

std::optional<base::WallTime> PollQueue::next_chance(base::WallTime now, const Limits& limits) const {
  if (running_.size() >= limits.at_once) return std::nullopt;
  std::optional<base::WallTime> next;
  for (const auto& line : lines_) {
    const auto ready = ready_at(waiting_.at(line.feeds.front()), now, limits);
    if (ready && (!next || *ready < *next)) next = std::max(*ready, now);
  }
  return next;
}

void PollQueue::forget_idle(base::WallTime now) {
  if (hosts_.size() < kManyHosts) return;
  std::erase_if(hosts_, [&](const auto& entry) { return entry.second.running == 0 && entry.second.paid_until <= now; });
}

}  // namespace podswarm::scheduler
