#include "engine/core/torrent_queue.h"

namespace podswarm::engine {

void TorrentQueue::set_limits(std::size_t downloading, std::size_t seeding) {
  of(Role::kDownloads).limit = downloading;
  of(Role::kSeeds).limit = seeding;
}

void TorrentQueue::set_role(Id id, Role role) {
  auto at = entries_.find(id);
  if (at == entries_.end()) {
    if (role == Role::kNone) return;
    at = entries_.try_emplace(id).first;
  } else if (at->second.role == role) {
    return;
  } else {
    Entry& entry = at->second;
    Places& places = of(entry.role);
    (entry.active ? places.active : places.waiting).erase(entry.place);
    if (role == Role::kNone) {
      entries_.erase(at);
      return;
    }
  }
  Entry& entry = at->second;
  entry.role = role;
  entry.active = false;
  std::list<Id>& waiting = of(role).waiting;
  entry.place = waiting.insert(waiting.end(), id);
  touch(id);
}

void TorrentQueue::activate(Places& places, base::SteadyTime now) {
  const Id id = places.waiting.front();
  Entry& entry = entries_.at(id);
  places.active.splice(places.active.end(), places.waiting, entry.place);
  entry.active = true;
  entry.since = now;
  entry.received_then = received_(id);
  touch(id);
}

void TorrentQueue::settle(Role role, base::SteadyTime now) {
  Places& places = of(role);
  while (!places.waiting.empty() && places.is_free()) activate(places, now);
  // Too many since the limit was set: the latest stand first in the queue.
  while (places.limit != 0 && places.active.size() > places.limit) {
    const Id id = places.active.back();
    Entry& entry = entries_.at(id);
    places.waiting.splice(places.waiting.begin(), places.active, entry.place);
    entry.active = false;
    touch(id);
  }
  for (std::size_t n = places.active.size(); n > 0 && !places.waiting.empty(); --n) {
    const Id id = places.active.front();
    Entry& entry = entries_.at(id);
    if (now < entry.since + turn(role)) break;
    if (const std::uint64_t received = received_(id); role == Role::kDownloads && received != entry.received_then) {
      entry.since = now;
      entry.received_then = received;
      places.active.splice(places.active.end(), places.active, entry.place);
      continue;
    }
    activate(places, now);
    places.waiting.splice(places.waiting.end(), places.active, entry.place);
    entry.active = false;
    touch(id);
  }
}

std::vector<TorrentQueue::Change> TorrentQueue::settle(base::SteadyTime now) {
  settle(Role::kDownloads, now);
  settle(Role::kSeeds, now);
  std::vector<Change> changes;
  for (const Id id : std::exchange(touched_, {})) {
    const auto at = entries_.find(id);
    if (at == entries_.end() || at->second.told == at->second.active) continue;
    at->second.told = at->second.active;
    changes.push_back({id, at->second.active});
  }
  return changes;
}

std::optional<base::SteadyTime> TorrentQueue::next() const {
  std::optional<base::SteadyTime> next;
  for (const Role role : {Role::kDownloads, Role::kSeeds}) {
    const Places& places = of(role);
    if (places.waiting.empty() || places.active.empty()) continue;
    const base::SteadyTime at = entries_.at(places.active.front()).since + turn(role);
    if (!next || at < *next) next = at;
  }
  return next;
}

}  // namespace podswarm::engine
