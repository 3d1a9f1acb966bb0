#include "tests/sim/tracker.h"

#include <algorithm>

namespace podswarm::engine::sim {

std::optional<base::Bytes> Tracker::honest(const AnnounceRequest& request, const Endpoint& from) {
  std::erase(peers_, from);
  AnnounceAnswer answer;
  std::shuffle(peers_.begin(), peers_.end(), random_);
  for (const Endpoint& peer : peers_) {
    if (answer.peers.size() < request.num_want) answer.peers.push_back({peer, {}});
  }
  if (request.event != AnnounceEvent::kStopped) peers_.push_back(from);
  return encode_announce_response(answer, true, true);
}

}  // namespace podswarm::engine::sim
