#include "engine/core/choker.h"

#include <algorithm>

namespace podswarm::engine {

namespace {

bool leecher_order(const Choker::Peer& a, const Choker::Peer& b) {
  if (a.snubbed != b.snubbed) return b.snubbed;
  if (a.rate_from != b.rate_from) return a.rate_from > b.rate_from;
  return a.unchoked && !b.unchoked;
}

}  // namespace

std::optional<std::uint32_t> Choker::one_too_many(const std::vector<Peer>& peers) const {
  const Peer* worst = nullptr;
  for (const Peer& peer : peers) {
    if (!peer.interested || !peer.unchoked) continue;
    if (std::find(optimistic_.begin(), optimistic_.end(), peer.id) != optimistic_.end()) continue;
    if (worst == nullptr || leecher_order(*worst, peer)) worst = &peer;
  }
  if (worst == nullptr) return std::nullopt;
  return worst->id;
}

std::size_t Choker::optimistic_slots(bool seeding) const {
  if (slots_ >= 2) return std::max<std::size_t>(1, slots_ / 5);
  // The best giver and a newcomer share the one slot by turns: without the latter nobody better is ever found.
  return !seeding && single_is_optimistic_ ? slots_ : 0;
}

std::vector<std::uint32_t> Choker::round(const std::vector<Peer>& peers, bool seeding, std::uint64_t piece_length,
                                         base::SteadyTime now, SmallRandom& random) {
  std::vector<Peer> wanting;
  for (const Peer& peer : peers) {
    if (peer.interested && !peer.upload_only) wanting.push_back(peer);
  }
  std::vector<std::uint32_t> chosen;
  if (wanting.size() <= slots_) {
    for (const Peer& peer : wanting) chosen.push_back(peer.id);
    rest();
    return chosen;
  }
  const bool redraw = optimistic_since_ == base::SteadyTime{} || now - optimistic_since_ >= kOptimisticRound;
  if (redraw) {
    single_is_optimistic_ = optimistic_since_ != base::SteadyTime{} && !single_is_optimistic_;
    optimistic_since_ = now;
  }

  // Shuffled first, so that equals take turns.
  std::shuffle(wanting.begin(), wanting.end(), random);
  const std::size_t regular_slots = slots_ - optimistic_slots(seeding);
  if (seeding) {
    const auto had_its_share = [&](const Peer& peer) {
      const auto turn = now - peer.unchoked_at;
      const bool quota = peer.sent_since_unchoke >= kSeedQuotaPieces * piece_length && turn >= kSeedQuotaTime;
      return quota || turn >= kSeedTurn || (peer.idle && turn >= kIdleTurn);
    };
    // Those in the middle of their share, the one that began first at the front; then those that wait, longest first;
    // then those that had theirs, the latest at the front.
    const auto rank = [&](const Peer& peer) { return peer.unchoked ? (had_its_share(peer) ? 2 : 0) : 1; };
    std::stable_sort(wanting.begin(), wanting.end(), [&](const Peer& a, const Peer& b) {
      const int rank_a = rank(a);
      const int rank_b = rank(b);
      if (rank_a != rank_b) return rank_a < rank_b;
      if (rank_a == 1) return a.choked_at < b.choked_at;
      if (rank_a == 2) return a.unchoked_at > b.unchoked_at;
      if (a.unchoked_at != b.unchoked_at) return a.unchoked_at < b.unchoked_at;
      return a.rate_to > b.rate_to;
    });
  } else {
    std::stable_sort(wanting.begin(), wanting.end(), leecher_order);
  }
  for (std::size_t i = 0; i < regular_slots; ++i) chosen.push_back(wanting[i].id);

  const auto rest = wanting.begin() + static_cast<std::ptrdiff_t>(regular_slots);
  if (redraw) {
    std::shuffle(rest, wanting.end(), random);
    // Who was choked comes first: an optimistic slot is for finding out about others.
    std::stable_partition(rest, wanting.end(), [](const Peer& peer) { return !peer.unchoked; });
  } else {
    std::stable_partition(rest, wanting.end(), [&](const Peer& peer) {
      return std::find(optimistic_.begin(), optimistic_.end(), peer.id) != optimistic_.end();
    });
  }
  optimistic_.clear();
  for (std::size_t i = regular_slots; i < slots_ && i < wanting.size(); ++i) {
    optimistic_.push_back(wanting[i].id);
    chosen.push_back(wanting[i].id);
  }
  return chosen;
}

}  // namespace podswarm::engine
