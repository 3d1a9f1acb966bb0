#include "engine/core/metadata_fetch.h"

#include <algorithm>

namespace podswarm::engine {

namespace {

// A peer that let requests lie for so long is asked again.
constexpr std::chrono::seconds kPatience{6};
// Who waits says so every few seconds; else it is gone.
constexpr std::chrono::seconds kGone{10};

}  // namespace

MetadataFetch::Attempt* MetadataFetch::find(const Subject& subject) {
  const auto at =
      std::find_if(attempts_.begin(), attempts_.end(), [&](const Attempt& a) { return a.subject == subject; });
  return at != attempts_.end() ? &*at : nullptr;
}

MetadataFetch::Attempt* MetadataFetch::find_or_begin(const Subject& subject, base::SteadyTime now) {
  if (Attempt* const under_way = find(subject)) return under_way;
  std::erase_if(waiting_, [now](const Waiting& w) { return now > w.asked + kGone; });
  const auto is_it = [&](const Waiting& w) { return w.subject == subject; };
  auto at = std::find_if(waiting_.begin(), waiting_.end(), is_it);
  if (at == waiting_.end()) at = waiting_.insert(waiting_.end(), Waiting{subject, now});
  at->asked = now;
  const auto before = static_cast<std::size_t>(at - waiting_.begin());
  if (attempts_.size() + before >= kMostAttempts && (before > 0 || !make_room(now))) return nullptr;
  waiting_.erase(at);
  return &attempts_.emplace_back(Attempt{subject, MetadataAssembly(subject.first), now, now});
}

bool MetadataFetch::make_room(base::SteadyTime now) {
  const auto is_over = [now](const Attempt& a) { return now >= a.progress + kStalled || now >= a.begun + kAllowed; };
  const auto loser = std::find_if(attempts_.begin(), attempts_.end(), is_over);
  if (loser == attempts_.end()) return false;
  attempts_.erase(loser);
  return true;
}

void MetadataFetch::end(const Subject& subject) {
  std::erase_if(attempts_, [&](const Attempt& a) { return a.subject == subject; });
}

void MetadataFetch::forget(PeerKey key) {
  peers_.erase(key);
  std::erase_if(attempts_, [key](const Attempt& a) { return a.subject.second == key && key != kNoPeer; });
  std::erase_if(waiting_, [key](const auto& waiting) { return waiting.subject.second == key && key != kNoPeer; });
}

std::vector<std::uint32_t> MetadataFetch::ask(PeerKey key, std::uint32_t size, base::SteadyTime now) {
  std::vector<std::uint32_t> pieces;
  if (size == 0 || size > kMaxMetadataSize || !bytes_.empty()) return pieces;
  Peer& peer = peers_[key];
  if (peer.size == 0) peer.size = size;
  if (now < peer.not_before) return pieces;
  Attempt* const attempt = find_or_begin(subject_of(key, peer.size), now);
  if (attempt == nullptr) return pieces;
  if (now - peer.last_asked > kPatience) peer.asked = 0;
  while (peer.asked < kAtOnce) {
    const auto piece = attempt->assembly.pick(now);
    if (!piece) break;
    ++peer.asked;
    peer.last_asked = now;
    pieces.push_back(*piece);
  }
  return pieces;
}

MetadataFetch::Progress MetadataFetch::on_data(PeerKey key, const UtMetadataMessage& message, base::SteadyTime now) {
  const auto peer = peers_.find(key);
  if (!bytes_.empty() || peer == peers_.end() || peer->second.asked == 0) return Progress::kMore;
  const Subject subject = subject_of(key, peer->second.size);
  Attempt* const attempt = find(subject);
  --peer->second.asked;
  if (attempt == nullptr || !attempt->assembly.add(message.piece, message.data)) return Progress::kMore;
  attempt->progress = now;
  auto& contributors = attempt->contributors;
  if (std::find(contributors.begin(), contributors.end(), key) == contributors.end()) contributors.push_back(key);
  if (!attempt->assembly.complete()) return Progress::kMore;
  base::Bytes bytes = attempt->assembly.bytes();
  if (sha1(bytes) == info_hash_ || truncated(sha256(bytes)) == info_hash_) {
    bytes_ = std::move(bytes);
    attempts_.clear();
    return Progress::kComplete;
  }
  culprits_.clear();
  if (contributors.size() == 1) {
    culprits_ = contributors;
    end(subject);
  } else {
    apart_ = true;
    attempts_.clear();
    waiting_.clear();
    for (auto& [other, state] : peers_) state.asked = 0;
  }
  return Progress::kBad;
}

void MetadataFetch::on_reject(PeerKey key, base::SteadyTime now) {
  const auto peer = peers_.find(key);
  if (peer == peers_.end()) return;
  peer->second.asked = 0;
  peer->second.not_before = now + kAfterReject;
  // Nobody has contributed: room for other peers' ideas.
  const Subject subject = subject_of(key, peer->second.size);
  if (const Attempt* const attempt = find(subject); attempt != nullptr && attempt->contributors.empty()) end(subject);
}

}  // namespace podswarm::engine
