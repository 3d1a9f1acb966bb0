#include "engine/core/metadata_fetch.h"

#include <algorithm>
#include <utility>

namespace podswarm::engine {

namespace {

// A peer that let requests lie for so long is asked again.
constexpr std::chrono::seconds kPatience{6};

}  // namespace

std::vector<std::uint32_t> MetadataFetch::ask(PeerKey key, std::uint32_t size, base::SteadyTime now) {
  std::vector<std::uint32_t> pieces;
  if (size == 0 || size > kMaxMetadataSize) return pieces;
  if (std::exchange(progress_, false)) progress_at_ = now;
  // One size at a time: if it is the wrong one, its pieces fail or never come, and the next peer's size is tried.
  if (assembly_ && assembly_->size() != size) {
    if (!may_replace(size, now)) return pieces;
    stalled_[assembly_->size()] = now + kNotAgain;
    assembly_.reset();
  }
  if (!assembly_) {
    assembly_.emplace(size);
    contributors_.clear();
    progress_at_ = now;
  }
  Peer& peer = peers_[key];
  if (now < peer.not_before) return pieces;
  if (now - peer.last_asked > kPatience) peer.asked = 0;
  while (peer.asked < kAtOnce) {
    const auto piece = assembly_->pick(now);
    if (!piece) break;
    ++peer.asked;
    peer.last_asked = now;
    pieces.push_back(*piece);
  }
  return pieces;
}

bool MetadataFetch::may_replace(std::uint32_t size, base::SteadyTime now) {
  if (assembly_->complete() || now < progress_at_ + kStalled) return false;
  std::erase_if(stalled_, [now](const auto& stalled) { return stalled.second <= now; });
  return !stalled_.contains(size);
}

bool MetadataFetch::is_right() const {
  return sha1(assembly_->bytes()) == info_hash_ || truncated(sha256(assembly_->bytes())) == info_hash_;
}

MetadataFetch::Progress MetadataFetch::on_data(PeerKey key, const UtMetadataMessage& message) {
  const auto peer = peers_.find(key);
  if (!assembly_ || assembly_->complete() || peer == peers_.end() || peer->second.asked == 0) return Progress::kMore;
  --peer->second.asked;
  if (!assembly_->add(message.piece, message.data)) return Progress::kMore;
  progress_ = true;
  if (std::find(contributors_.begin(), contributors_.end(), key) == contributors_.end()) contributors_.push_back(key);
  if (!assembly_->complete()) return Progress::kMore;
  if (is_right()) return Progress::kComplete;
  assembly_.reset();
  return Progress::kBad;
}

void MetadataFetch::on_reject(PeerKey key, base::SteadyTime now) {
  const auto peer = peers_.find(key);
  if (peer == peers_.end()) return;
  peer->second.asked = 0;
  peer->second.not_before = now + kAfterReject;
  // Nobody has contributed: another peer's idea of the size may be better.
  if (contributors_.empty()) assembly_.reset();
}

}  // namespace podswarm::engine
