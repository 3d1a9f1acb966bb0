#include "engine/core/super_seed.h"

namespace podswarm::engine {

void SuperSeed::add(PeerKey key, const Bitfield& pieces) {
  peers_[key];
  for (std::uint32_t i = pieces.next_set(0); i < pieces.size(); i = pieces.next_set(i + 1)) {
    if (seen_[i]++ == 0) ++seen_count_;
  }
}

void SuperSeed::on_have(PeerKey key, std::uint32_t piece) {
  if (seen_[piece]++ == 0) ++seen_count_;
  Peer& peer = peers_[key];
  if (peer.told.contains(piece) && peer.open > 0) --peer.open;
}

void SuperSeed::remove(PeerKey key, const Bitfield& pieces) {
  const auto at = peers_.find(key);
  if (at == peers_.end()) return;
  for (const std::uint32_t piece : at->second.told) --told_[piece];
  for (std::uint32_t i = pieces.next_set(0); i < pieces.size(); i = pieces.next_set(i + 1)) {
    if (--seen_[i] == 0) --seen_count_;
  }
  peers_.erase(at);
}

std::vector<std::uint32_t> SuperSeed::reveal(PeerKey key, const Bitfield& pieces, std::size_t window, bool fresh) {
  std::vector<std::uint32_t> revealed;
  Peer& peer = peers_[key];
  const auto count = static_cast<std::uint32_t>(seen_.size());
  while (peer.open < window) {
    // Of the pieces that nobody has, one that the fewest were told of. From a random one on, so that ties differ.
    const auto from = static_cast<std::uint32_t>(random_() % count);
    std::uint32_t best = count;
    for (std::uint32_t n = 0; n < count; ++n) {
      const std::uint32_t i = (from + n) % count;
      if (pieces.test(i) || peer.told.contains(i) || (fresh && seen_[i] > 0)) continue;
      if (best == count || (told_[i] < told_[best]) == fresh) best = i;
      if (fresh && told_[best] == 0) break;
    }
    if (best == count) break;
    ++told_[best];
    peer.told.insert(best);
    ++peer.open;
    revealed.push_back(best);
  }
  return revealed;
}

bool SuperSeed::was_told(PeerKey key, std::uint32_t piece) const {
  const auto at = peers_.find(key);
  return at != peers_.end() && at->second.told.contains(piece);
}

}  // namespace podswarm::engine
