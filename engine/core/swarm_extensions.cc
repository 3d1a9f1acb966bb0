// The exchange beside payload: metadata (BEP 9) and addresses (BEP 11).
#include <algorithm>
#include <utility>

#include "base/ip_range.h"
#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

// Who lets so much lie unsent is given no more answers that are not payload.
constexpr std::size_t kMaxUnsent = 1u << 20;
// BEP 11 has one message a minute at most; clocks differ. What comes earlier is not read, and ends the connection when
// there is much of it.
constexpr std::chrono::seconds kLeastPexPause{45};
constexpr std::uint8_t kMostEarlyPex = 10;

// Many ports of one host on the Internet are an attack on it rather than peers. Behind private addresses they are not.
std::vector<PexPeer> one_an_address(std::span<const PexPeer> peers) {
  std::vector<PexPeer> out;
  for (const PexPeer& peer : peers) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const PexPeer& other) {
      return other.endpoint == peer.endpoint || (other.endpoint.address == peer.endpoint.address &&
                                                 base::is_public_address(peer.endpoint.address_bytes()));
    });
    if (!known) out.push_back(peer);
  }
  return out;
}

}  // namespace

void Swarm::ask_metadata(Member& m, base::SteadyTime now) {
  const ExtensionHandshake& theirs = m.peer->extensions();
  if (theirs.ut_metadata.value_or(0) == 0 || !theirs.metadata_size) return;
  for (const std::uint32_t piece : metadata_fetch_->ask(m.peer->key(), *theirs.metadata_size, now)) {
    m.peer->send_metadata_request(piece);
    host_.attend(*m.peer);
  }
  want_tick(now + kMetadataRepeat);
}

void Swarm::on_metadata(PeerCore& peer, const UtMetadataMessage& message) {
  using Type = UtMetadataMessage::Type;
  Member& m = member(peer);
  if (message.type == Type::kRequest) {
    if (peer.output().size() > kMaxUnsent) return;
    peer.send_metadata_answer(info_, message.piece);
    host_.attend(peer);
    return;
  }
  if (!metadata_fetch_) return;
  if (message.type == Type::kReject) {
    metadata_fetch_->on_reject(peer.key(), peer.now());
    return;
  }
  if (auto candidate = metadata_fetch_->on_data(peer.key(), message, peer.now())) {
    host_.got_metadata(std::move(candidate));
  } else {
    ask_metadata(m, peer.now());
  }
}

void Swarm::metadata_checked(bool good) {
  if (!metadata_fetch_) return;
  auto next = metadata_fetch_->on_checked(good);
  if (good) return;
  for (const PeerKey key : metadata_fetch_->culprits()) {
    Member* culprit = find(key);
    if (culprit == nullptr) continue;
    culprit->peer->close("it sent wrong metadata", true);
    host_.attend(*culprit->peer);
  }
  if (next) host_.got_metadata(std::move(next));
}

void Swarm::on_pex(PeerCore& peer, const PexMessage& message) {
  if (is_private_) return;
  Member& m = member(peer);
  if (peer.now() < m.no_pex_before) {
    if (++m.early_pex <= kMostEarlyPex) return;
    peer.close("it floods us with addresses", true);
    return host_.attend(peer);
  }
  m.no_pex_before = peer.now() + kLeastPexPause;
  host_.got_peers(one_an_address(message.added));
}

void Swarm::send_pex(Member& m, base::SteadyTime now) {
  m.next_pex = now + std::chrono::seconds(60);
  PexMessage message;
  std::vector<Endpoint> current;
  for (const Member& other : members_) {
    if (other.peer == m.peer || !other.peer->handshaken() || other.peer->closed()) continue;
    Endpoint endpoint = other.peer->endpoint();
    if (!other.peer->outgoing()) {
      // Where it calls from is not where it listens.
      if (!other.peer->extensions().listen_port) continue;
      endpoint.port = *other.peer->extensions().listen_port;
    }
    if (std::find(current.begin(), current.end(), endpoint) != current.end()) continue;
    current.push_back(endpoint);
    if (message.added.size() == kMaxPexPeers) continue;
    if (std::find(m.told.begin(), m.told.end(), endpoint) != m.told.end()) continue;
    std::uint8_t flags = other.peer->outgoing() ? kPexReachable : 0;
    if (other.peer->is_upload_only()) flags |= kPexUploadOnly;
    message.added.push_back({endpoint, flags});
  }
  for (const Endpoint& endpoint : m.told) {
    if (message.dropped.size() == kMaxPexPeers) break;
    if (std::find(current.begin(), current.end(), endpoint) == current.end()) message.dropped.push_back(endpoint);
  }
  if (message.empty()) return;
  for (const Endpoint& endpoint : message.dropped) std::erase(m.told, endpoint);
  for (const PexPeer& added : message.added) m.told.push_back(added.endpoint);
  m.peer->send_pex(message);
  host_.attend(*m.peer);
}

}  // namespace podswarm::engine
