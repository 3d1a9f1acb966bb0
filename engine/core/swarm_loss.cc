// Pieces that are lost (BEP 54): by us, when the disk does not give them any more, and by peers.
#include <utility>

#include "engine/core/swarm.h"

namespace podswarm::engine {

void Swarm::lose(const Bitfield& pieces, base::SteadyTime now) {
  if (!ready_) return;
  // What was revealed piece by piece is known to all, or it could not be told apart from what is lost.
  if (super_seed_) leave_super_seed();
  const bool was_satisfied = satisfied();
  for (std::uint32_t piece = pieces.next_set(0); piece < pieces.size(); piece = pieces.next_set(piece + 1)) {
    if (!have_.reset(piece)) continue;
    if (picker_) {
      picker_->lose(piece);
      if (wants(piece)) lacking_.set(piece);
    }
    for (Member& m : members_) {
      if (m.introduced) m.peer->send_dont_have(piece);
    }
  }
  if (have_.all()) return;
  if (!picker_) make_picker();
  freed_ = true;
  for (Member& m : members_) {
    if (!m.introduced) continue;
    if (was_satisfied && !satisfied()) m.peer->send_extensions(our_extensions(*m.peer));
    review_interest(m);
    host_.attend(*m.peer);
  }
  settle(now);
}

void Swarm::on_dont_have(PeerCore& peer, std::uint32_t piece) {
  if (!ready_) return;
  Member& m = member(peer);
  std::erase(m.suggested, piece);
  if (picker_) {
    picker_->remove_have(piece, peer.pieces().count() + 1 == peer.pieces().size());
    std::vector<BlockRef> asked;
    for (const auto& entry : peer.requests()) {
      if (entry.block.piece == piece) asked.push_back(entry.block);
    }
    for (const BlockRef& block : asked) {
      peer.send_cancel(block);
      picker_->abandon(block, peer.key());
    }
    if (!asked.empty()) {
      freed_ = true;
      host_.attend(peer);
    }
  }
  if (have_.test(piece)) {
    // As a seed it may not have been told of it.
    peer.send_have(piece);
    host_.attend(peer);
  } else if (lacking_.test(piece)) {
    --m.wanted;
    update_interest(m);
  }
}

}  // namespace podswarm::engine
