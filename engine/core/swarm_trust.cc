// Verdicts on pieces, and on those who sent them: a piece that one peer sent alone convicts it; where several took
// part, the blocks are compared once the piece has passed. Until then, whoever is in doubt is asked for one piece at a
// time, alone; where no piece is left to be had alone, for parts of others, or nobody might give them.
#include <algorithm>
#include <utility>

#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMostDeparted = 256;
// Points for a good piece that it took part in, and for a bad one; and when there were too many bad ones.
constexpr int kGoodPiece = 1;
constexpr int kBadPiece = -2;
constexpr int kNoTrust = -7;
constexpr int kMostTrust = 20;
// What is needed to be asked for much at once, after bad pieces came from somewhere; and from its own network.
constexpr int kProven = 1;
constexpr int kProvenNeighbour = 4;

std::vector<PeerKey> distinct(std::vector<PeerKey> peers) {
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  std::erase(peers, kNoPeer);
  return peers;
}

// The network that somebody holds who holds the address: a /24, or a /64 of IPv6.
base::Bytes network_of(const Endpoint& endpoint) {
  const base::ByteView bytes = endpoint.address_bytes().first(endpoint.is_v6 ? 8 : 3);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

void Swarm::on_departed(const PeerCore& peer) {
  if (!distrust_) return;
  auto& departed = distrust_->departed;
  if (departed.size() == kMostDeparted) departed.pop_front();
  departed.emplace_back(peer.key(), peer.endpoint());
}

bool Swarm::is_on_parole(const Member& m) const {
  if (!distrust_) return false;
  const bool neighbour = distrust_->networks.contains(network_of(m.peer->endpoint()));
  return m.accused || m.trust < (neighbour ? kProvenNeighbour : kProven);
}

void Swarm::convict(const Endpoint& endpoint) {
  if (convict_web(endpoint)) return;
  if (endpoint.is_unusable()) return;  // nobody knows any more who it was
  distrust_->networks.insert(network_of(endpoint));
  host_.ban(endpoint);
  for (Member& m : members_) {
    if (m.peer->endpoint() != endpoint) continue;
    m.peer->close("it sent a bad piece");
    host_.attend(*m.peer);
  }
}

void Swarm::judge_good(std::uint32_t piece, std::span<const Sha1Hash> blocks) {
  for (const PeerKey key : distinct(picker_->contributors(piece))) {
    if (Member* m = find(key)) m->trust = std::min(kMostTrust, m->trust + kGoodPiece);
  }
  if (!distrust_ || !distrust_->evidence.knows(piece)) return;
  const BlockEvidence::Verdict verdict = distrust_->evidence.passed(piece, blocks);
  for (const Endpoint& guilty : verdict.guilty) convict(guilty);
  for (Member& m : members_) {
    if (std::find(verdict.acquitted.begin(), verdict.acquitted.end(), m.peer->endpoint()) == verdict.acquitted.end()) {
      continue;
    }
    m.accused = false;
    m.trust = std::max(m.trust, kProven);
  }
  for (const Endpoint& acquitted : verdict.acquitted) {
    for (WebMember& m : web_members_) {
      if (m.seed->stand_in() == acquitted) m.suspect = false;
    }
  }
}

void Swarm::piece_failed(std::uint32_t piece, std::span<const Sha1Hash> blocks, base::SteadyTime now) {
  if (!picker_) return;
  if (!distrust_) distrust_ = std::make_unique<Distrust>();
  const std::vector<PeerKey> senders = picker_->contributors(piece);
  picker_->failed(piece);
  wasted_ += layout_->piece_size(piece);

  const auto endpoint_of = [this](PeerKey key) {
    if (const Member* m = find(key)) return m->peer->endpoint();
    if (const WebMember* m = find_web(key)) return m->seed->stand_in();
    for (const auto& [departed, endpoint] : distrust_->departed) {
      if (departed == key) return endpoint;
    }
    return Endpoint{};
  };
  const std::vector<PeerKey> peers = distinct(senders);
  if (peers.size() == 1) {
    convict(endpoint_of(peers.front()));
  } else {
    std::vector<BlockEvidence::Block> evidence;
    for (std::size_t i = 0; i < std::min(senders.size(), blocks.size()); ++i) {
      evidence.push_back({endpoint_of(senders[i]), blocks[i]});
    }
    distrust_->evidence.failed(piece, std::move(evidence));
    for (const PeerKey key : peers) {
      if (WebMember* web = find_web(key)) web->suspect = true;
      Member* m = find(key);
      if (m == nullptr) continue;
      m->accused = true;
      m->trust += kBadPiece;
      if (m->trust <= kNoTrust) convict(m->peer->endpoint());
    }
  }
  freed_ = true;
  settle(now);
}

}  // namespace podswarm::engine
