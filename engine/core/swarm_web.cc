// Swarm: web seeds, which have everything, choke nobody, and are asked for long runs.
#include <algorithm>
#include <utility>

#include "engine/core/swarm.h"

namespace podswarm::engine {

namespace {

// What a web seed keeps for itself when others have nothing to do.
constexpr std::chrono::seconds kKeptAhead{1};
constexpr std::size_t kKeptBlocks = 32;
// Looking for a run is work; what it may be found in changes little from one block to the next.
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

void Swarm::add(WebSeed& seed, base::SteadyTime now) {
  if (!picker_) return seed.close("");
  WebMember& m = web_members_.emplace_back();
  m.seed = &seed;
  picker_->add_peer(seed.pieces());
  settle(now);
}

void Swarm::remove(WebSeed& seed, base::SteadyTime now) {
  seed.close("");
  if (picker_) picker_->release(seed.key());
  if (picker_) picker_->remove_peer(seed.pieces());
  std::erase_if(web_members_, [&seed](const WebMember& m) { return m.seed == &seed; });
  settle(now);
}

void Swarm::receive(WebSeed& seed, base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now) {
  seed.receive(bytes, chunk, now);
  settle(now);
}

void Swarm::close_web_seeds(const std::string& reason) {
  for (const WebMember& m : web_members_) {
    m.seed->close(reason);
    host_.attend_web(*m.seed);
  }
}

void Swarm::on_web_block(WebSeed& seed, const BlockRef& block, std::vector<Slice> slices) {
  if (!is_wanted(block)) {
    wasted_ += block.length;
    return;
  }
  const auto result = picker_->received(block, seed.key());
  if (result.others_asked) cancel_elsewhere(block, seed.key());
  host_.store(block, std::move(slices));
}

void Swarm::on_web_unanswered(WebSeed& seed, std::span<const BlockRef> blocks) {
  host_.attend_web(seed);
  if (!picker_) return;
  for (const BlockRef& block : blocks) picker_->abandon(block, seed.key());
  picker_->release(seed.key());
  freed_ = true;
}

void Swarm::on_web_pieces(WebSeed& seed, const Bitfield& before) {
  if (!picker_) return;
  picker_->remove_peer(before);
  picker_->add_peer(seed.pieces());
}

Swarm::WebMember* Swarm::find_web(PeerKey key) {
  const auto at =
      std::find_if(web_members_.begin(), web_members_.end(), [key](const auto& m) { return m.seed->key() == key; });
  return at != web_members_.end() ? &*at : nullptr;
}

bool Swarm::convict_web(const Endpoint& endpoint) {
  for (const WebMember& m : web_members_) {
    if (m.seed->stand_in() != endpoint) continue;
    m.seed->close("it sent a bad piece");
    host_.attend_web(*m.seed);
    return true;
  }
  return false;
}

void Swarm::fill(WebMember& m, base::SteadyTime now) {
  WebSeed& seed = *m.seed;
  m.look_again = {};
  if (lacking_.none() || seed.asked() > 0 || seed.closed() || now < seed.pause_ends()) return;
  if (picker_->exhausted()) share_runs(now);
  PiecePicker::Request request;
  request.peer = seed.key();
  request.pieces = &seed.pieces();
  request.count = seed.run_length(now);
  request.peers = members_.size() + web_members_.size();
  request.exclusive = m.suspect;
  if (request.peers > 1) {
    // Towards the end the runs grow shorter, so that all are done at about the same time.
    const std::uint64_t missing = std::uint64_t{have_.size() - have_.count()} * layout_->piece_length();
    const std::uint64_t share = std::max(WebSeed::kLeastRun, missing / (2 * request.peers));
    request.count = std::min<std::size_t>(request.count, static_cast<std::size_t>(share / kBlockSize));
  }
  picked_.clear();
  picker_->pick_run(request, m.next, picked_);
  if (picked_.empty()) {
    const auto asked = [&seed](const BlockRef& block) { return seed.is_asked(block); };
    picker_->pick(request, asked, picked_);
    if (picked_.empty() && std::exchange(request.exclusive, false)) picker_->pick(request, asked, picked_);
    std::sort(picked_.begin(), picked_.end(), [](const BlockRef& a, const BlockRef& b) {
      return std::pair(a.piece, a.offset) < std::pair(b.piece, b.offset);
    });
  }
  m.look_again = picked_.empty() ? now + kLookAgain : base::SteadyTime{};
  if (picked_.empty()) return;
  const BlockRef& last = picked_.back();
  m.next = last.offset + last.length == layout_->piece_size(last.piece) ? last.piece + 1 : last.piece;
  seed.ask(picked_);
  host_.attend_web(seed);
}

void Swarm::take_back_web() {
  for (WebMember& m : web_members_) {
    m.look_again = {};
    if (m.seed->asked() < 2) continue;
    for (const BlockRef& block : m.seed->take_back(m.seed->asked() - 1)) picker_->abandon(block, m.seed->key());
    host_.attend_web(*m.seed);
  }
}

void Swarm::share_runs(base::SteadyTime now) {
  for (const WebMember& m : web_members_) {
    const double ahead = m.seed->download().bytes_per_s(now) * std::chrono::duration<double>(kKeptAhead).count();
    const std::size_t kept = std::max(kKeptBlocks, static_cast<std::size_t>(ahead / kBlockSize));
    if (m.seed->asked() <= kept) continue;
    const std::size_t freed = (m.seed->asked() - kept + 1) / 2;
    for (const BlockRef& block : m.seed->take_back(freed)) picker_->abandon(block, m.seed->key());
    host_.attend_web(*m.seed);
    freed_ = true;
  }
}

}  // namespace podswarm::engine
