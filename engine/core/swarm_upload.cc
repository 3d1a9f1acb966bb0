// Whom the exchange gives to: slots, choke rounds, super-seeding.
#include <algorithm>
#include <utility>

#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

// What a peer is told of when super-seeding lasts it for so long.
constexpr double kRevealSeconds = 1.5;

}  // namespace

std::size_t Swarm::interested_count(bool unchoked_only) const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), [&](const Member& m) {
    return m.peer->is_interested() && !m.peer->closed() && (!unchoked_only || !m.peer->am_choking());
  }));
}

void Swarm::set_upload_slots(std::size_t slots, base::SteadyTime now) {
  if (slots == choker_.slots()) return;
  choker_.set_slots(slots);
  if (!ready_) return;
  if (interested_count(true) > slots) choke_round(now);
  offer_slots(now);
}

Swarm::Worth Swarm::worth(const PeerCore& peer, base::SteadyTime now) const {
  Worth worth;
  worth.bytes_per_s = peer.download().bytes_per_s(now) + peer.upload().bytes_per_s(now);
  const bool takes = peer.is_interested();
  const bool gives = peer.am_interested() || !ready_;
  if (!peer.handshaken()) {
    worth.use = Use::kWaiting;
  } else if ((takes && !peer.am_choking()) || (gives && !peer.is_choking() && !peer.is_snubbing())) {
    worth.use = Use::kFlowing;
  } else if (takes || gives) {
    worth.use = Use::kWaiting;
  }
  return worth;
}

void Swarm::unchoke(Member& m, base::SteadyTime now) {
  m.peer->send_choke(false, now);
  if (super_seed_) reveal(m);
  host_.attend(*m.peer);
}

void Swarm::on_interest(PeerCore& peer) {
  const base::SteadyTime now = peer.now();
  if (peer.is_interested() && !peer.am_choking() && interested_count(true) > choker_.slots()) {
    // Its slot went to another while it wanted nothing. Who gives least loses one; a seed gives its turn to the other.
    PeerKey loser = peer.key();
    if (!complete()) loser = choker_.one_too_many(candidates(now)).value_or(loser);
    Member& m = *find(loser);
    m.peer->send_choke(true, now);
    host_.attend(*m.peer);
  }
  offer_slots(now);
}

void Swarm::offer_slots(base::SteadyTime now) {
  std::size_t taken = interested_count(true);
  while (choker_.has_free_slot(taken)) {
    Member* best = nullptr;
    for (Member& m : members_) {
      if (!m.peer->is_interested() || !m.peer->am_choking() || m.peer->closed()) continue;
      // Who gave most; among those that gave alike, as to a seed all do, who has waited longest.
      const auto rank = [](const Member& who) { return std::pair(given(who), -who.peer->choked_at().time_since_epoch()); };
      if (best == nullptr || rank(m) > rank(*best)) best = &m;
    }
    if (best == nullptr) return;
    unchoke(*best, now);
    ++taken;
  }
  if (interested_count(false) > taken) {
    if (next_choke_round_ <= now) next_choke_round_ = now + Choker::kRound;
    want_tick(next_choke_round_);
  }
}

std::uint64_t Swarm::given(const Member& m) {
  return m.peer->download().total() - m.given_before;
}

std::vector<Choker::Peer> Swarm::candidates(base::SteadyTime now) const {
  constexpr double kSeconds = 2 * std::chrono::duration<double>(Choker::kRound).count();
  std::vector<Choker::Peer> peers;
  for (const Member& m : members_) {
    const PeerCore& peer = *m.peer;
    if (peer.closed()) continue;
    const bool idle = peer.uploads().empty() && peer.upload().total() == m.taken_at_round;
    peers.push_back({peer.key(), peer.is_interested(), !peer.am_choking(), peer.is_upload_only(), peer.is_snubbing(),
                     idle, static_cast<double>(given(m)) / kSeconds, peer.upload().bytes_per_s(now),
                     peer.sent_since_unchoke(), peer.unchoked_at(), peer.choked_at()});
  }
  return peers;
}

void Swarm::choke_round(base::SteadyTime now) {
  const std::vector<Choker::Peer> peers = candidates(now);
  for (Member& m : members_) {
    m.given_before = m.given_at_round;
    m.given_at_round = m.peer->download().total();
    m.taken_at_round = m.peer->upload().total();
  }
  const auto chosen = choker_.round(peers, satisfied(), layout_->piece_length(), now, random_);
  for (Member& m : members_) {
    const bool choke = std::find(chosen.begin(), chosen.end(), m.peer->key()) == chosen.end();
    if (choke == m.peer->am_choking()) continue;
    if (choke) {
      m.peer->send_choke(true, now);
      host_.attend(*m.peer);
    } else {
      unchoke(m, now);
    }
  }
}

void Swarm::on_request(PeerCore& peer) {
  host_.attend(peer);
}

bool Swarm::may_super_seed() const {
  return upload_scarce_ && complete() && have_.size() <= SuperSeed::kMostPieces &&
         std::none_of(members_.begin(), members_.end(),
                      [](const Member& m) { return m.introduced && m.peer->pieces().count() > 0; });
}

void Swarm::reveal(Member& m) {
  const bool fresh = !m.peer->am_choking() || interested_count(true) < choker_.slots();
  const double rate = m.peer->upload().bytes_per_s(m.peer->now());
  const auto window = fresh ? 2 + static_cast<std::size_t>(rate * kRevealSeconds / layout_->piece_length()) : 1;
  const auto pieces = super_seed_->reveal(m.peer->key(), m.peer->pieces(), window, fresh);
  for (const std::uint32_t piece : pieces) m.peer->send_have(piece);
  if (!pieces.empty()) host_.attend(*m.peer);
}

void Swarm::leave_super_seed() {
  const auto ended = std::move(super_seed_);
  for (Member& m : members_) {
    if (!m.introduced || m.peer->is_seed()) continue;
    const Bitfield& theirs = m.peer->pieces();
    for (std::uint32_t i = theirs.next_clear(0); i < have_.size(); i = theirs.next_clear(i + 1)) {
      if (!ended->was_told(m.peer->key(), i)) m.peer->send_have(i);
    }
    m.peer->send_extensions(our_extensions(*m.peer));
    host_.attend(*m.peer);
  }
}

}  // namespace podswarm::engine
