// What the exchange downloads of the torrent, in which order, and what follows when that changes.
#include <bit>
#include <cassert>
#include <utility>
#include <vector>

#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

// Bits set in both, which are of the same size.
std::uint32_t count_common(const Bitfield& a, const Bitfield& b) {
  std::uint32_t count = 0;
  const base::ByteView x = a.bytes();
  const base::ByteView y = b.bytes();
  for (std::size_t i = 0; i < x.size(); ++i) {
    count += static_cast<std::uint32_t>(std::popcount(static_cast<std::uint8_t>(x[i] & y[i])));
  }
  return count;
}

std::uint64_t name_of(const PeerId& id) {
  return SmallRandom(base::load_be64(id.data()) ^ SmallRandom(base::load_be64(id.data() + 12))())();
}

}  // namespace

void Swarm::set_sequential(bool sequential) {
  sequential_ = sequential;
  if (picker_) picker_->set_sequential(sequential);
}

void Swarm::set_priorities(std::vector<FilePriority> pieces, base::SteadyTime now) {
  assert(ready_ && (pieces.empty() || pieces.size() == have_.size()));
  priorities_ = std::move(pieces);
  if (!picker_) return;
  const bool was_satisfied = satisfied();
  picker_->set_priorities(priorities_);
  find_lacking();
  for (Member& m : members_) {
    picked_.clear();
    for (const auto& entry : m.peer->requests()) {
      if (!wants(entry.block.piece)) picked_.push_back(entry.block);
    }
    for (const BlockRef& block : picked_) {
      m.peer->send_cancel(block);
      picker_->abandon(block, m.peer->key());
    }
    if (!picked_.empty()) host_.attend(*m.peer);
  }
  take_back_web();
  freed_ = true;
  if (was_satisfied != satisfied()) satisfaction_changed();
  for (Member& m : members_) review_interest(m);
  settle(now);
}

void Swarm::find_lacking() {
  lacking_ = Bitfield(have_.size());
  for (std::uint32_t i = have_.next_clear(0); i < have_.size(); i = have_.next_clear(i + 1)) {
    if (wants(i)) lacking_.set(i);
  }
}

void Swarm::satisfaction_changed() {
  for (Member& m : members_) {
    if (!m.introduced) continue;
    m.peer->send_extensions(our_extensions(*m.peer));
    close_if_useless(*m.peer);
    host_.attend(*m.peer);
  }
}

void Swarm::review_interest(Member& m) {
  if (m.peer->pieces().size() == 0) return;
  m.wanted = picker_ ? count_common(m.peer->pieces(), lacking_) : 0;
  update_interest(m);
  close_if_useless(*m.peer);
}

void Swarm::update_rivals() {
  std::vector<std::uint64_t> rivals;
  for (const Member& m : members_) {
    if (m.introduced && !m.peer->is_upload_only() && !m.peer->closed()) rivals.push_back(name_of(m.peer->peer_id()));
  }
  picker_->set_rivals(name_of(options_.our_id), std::move(rivals));
}

}  // namespace podswarm::engine
