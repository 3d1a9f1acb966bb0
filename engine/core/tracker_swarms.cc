#include "engine/core/tracker_swarms.h"

#include <algorithm>
#include <iterator>

namespace podswarm::engine {

void TrackerSwarms::expire(Swarm& swarm, base::SteadyTime now) const {
  std::erase_if(swarm.peers, [&](const Peer& peer) { return now - peer.heard >= options_.peer_expiry; });
}

// Torrents that nobody asks for any more; a few times in an expiry, when somebody asks for another.
void TrackerSwarms::sweep(base::SteadyTime now) {
  if (now - swept_ < options_.peer_expiry / 4) return;
  swept_ = now;
  for (auto entry = swarms_.begin(); entry != swarms_.end();) {
    expire(entry->second, now);
    entry = entry->second.peers.empty() ? swarms_.erase(entry) : std::next(entry);
  }
}

ScrapeCounts TrackerSwarms::count(const Swarm& swarm) {
  const auto seeds = std::count_if(swarm.peers.begin(), swarm.peers.end(), [](const Peer& peer) { return peer.seed; });
  ScrapeCounts counts;
  counts.complete = static_cast<std::uint32_t>(seeds);
  counts.incomplete = static_cast<std::uint32_t>(swarm.peers.size()) - counts.complete;
  counts.downloaded = swarm.completed;
  return counts;
}

base::Result<AnnounceAnswer, SwarmError> TrackerSwarms::announce(const AnnounceRequest& request, const Endpoint& from,
                                                                 base::SteadyTime now) {
  sweep(now);
  auto found = swarms_.find(request.info_hash);
  if (found == swarms_.end()) {
    if (swarms_.size() >= options_.max_torrents) return base::fail(SwarmError::kFull, "this tracker is full");
    found = swarms_.try_emplace(request.info_hash).first;
  }
  Swarm& swarm = found->second;
  expire(swarm, now);
  Endpoint own = from;
  own.port = request.port;
  // The same place, or the same peer of that address with a new port.
  const bool known = std::erase_if(swarm.peers, [&](const Peer& peer) {
                       Endpoint place = peer.endpoint;
                       place.port = own.port;
                       return peer.endpoint == own || (peer.peer_id == request.peer_id && place == own);
                     }) > 0;
  const bool seed = request.left == 0;
  const bool stopped = request.event == AnnounceEvent::kStopped;
  if (request.event == AnnounceEvent::kCompleted && known) ++swarm.completed;
  AnnounceAnswer answer;
  if (!stopped) {
    std::vector<const Peer*> others;
    for (const Peer& peer : swarm.peers) {
      // It may be listed under its other address too.
      if (!(seed && peer.seed) && peer.peer_id != request.peer_id) others.push_back(&peer);
    }
    const std::size_t wanted = std::min<std::size_t>({request.num_want, options_.max_numwant, others.size()});
    for (std::size_t i = 0; i < wanted; ++i) {
      std::swap(others[i], others[std::uniform_int_distribution<std::size_t>(i, others.size() - 1)(random_)]);
      answer.peers.push_back({others[i]->endpoint, others[i]->peer_id});
    }
    if (swarm.peers.size() < options_.max_peers_per_torrent && !own.is_unusable()) {
      swarm.peers.push_back({own, request.peer_id, seed, now});
    }
  }
  const ScrapeCounts counts = count(swarm);
  answer.complete = counts.complete;
  answer.incomplete = counts.incomplete;
  if (swarm.peers.empty() && swarm.completed == 0) swarms_.erase(found);
  return answer;
}

ScrapeResponse TrackerSwarms::scrape(const std::vector<InfoHash>& torrents, base::SteadyTime now) {
  ScrapeResponse out;
  for (const InfoHash& torrent : torrents) {
    const auto found = swarms_.find(torrent);
    if (found == swarms_.end()) continue;
    expire(found->second, now);
    out.emplace_back(torrent, count(found->second));
  }
  return out;
}

}  // namespace podswarm::engine
