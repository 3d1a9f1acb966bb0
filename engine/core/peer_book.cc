#include "engine/core/peer_book.h"

#include <algorithm>

#include "engine/core/peer_priority.h"

namespace podswarm::engine {

namespace {

base::Bytes address_of(const Endpoint& endpoint) {
  const base::ByteView bytes = endpoint.address_bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

void PeerBook::wait(const Endpoint& endpoint, Entry& entry) {
  entry.in_use = false;
  waiting_.insert({entry.not_before, entry.source, ~priority(endpoint), ++order_, endpoint});
}

std::uint32_t PeerBook::priority(const Endpoint& endpoint) const {
  const std::optional<Endpoint>& own = endpoint.is_v6 ? own_v6_ : own_v4_;
  return own ? peer_priority(*own, endpoint) : 0;
}

void PeerBook::forget(const Endpoint& endpoint) {
  std::erase_if(waiting_, [&](const Place& place) { return place.endpoint == endpoint; });
  entries_.erase(endpoint);
}

std::vector<Endpoint> PeerBook::forget_from(Source source) {
  std::vector<Endpoint> in_use;
  std::erase_if(waiting_, [&](const Place& place) { return place.source == source; });
  std::erase_if(entries_, [&](const auto& entry) {
    if (entry.second.source != source) return false;
    if (entry.second.in_use) in_use.push_back(entry.first);
    return true;
  });
  return in_use;
}

void PeerBook::refuse(const Endpoint& endpoint) {
  forget(endpoint);
  refused_.insert(endpoint);
}

void PeerBook::set_own(const Endpoint& endpoint) {
  std::optional<Endpoint>& own = endpoint.is_v6 ? own_v6_ : own_v4_;
  if (own == endpoint) return;
  own = endpoint;
  forget(endpoint);
  reorder();
}

void PeerBook::reorder() {
  std::set<Place> reordered;
  for (Place place : waiting_) {
    place.not_before = entries_[place.endpoint].not_before;
    place.rank = ~priority(place.endpoint);
    reordered.insert(place);
  }
  waiting_ = std::move(reordered);
}

void PeerBook::call_again(base::SteadyTime now) {
  for (auto& [endpoint, entry] : entries_) {
    if (entry.failures == 0) entry.not_before = std::min(entry.not_before, now);
  }
  reorder();
}

bool PeerBook::add(const Endpoint& endpoint, Source source) {
  if (endpoint.is_unusable() || is_banned(endpoint) || entries_.size() >= kMost) return false;
  if (refused_.contains(endpoint) || endpoint == own_v4_ || endpoint == own_v6_) return false;
  const auto [at, is_new] = entries_.try_emplace(endpoint);
  if (!is_new) return false;
  at->second.source = source;
  wait(endpoint, at->second);
  return true;
}

std::optional<Endpoint> PeerBook::next(base::SteadyTime now) {
  if (waiting_.empty() || waiting_.begin()->not_before > now) return std::nullopt;
  const Endpoint endpoint = waiting_.begin()->endpoint;
  waiting_.erase(waiting_.begin());
  entries_[endpoint].in_use = true;
  return endpoint;
}

bool PeerBook::is_in_use(const Endpoint& endpoint) const {
  const auto at = entries_.find(endpoint);
  return at != entries_.end() && at->second.in_use;
}

std::optional<base::SteadyTime> PeerBook::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->not_before;
}

void PeerBook::failed(const Endpoint& endpoint, base::SteadyTime now) {
  Entry* const entry = count_failure(endpoint, kMostFailures);
  if (entry == nullptr) return;
  const bool is_users = entry->source == Source::kUser;
  entry->not_before = now + (is_users ? doubled(entry->failures) : kAfterFailure * entry->failures);
  wait(endpoint, *entry);
}

void PeerBook::hung_up(const Endpoint& endpoint, base::SteadyTime now) {
  Entry* const entry = count_failure(endpoint, kMostHangUps);
  if (entry == nullptr) return;
  entry->not_before = now + doubled(entry->failures);
  wait(endpoint, *entry);
}

std::chrono::seconds PeerBook::doubled(std::uint32_t times) {
  // A user's peer may have any number of failures: it is never forgotten.
  return kAfterHangUp * (1 << (std::min(times, kMostHangUps) - 1));
}

PeerBook::Entry* PeerBook::count_failure(const Endpoint& endpoint, std::uint32_t most) {
  const auto at = entries_.find(endpoint);
  if (at == entries_.end() || !at->second.in_use) return nullptr;
  Entry& entry = at->second;
  entry.worked = false;
  if (entry.failures < 255) ++entry.failures;
  if (entry.failures >= most && entry.source != Source::kUser) {
    entries_.erase(at);
    return nullptr;
  }
  return &entry;
}

void PeerBook::worked(const Endpoint& endpoint) {
  const auto at = entries_.find(endpoint);
  if (at == entries_.end()) return;
  at->second.failures = 0;
  at->second.worked = true;
}

void PeerBook::ended(const Endpoint& endpoint, bool useless, base::SteadyTime now) {
  const auto at = entries_.find(endpoint);
  if (at == entries_.end() || !at->second.in_use) return;
  at->second.not_before = now + (useless ? kAfterUseless : kAfterGoodbye);
  wait(endpoint, at->second);
}

void PeerBook::connection_lost(const Endpoint& endpoint, base::SteadyTime now) {
  const base::Bytes address = address_of(endpoint);
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    const bool put_off = place->not_before > now + kAfterGoodbye && place->endpoint != endpoint &&
                         address_of(place->endpoint) == address;
    if (!put_off) {
      ++place;
      continue;
    }
    const Endpoint other = place->endpoint;
    place = waiting_.erase(place);
    Entry& entry = entries_[other];
    entry.not_before = now + kAfterHangUp;
    wait(other, entry);  // sorts before what is still to be looked at
  }
}

void PeerBook::ban(const Endpoint& endpoint) {
  banned_.insert(address_of(endpoint));
  std::erase_if(waiting_, [&](const Place& place) { return is_banned(place.endpoint); });
  std::erase_if(entries_, [&](const auto& entry) { return is_banned(entry.first); });
}

bool PeerBook::is_banned(const Endpoint& endpoint) const {
  return !banned_.empty() && banned_.contains(address_of(endpoint));
}

std::vector<Endpoint> PeerBook::good(std::size_t most) const {
  std::vector<Endpoint> peers;
  for (const auto& [endpoint, entry] : entries_) {
    if (peers.size() == most) break;
    if (entry.worked) peers.push_back(endpoint);
  }
  return peers;
}

}  // namespace podswarm::engine
