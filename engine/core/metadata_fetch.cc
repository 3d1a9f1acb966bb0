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

bool MetadataFetch::may_hold_more(const Attempt& attempt) const {
  std::size_t held = 0;
  for (const Attempt& other : attempts_) held += other.assembly.held();
  return held <= kMostHeld || &attempt == &attempts_.front();
}

void MetadataFetch::forget(PeerKey key) {
  peers_.erase(key);
  std::erase_if(attempts_, [key](const Attempt& a) { return a.subject.second == key && key != kNoPeer; });
  std::erase_if(waiting_, [key](const auto& waiting) { return waiting.subject.second == key && key != kNoPeer; });
}

std::vector<std::uint32_t> MetadataFetch::ask(PeerKey key, std::uint32_t size, base::SteadyTime now) {
  std::vector<std::uint32_t> pieces;
  if (size == 0 || size > kMaxMetadataSize || complete_) return pieces;
  Peer& peer = peers_[key];
  if (peer.size == 0) peer.size = size;
  if (now < peer.not_before) return pieces;
  const Subject subject = subject_of(key, peer.size);
  if (checked_ && checked_->subject == subject) return pieces;
  Attempt* attempt = find_or_begin(subject, now);
  if (attempt == nullptr) return pieces;
  if (!may_hold_more(*attempt)) {
    // Who holds it all and brings nothing makes way.
    if (!make_room(now)) return pieces;
    attempt = find(subject);
    if (attempt == nullptr || !may_hold_more(*attempt)) return pieces;
  }
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

MetadataFetch::Candidate MetadataFetch::on_data(PeerKey key, const UtMetadataMessage& message, base::SteadyTime now) {
  const auto peer = peers_.find(key);
  if (complete_ || peer == peers_.end() || peer->second.asked == 0) return nullptr;
  --peer->second.asked;
  Attempt* const attempt = find(subject_of(key, peer->second.size));
  if (attempt == nullptr || !attempt->assembly.add(message.piece, message.data)) return nullptr;
  attempt->progress = now;
  auto& contributors = attempt->contributors;
  if (std::find(contributors.begin(), contributors.end(), key) == contributors.end()) contributors.push_back(key);
  return attempt->assembly.complete() && !checked_ ? begin_check(*attempt) : nullptr;
}

MetadataFetch::Candidate MetadataFetch::begin_check(Attempt& attempt) {
  auto candidate = std::make_shared<const base::Bytes>(attempt.assembly.bytes());
  checked_ = Checked{attempt.subject, std::move(attempt.contributors)};
  std::erase_if(attempts_, [&](const Attempt& a) { return a.subject == checked_->subject; });
  return candidate;
}

MetadataFetch::Candidate MetadataFetch::on_checked(bool good) {
  culprits_ = std::move(checked_->contributors);
  checked_.reset();
  if (good) {
    complete_ = true;
    attempts_.clear();
    return nullptr;
  }
  if (culprits_.size() > 1) {
    culprits_.clear();
    apart_ = true;
    attempts_.clear();
    waiting_.clear();
    for (auto& [other, state] : peers_) state.asked = 0;
  }
  const auto whole =
      std::find_if(attempts_.begin(), attempts_.end(), [](const Attempt& a) { return a.assembly.complete(); });
  return whole != attempts_.end() ? begin_check(*whole) : nullptr;
}

void MetadataFetch::on_reject(PeerKey key, base::SteadyTime now) {
  const auto peer = peers_.find(key);
  if (peer == peers_.end()) return;
  peer->second.asked = 0;
  peer->second.not_before = now + kAfterReject;
  // Where nobody has contributed or is about to, there is room for other peers' ideas.
  const Subject subject = subject_of(key, peer->second.size);
  const bool awaited = std::any_of(peers_.begin(), peers_.end(), [&](const auto& other) {
    return other.second.asked > 0 && subject_of(other.first, other.second.size) == subject;
  });
  if (awaited) return;
  std::erase_if(attempts_, [&](const Attempt& a) { return a.subject == subject && a.contributors.empty(); });
}

bool is_metadata_of(const InfoHash& info_hash, base::ByteView info) {
  return sha1(info) == info_hash || truncated(sha256(info)) == info_hash;
}

}  // namespace podswarm::engine
