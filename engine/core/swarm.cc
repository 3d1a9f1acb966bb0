#include "engine/core/swarm.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace podswarm::engine {

namespace {

// A peer that fetches a piece within this time gets pieces of its own.
constexpr double kWholePieceSeconds = 20;
constexpr std::chrono::seconds kAfterReject{2};
// With fewer requests under way a peer is given some of what web seeds have ahead of them.
constexpr std::size_t kAlmostIdle = 8;
// How often requests are looked at for peers that stopped answering.
constexpr std::chrono::seconds kRequestReview{1};
// While there are pieces that nobody has, others may come any moment, as from a seed that gives them out one by one: the
// end game begins when none has come for so long.
constexpr std::chrono::seconds kNothingNew{5};

}  // namespace

Swarm::Swarm(Options options, SwarmHost& host)
    : options_(std::move(options)),
      host_(host),
      metadata_fetch_(std::make_unique<MetadataFetch>()),
      random_(options_.seed) {}

Swarm::~Swarm() = default;

// ---- the torrent ----

void Swarm::set_metadata(const FileLayout& layout, base::ByteView info, bool is_private) {
  assert(layout_ == nullptr);
  layout_ = &layout;
  info_ = info;
  is_private_ = is_private;
  // Who was told otherwise before it was known.
  revoke_pex_ = is_private && !members_.empty();
  metadata_fetch_.reset();
}

bool Swarm::is_given(const BlockRef& block) const {
  // All of it is padding; never all of a piece, which would then never be asked for.
  const auto all_padding = [this](std::uint32_t piece, std::uint32_t offset, std::uint32_t length) {
    std::vector<FileSpan> spans;
    layout_->map(piece, offset, length, spans);
    return std::none_of(spans.begin(), spans.end(),
                        [this](const FileSpan& span) { return layout_->entries()[span.file].on_disk; });
  };
  return all_padding(block.piece, block.offset, block.length) &&
         !all_padding(block.piece, 0, layout_->piece_size(block.piece));
}

void Swarm::set_have(Bitfield have, base::SteadyTime now, std::vector<FilePriority> pieces) {
  assert(layout_ != nullptr && !ready_);
  have_ = std::move(have);
  ready_ = true;
  priorities_ = std::move(pieces);
  if (!have_.all()) make_picker();
  for (Member& m : members_) {
    m.peer->set_layout();
    if (!m.introduced && m.peer->handshaken()) {
      introduce(m);
    } else if (m.introduced) {
      // It was told of no piece while the metadata was unknown.
      for (std::uint32_t i = have_.next_set(0); i < have_.size(); i = have_.next_set(i + 1)) m.peer->send_have(i);
      m.peer->send_extensions(our_extensions(*m.peer));
    }
    review_interest(m);
    if (m.peer->pieces().size() > 0 && !m.peer->closed()) start_up(m);
    host_.attend(*m.peer);
  }
  settle(now);
}

void Swarm::make_picker() {
  PiecePicker::Shape shape;
  shape.piece_count = layout_->piece_count();
  shape.piece_size = [this](std::uint32_t piece) { return layout_->piece_size(piece); };
  const auto& files = layout_->entries();
  if (std::any_of(files.begin(), files.end(), [](const auto& file) { return !file.on_disk && file.length > 0; })) {
    shape.is_given = [this](const BlockRef& block) { return is_given(block); };
  }
  picker_ = std::make_unique<PiecePicker>(std::move(shape), random_());
  picker_->set_sequential(sequential_);
  for (std::uint32_t i = have_.next_set(0); i < have_.size(); i = have_.next_set(i + 1)) picker_->set_have(i);
  for (const Member& m : members_) {
    if (m.peer->pieces().size() > 0) picker_->add_peer(m.peer->pieces());
  }
  if (!priorities_.empty()) picker_->set_priorities(priorities_);
  find_lacking();
}

void Swarm::piece_passed(std::uint32_t piece, std::span<const Sha1Hash> blocks, base::SteadyTime now) {
  if (!picker_) return;
  judge_good(piece, blocks);
  picker_->passed(piece);
  have_.set(piece);
  const bool was_wanted = lacking_.reset(piece);
  for (Member& m : members_) {
    if (!m.introduced) continue;
    // A seed has no use for the news.
    if (!m.peer->is_seed()) {
      m.peer->send_have(piece);
      host_.attend(*m.peer);
    }
    if (!m.fast_set.empty()) start_up(m);
    if (was_wanted && m.peer->pieces().test(piece)) {
      --m.wanted;
      update_interest(m);
    }
  }
  if (was_wanted && lacking_.none()) satisfaction_changed();
  if (have_.all()) {
    picker_.reset();
    lacking_ = {};
    close_web_seeds("");
  }
  settle(now);
}

void Swarm::stop_requests() {
  requesting_ = false;
  for (Member& m : members_) m.peer->drop_requests();
  close_web_seeds("downloading has stopped");
}

// ---- peers ----

Swarm::Member* Swarm::find(PeerKey key) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), key,
                                   [](const Member& m, PeerKey k) { return m.peer->key() < k; });
  return at != members_.end() && at->peer->key() == key ? &*at : nullptr;
}

Swarm::Member& Swarm::member(const PeerCore& peer) {
  Member* m = find(peer.key());
  assert(m != nullptr);
  return *m;
}

void Swarm::add(PeerCore& peer, base::SteadyTime now) {
  assert(members_.empty() || members_.back().peer->key() < peer.key());
  Member& m = members_.emplace_back();
  m.peer = &peer;
  m.next_pex = now + std::chrono::seconds(60);
  want_tick(peer.deadline());
}

void Swarm::remove(PeerCore& peer, base::SteadyTime now) {
  peer.drop_requests();
  peer.give_up_incoming();
  if (picker_) {
    picker_->release(peer.key());
    freed_ = true;
  }
  if (picker_ && peer.pieces().size() > 0) picker_->remove_peer(peer.pieces());
  if (super_seed_ && peer.pieces().size() > 0) super_seed_->remove(peer.key(), peer.pieces());
  if (metadata_fetch_) metadata_fetch_->forget(peer.key());
  rivals_changed_ = true;
  on_departed(peer);
  const PeerKey key = peer.key();
  std::erase_if(members_, [key](const Member& m) { return m.peer->key() == key; });
  offer_slots(now);
  settle(now);
}

void Swarm::receive(PeerCore& peer, base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now) {
  peer.receive(bytes, chunk, now);
  if (const auto due = peer.interest_due()) want_tick(*due);
  settle(now);
}

void Swarm::on_handshaken(PeerCore& peer) {
  std::size_t others = 0;
  for (const Member& other : members_) {
    if (other.peer != &peer && other.peer->handshaken() && !other.peer->closed() &&
        other.peer->peer_id() == peer.peer_id()) {
      ++others;
    }
  }
  // Both may have called each other at the same time. Were both to hang up on the call that is new to them, none would
  // be left: the one with the higher id does it, the other one bears with two.
  if (others > 1 || (others == 1 && options_.our_id > peer.peer_id())) {
    peer.close("it is connected already", true);
    host_.attend(peer);
  }
  if (!peer.closed() && (ready_ || layout_ == nullptr)) introduce(member(peer));
}

ExtensionHandshake Swarm::our_extensions(const PeerCore& peer) const {
  ExtensionHandshake ours;
  ours.ut_metadata = kOurUtMetadataId;
  if (!is_private_) ours.ut_pex = kOurUtPexId;
  if (revoke_pex_) ours.ut_pex = 0;
  ours.lt_donthave = kOurDontHaveId;
  ours.upload_only_id = kOurUploadOnlyId;
  // Said either way: who had all that it wants may have lost something, or want more.
  ours.upload_only = satisfied() && !super_seed_;
  if (options_.listen_port != 0) ours.listen_port = options_.listen_port;
  ours.client = options_.client;
  ours.request_queue = static_cast<std::uint32_t>(PeerCore::kMaxUploads);
  if (!info_.empty()) ours.metadata_size = static_cast<std::uint32_t>(info_.size());
  Endpoint seen = peer.endpoint();
  seen.port = 0;
  ours.your_ip = seen;
  return ours;
}

void Swarm::introduce(Member& m) {
  m.introduced = true;
  rivals_changed_ = true;
  if (!super_seed_ && may_super_seed()) super_seed_ = std::make_unique<SuperSeed>(have_.size(), random_());
  if (super_seed_) {
    const Bitfield nothing(have_.size());
    m.peer->introduce({&nothing, our_extensions(*m.peer)});
    super_seed_->add(m.peer->key(), m.peer->pieces());
    reveal(m);
  } else {
    m.peer->introduce({ready_ ? &have_ : nullptr, our_extensions(*m.peer)});
  }
  host_.attend(*m.peer);
  want_tick(m.peer->deadline());
}

void Swarm::on_extensions(PeerCore& peer) {
  Member& m = member(peer);
  if (metadata_fetch_) ask_metadata(m, peer.now());
  if (const auto& own = peer.extensions().your_ip) host_.got_own_address(peer.endpoint(), *own);
  close_if_useless(peer);
}

// Two that want nothing have nothing for each other.
void Swarm::close_if_useless(PeerCore& peer) {
  if (satisfied() && peer.is_upload_only()) {
    peer.close("both have everything", true);
    host_.attend(peer);
  }
}

void Swarm::on_pieces(PeerCore& peer, const Bitfield& before) {
  if (!ready_) return;
  if (picker_) {
    if (!before.none()) picker_->remove_peer(before);
    picker_->add_peer(peer.pieces());
  }
  Member& m = member(peer);
  if (super_seed_) {
    super_seed_->remove(peer.key(), before);
    super_seed_->add(peer.key(), peer.pieces());
    if (peer.is_seed() || super_seed_->done()) {
      leave_super_seed();
    } else {
      // It may have what it was told of before its own pieces were known.
      reveal(m);
    }
  }
  review_interest(m);
  if (!peer.closed()) start_up(m);
}

void Swarm::on_have(PeerCore& peer, std::uint32_t piece) {
  if (!ready_) return;
  if (picker_) {
    picker_->add_have(piece);
    if (peer.pieces().all()) {
      picker_->became_seed();
      rivals_changed_ = true;
    }
  }
  if (super_seed_) {
    super_seed_->on_have(peer.key(), piece);
    if (peer.is_seed() || super_seed_->done()) {
      leave_super_seed();
    } else {
      reveal(member(peer));
    }
  }
  if (picker_ && lacking_.test(piece)) {
    Member& m = member(peer);
    ++m.wanted;
    update_interest(m);
  }
  close_if_useless(peer);
}

void Swarm::update_interest(Member& m) {
  const bool interested = m.wanted > 0 && requesting_;
  if (interested != m.peer->am_interested()) {
    m.peer->send_interested(interested);
    host_.attend(*m.peer);
  }
  if (interested) m.fill = true;
}

// ---- downloading ----

void Swarm::on_choke(PeerCore& peer) {
  Member& m = member(peer);
  m.no_requests_before = {};
  m.fill = true;
  if (picker_ && peer.is_choking()) {
    picker_->release(peer.key());
    freed_ = true;
  }
}

bool Swarm::is_wanted(const BlockRef& block) {
  return picker_ != nullptr && requesting_ && lacking_.test(block.piece) && block.offset % kBlockSize == 0 &&
         picker_->is_missing(block) && picker_->block(block.piece, block.offset / kBlockSize) == block;
}

void Swarm::on_block(PeerCore& peer, const BlockRef& block, std::vector<Slice> slices) {
  member(peer).fill = true;
  if (slices.empty() || !is_wanted(block)) {
    wasted_ += block.length;
    return;
  }
  const auto result = picker_->received(block, peer.key());
  if (result.others_asked) cancel_elsewhere(block, peer.key());
  host_.store(block, std::move(slices));
}

void Swarm::cancel_elsewhere(const BlockRef& block, PeerKey from) {
  for (Member& other : members_) {
    if (other.peer->key() == from || !other.peer->requests().contains(block)) continue;
    other.peer->send_cancel(block);
    other.fill = true;
    host_.attend(*other.peer);
  }
  for (const WebMember& other : web_members_) {
    if (other.seed->key() != from) other.seed->cancel(block);
  }
}

void Swarm::on_unanswered(PeerCore& peer, const BlockRef& block) {
  if (!picker_) return;
  picker_->abandon(block, peer.key());
  freed_ = true;
  if (peer.is_choking()) return;
  member(peer).no_requests_before = peer.now() + kAfterReject;
  want_tick(peer.now() + kAfterReject);
}

void Swarm::on_taken_back(PeerCore& peer, const BlockRef& block) {
  if (!picker_) return;
  picker_->abandon(block, peer.key());
  freed_ = true;
}

void Swarm::on_snubbed(PeerCore& peer) {
  if (!picker_) return;
  std::vector<BlockRef> blocks;
  for (const auto& entry : peer.requests()) blocks.push_back(entry.block);
  for (const BlockRef& block : blocks) {
    peer.send_cancel(block);
    picker_->abandon(block, peer.key());
  }
  peer.give_up_incoming();
  picker_->release(peer.key());
  freed_ = true;
  member(peer).fill = true;
  host_.attend(peer);
}

void Swarm::fill(Member& m, base::SteadyTime now) {
  PeerCore& peer = *m.peer;
  m.fill = false;
  if (!m.peer->am_interested() || peer.closed() || now < m.no_requests_before) return;
  const bool choked = peer.is_choking();
  if (choked && (peer.allowed_fast().size() == 0 || peer.allowed_fast().none())) return;
  std::size_t room = peer.request_room(now);
  if (room == 0) return take_back(m, now);
  if (choked) {
    // What it gives to the choked it does not give to others: enough for a start, no more.
    if (have_.count() >= PiecePicker::kRandomFirst || !peer.requests().empty()) return;
    room = std::min<std::size_t>(room, picker_->block_count(0));
  }
  const bool parole = is_on_parole(m);
  if (parole) {
    if (!peer.requests().empty()) return;
    room = std::min<std::size_t>(room, picker_->block_count(0));
  }
  // In the end game only few are asked for a block: those that have fallen silent would keep it from the others.
  const bool silent = peer.is_snubbing();
  if (silent && (end_game_ || picker_->end_game())) return;
  PiecePicker::Request request;
  request.peer = peer.key();
  request.pieces = &peer.pieces();
  request.count = room;
  request.peers = members_.size();
  request.exclusive = parole && !silent;
  request.only = choked ? &peer.allowed_fast() : nullptr;
  request.suggested = m.suggested;
  request.double_all = end_game_;
  const double rate = peer.download().bytes_per_s(now);
  request.whole_pieces = peer.download().total() < kBlockSize || rate * kWholePieceSeconds >= layout_->piece_length();
  if (!web_members_.empty() && peer.requests().size() < kAlmostIdle && picker_->exhausted()) share_runs(now);
  const bool is_new = !picker_->exhausted();
  picked_.clear();
  const auto asked = [&peer](const BlockRef& block) { return peer.is_asked(block); };
  picker_->pick(request, asked, picked_);
  if (picked_.empty() && std::exchange(request.exclusive, false)) picker_->pick(request, asked, picked_);
  if (picked_.empty()) return;
  if (is_new) last_new_ = now;
  for (const BlockRef& block : picked_) peer.send_request(block, now);
  host_.attend(peer);
  want_tick(now + kRequestReview);
}

// A slow peer was promised too much at the start: what it would only come to much later is free for others, or for
// itself when the piece is not rare any more.
void Swarm::take_back(Member& m, base::SteadyTime now) {
  PeerCore& peer = *m.peer;
  const std::size_t excess = peer.request_excess(now);
  if (excess == 0) return;
  picked_.clear();
  const RequestQueue& requests = peer.requests();
  for (std::size_t i = requests.size() - excess; i < requests.size(); ++i) picked_.push_back(requests[i].block);
  for (const BlockRef& block : picked_) peer.take_back(block);
  host_.attend(peer);
}

void Swarm::settle(base::SteadyTime now) {
  if (!picker_ || !ready_ || !requesting_) return;
  if (std::exchange(rivals_changed_, false)) update_rivals();
  const bool all = std::exchange(freed_, false);
  for (Member& m : members_) {
    if (m.fill || all) fill(m, now);
  }
  for (WebMember& m : web_members_) {
    if (all || now >= m.look_again) fill(m, now);
  }
  // Who found nothing while others still had something to be asked for may double that now.
  const bool end_game = picker_->end_game() || (now >= last_new_ + kNothingNew && picker_->exhausted());
  if (end_game && !end_game_) freed_ = true;
  end_game_ = end_game;
}

// ---- time ----

void Swarm::want_tick(base::SteadyTime at) {
  if (at >= next_tick_) return;
  next_tick_ = at;
  host_.wake_at(at);
}

std::optional<base::SteadyTime> Swarm::tick(base::SteadyTime now) {
  // What is wanted from here on counts.
  next_tick_ = base::SteadyTime::max();
  const bool competition = ready_ && interested_count(false) > choker_.slots();
  if (competition && now >= next_choke_round_) {
    choke_round(now);
    next_choke_round_ = now + Choker::kRound;
  }
  if (!competition) choker_.rest();
  base::SteadyTime next = base::SteadyTime::max();
  if (competition) next = next_choke_round_;
  for (Member& m : members_) {
    m.peer->on_time(now);
    if (metadata_fetch_) {
      ask_metadata(m, now);
      next = std::min(next, now + kMetadataRepeat);
    }
    if (m.no_requests_before != base::SteadyTime{}) {
      if (now >= m.no_requests_before) {
        m.no_requests_before = {};
        m.fill = true;
      } else {
        next = std::min(next, m.no_requests_before);
      }
    }
    if (!m.peer->requests().empty()) {
      m.fill = true;
      next = std::min(next, now + kRequestReview);
    }
    const bool exchanges = !is_private_ && layout_ != nullptr && m.peer->extensions().ut_pex.value_or(0) != 0;
    if (exchanges && members_.size() > 1) {
      if (now >= m.next_pex) send_pex(m, now);
      next = std::min(next, m.next_pex);
    }
    host_.attend(*m.peer);
    next = std::min(next, m.peer->deadline());
  }
  settle(now);
  if (members_.empty()) return std::nullopt;
  // What is due but cannot be done yet (a keep-alive behind unsent bytes) is looked at again, at leisure.
  next_tick_ = std::min(next_tick_, std::max(next, now + std::chrono::milliseconds(250)));
  return next_tick_;
}

std::size_t Swarm::seed_count() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const Member& m) { return m.peer->is_seed(); }));
}

}  // namespace podswarm::engine
