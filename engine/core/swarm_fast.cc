// The fast extension's hints (BEP 6): what a peer may have while it is choked, and what it would rather give.
#include <algorithm>

#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

// Of a torrent's pieces, one in so many is given to a choked peer: of a small one not most of it.
constexpr std::uint32_t kPiecesPerGrant = 16;
// Of one peer's suggestions, the latest.
constexpr std::size_t kMostSuggestions = 16;

}  // namespace

void Swarm::start_up(Member& m) {
  PeerCore& peer = *m.peer;
  if (!ready_ || super_seed_ || !m.introduced || !peer.fast() || peer.endpoint().is_v6) return;
  if (peer.pieces().count() > PeerCore::kMostAllowedFast) return m.fast_set.clear();
  if (m.fast_set.empty()) {
    const base::ByteView address = peer.endpoint().address_bytes();
    const std::size_t count = std::min<std::size_t>(PeerCore::kMostAllowedFast, have_.size() / kPiecesPerGrant);
    if (count == 0) return;
    m.fast_set =
        allowed_fast_set({address[0], address[1], address[2], address[3]}, options_.info_hash, have_.size(), count);
  }
  for (const std::uint32_t piece : m.fast_set) {
    if (!have_.test(piece) || peer.pieces().test(piece)) continue;
    peer.send_allowed_fast(piece);
    host_.attend(peer);
  }
}

void Swarm::on_allowed_fast(PeerCore& peer, std::uint32_t) {
  member(peer).fill = true;
}

void Swarm::on_suggested(PeerCore& peer, std::uint32_t piece) {
  Member& m = member(peer);
  if (!ready_ || have_.test(piece) || !peer.pieces().test(piece)) return;
  std::erase(m.suggested, piece);
  if (m.suggested.size() == kMostSuggestions) m.suggested.erase(m.suggested.begin());
  m.suggested.push_back(piece);
}

}  // namespace podswarm::engine
