// What a tracker knows: the peers of each torrent, with expiry and limits. Sans-IO: time and randomness are arguments.
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/core/tracker_http.h"

namespace podswarm::engine {

enum class SwarmError { kFull };  // no room for another torrent

class TrackerSwarms {
 public:
  struct Options {
    std::chrono::seconds peer_expiry{2700};
    std::size_t max_torrents = 10'000;
    std::size_t max_peers_per_torrent = 2'000;
    std::size_t max_numwant = 200;
  };

  TrackerSwarms(Options options, std::uint32_t seed) : options_(options), random_(seed) {}

  // `from`: the address that the request came from; the port is the request's. Answers with a random choice of the
  // other peers, for a seed without seeds; `interval` is the caller's to set. Where a torrent's list is full, the
  // newcomer is answered but not listed.
  [[nodiscard]] base::Result<AnnounceAnswer, SwarmError> announce(const AnnounceRequest& request, const Endpoint& from,
                                                                  base::SteadyTime now);

  // In the order asked; unknown torrents are left out.
  [[nodiscard]] ScrapeResponse scrape(const std::vector<InfoHash>& torrents, base::SteadyTime now);

  [[nodiscard]] std::size_t torrents() const { return swarms_.size(); }

 private:
  struct Peer {
    Endpoint endpoint;
    PeerId peer_id{};
    bool seed = false;
    base::SteadyTime heard;
  };
  struct Swarm {
    std::vector<Peer> peers;
    std::uint32_t completed = 0;
  };

  void expire(Swarm& swarm, base::SteadyTime now) const;
  void sweep(base::SteadyTime now);
  [[nodiscard]] static ScrapeCounts count(const Swarm& swarm);

  Options options_;
  std::mt19937 random_;
  std::unordered_map<InfoHash, Swarm, DigestHasher> swarms_;
  base::SteadyTime swept_{};
};

}  // namespace podswarm::engine
