#include "engine/core/peer_core.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace podswarm::engine {

namespace {

// Of what a peer says before the metadata is known.
constexpr std::size_t kMaxEarlyHaves = 100'000;
constexpr std::size_t kMaxEarlyAllowed = 100;
constexpr const char* kNotFast = "it used the fast extension without having said so";
constexpr std::size_t kMaxCancelled = 4'000;
// Who lets so much lie unsent while it asks for what it is refused does not read.
constexpr std::size_t kMaxUnread = 1u << 20;

}  // namespace

PeerCore::PeerCore(const Setup& setup, PeerHost& host, base::SteadyTime now)
    : setup_(setup), host_(host), now_(now), started_(now), heard_(now), spoke_(now), choked_at_(now) {
  Handshake handshake;
  handshake.info_hash = setup.info_hash;
  handshake.peer_id = setup.our_id;
  send(encode_handshake(handshake));
}

// ---- receiving ----

void PeerCore::receive(base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now) {
  now_ = now;
  heard_ = now;
  if (!handshaken_) receive_handshake(bytes);
  WireEvent event;
  while (handshaken_ && !closed_) {
    switch (decoder_.next(bytes, event)) {
      case WireDecoder::Step::kEvent:
        handle(event, chunk);
        break;
      case WireDecoder::Step::kNeedMore:
        return;
      case WireDecoder::Step::kError:
        close("it broke the peer protocol", true);
        return;
    }
  }
}

void PeerCore::receive_handshake(base::ByteView& bytes) {
  const std::size_t taken = std::min(bytes.size(), kHandshakeSize - handshake_.size());
  handshake_.insert(handshake_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  bytes = bytes.subspan(taken);
  if (!may_be_handshake(handshake_)) return close("it does not speak BitTorrent");
  if (handshake_.size() < kHandshakeSize) return;
  const auto handshake = decode_handshake(handshake_);
  handshake_ = {};
  if (!handshake) return close("it does not speak BitTorrent");
  if (handshake->info_hash != setup_.info_hash) return close("it serves another torrent");
  peer_id_ = handshake->peer_id;
  if (peer_id_ == setup_.our_id) return close("it is ourselves");
  fast_ = handshake->fast;
  extended_ = handshake->extension_protocol;
  handshaken_ = true;
  if (const FileLayout* layout = host_.layout()) {
    decoder_.set_piece_count(layout->piece_count());
    pieces_ = Bitfield(layout->piece_count());
  } else {
    early_.emplace();
  }
  host_.on_handshaken(*this);
}

void PeerCore::handle(const WireEvent& event, const ChunkRef& chunk) {
  using Kind = WireEvent::Kind;
  switch (event.kind) {
    case Kind::kPieceBegin:
      return begin_block(event.block);
    case Kind::kPieceData:
      download_.add(event.data.size(), now_);
      if (incoming_ && incoming_->wanted) incoming_->slices.push_back({chunk, event.data});
      return;
    case Kind::kPieceEnd:
      return end_block();
    case Kind::kHave:
      return handle_have(event.block.piece);
    case Kind::kRequest:
      return handle_request(event.block);
    case Kind::kCancel:
      if (uploads_.take(event.block)) reject(event.block);
      return;
    case Kind::kChoke:
      return handle_choke();
    case Kind::kUnchoke:
      if (!is_choking_) return;
      is_choking_ = false;
      return host_.on_choke(*this);
    case Kind::kInterested:
    case Kind::kNotInterested: {
      said_interested_ = event.kind == Kind::kInterested;
      return follow_interest();
    }
    case Kind::kBitfield:
    case Kind::kHaveAll:
    case Kind::kHaveNone:
      return handle_pieces(event);
    case Kind::kRejectRequest:
      return handle_reject(event.block);
    case Kind::kAllowedFast:
      return handle_allowed_fast(event.block.piece);
    case Kind::kExtended:
      return handle_extended(event.extended_id, event.data);
    case Kind::kSuggestPiece:
      if (!fast_) return close(kNotFast, true);
      if (!early_ && event.block.piece < pieces_.size()) host_.on_suggested(*this, event.block.piece);
      return;
    case Kind::kUnknown:
      return on_uncalled_for();
    case Kind::kKeepAlive:
    case Kind::kPort:
      return;
  }
}

// Each change may mean choking and unchoking for others: what changes all the time is looked at now and then.
void PeerCore::follow_interest() {
  if (said_interested_ == is_interested_ || now_ < *interest_due()) return;
  interest_paid_ = std::max(interest_paid_, now_) + kInterestPause;
  is_interested_ = said_interested_;
  host_.on_interest(*this);
}

std::optional<base::SteadyTime> PeerCore::interest_due() const {
  if (said_interested_ == is_interested_) return std::nullopt;
  return interest_paid_ - kInterestBurst * kInterestPause;
}

void PeerCore::handle_pieces(const WireEvent& event) {
  using Kind = WireEvent::Kind;
  if (event.kind != Kind::kBitfield && !fast_) return close(kNotFast, true);
  // Some clients send a late bitfield; what was said by then counts for nothing.
  if (std::exchange(said_pieces_, true)) on_uncalled_for();
  if (closed_) return;
  if (early_) {
    early_->all = event.kind == Kind::kHaveAll;
    early_->bitfield.clear();
    if (event.kind == Kind::kBitfield) early_->bitfield.assign(event.data.begin(), event.data.end());
    return;
  }
  const Bitfield before = pieces_;
  if (event.kind == Kind::kBitfield) {
    auto pieces = Bitfield::from_wire(event.data, pieces_.size());
    if (!pieces) return close("its bitfield does not fit the torrent", true);
    pieces_ = std::move(*pieces);
  } else {
    pieces_ = Bitfield(pieces_.size(), event.kind == Kind::kHaveAll);
  }
  host_.on_pieces(*this, before);
}

void PeerCore::set_layout() {
  const FileLayout* layout = host_.layout();
  assert(layout != nullptr);
  if (!early_) return;
  const EarlyPieces early = std::move(*early_);
  early_.reset();
  decoder_.set_piece_count(layout->piece_count());
  // Until all of it is known to be good, the peer has nothing: what pieces() says is what the host has counted.
  const Bitfield none(layout->piece_count());
  pieces_ = none;
  Bitfield pieces(layout->piece_count(), early.all);
  if (!early.bitfield.empty()) {
    auto said = Bitfield::from_wire(early.bitfield, layout->piece_count());
    if (!said) return close("its bitfield does not fit the torrent", true);
    pieces = std::move(*said);
  }
  for (const std::uint32_t piece : early.haves) {
    if (piece >= pieces.size()) return close("it has a piece that does not exist", true);
    pieces.set(piece);
  }
  pieces_ = std::move(pieces);
  host_.on_pieces(*this, none);
  for (const std::uint32_t piece : early.allowed_fast) handle_allowed_fast(piece);
}

void PeerCore::handle_have(std::uint32_t piece) {
  said_pieces_ = true;
  if (early_) {
    if (early_->haves.size() < kMaxEarlyHaves) early_->haves.push_back(piece);
    return;
  }
  if (piece >= pieces_.size()) return close("it has a piece that does not exist", true);
  if (pieces_.set(piece)) host_.on_have(*this, piece);
}

void PeerCore::handle_choke() {
  if (is_choking_) return;
  is_choking_ = true;
  window_.on_choked();
  // With the fast extension each request is still answered, by its data or a reject.
  if (!fast_) {
    const RequestQueue dropped = requests_;
    drop_requests();
    // Some are answered all the same.
    cancelled_ = dropped;
  }
  host_.on_choke(*this);
}

void PeerCore::drop_requests() {
  cancelled_ = {};
  forget_taken_back();
  for (const auto& entry : requests_.take_all()) host_.on_unanswered(*this, entry.block);
}

void PeerCore::handle_request(const BlockRef& block) {
  const FileLayout* layout = host_.layout();
  if (layout == nullptr || block.length > kMaxRequestLength ||
      !layout->contains(block.piece, block.offset, block.length)) {
    return close("it asked for what does not exist", true);
  }
  if (uploads_.size() >= kMaxUploads || (am_choking_ && !may_ask_choked(block))) return reject(block);
  uploads_.push(block, now_);
  host_.on_request(*this);
}

bool PeerCore::is_allowed_fast(std::uint32_t piece) const {
  return std::any_of(grants_.begin(), grants_.end(), [piece](const Grant& grant) { return grant.piece == piece; });
}

// What it was allowed is for its start: not when it has enough to trade with, and nothing twice.
bool PeerCore::may_ask_choked(const BlockRef& block) {
  if (pieces_.count() > kMostAllowedFast) return false;
  const auto grant =
      std::find_if(grants_.begin(), grants_.end(), [&](const Grant& g) { return g.piece == block.piece; });
  if (grant == grants_.end() || host_.layout()->piece_size(block.piece) - grant->asked_bytes < block.length)
    return false;
  grant->asked_bytes += block.length;
  return true;
}

void PeerCore::reject(const BlockRef& block) {
  if (!fast_) return;
  if (output_.size() > kMaxUnread) return close("it asks without end and does not read", true);
  send(encode_block(WireId::kRejectRequest, block));
}

void PeerCore::handle_reject(const BlockRef& block) {
  if (!fast_) return close(kNotFast, true);
  // Allowed or not, asking again would get the same answer.
  if (is_choking_ && block.piece < allowed_fast_.size()) allowed_fast_.reset(block.piece);
  if (cancelled_.take(block)) return;
  if (taken_back_.take(block)) return host_.on_taken_back(*this, block);
  if (!requests_.take(block)) return on_uncalled_for();
  if (!is_choking_) window_.on_refused(requests_.size(), now_);
  host_.on_unanswered(*this, block);
}

void PeerCore::on_uncalled_for() {
  if (++uncalled_for_ > kMostUncalledFor) close("too much of what it says is of no use", true);
}

void PeerCore::handle_allowed_fast(std::uint32_t piece) {
  if (!fast_) return close(kNotFast, true);
  if (early_) {
    if (early_->allowed_fast.size() < kMaxEarlyAllowed) early_->allowed_fast.push_back(piece);
    return;
  }
  if (piece >= pieces_.size()) return;
  if (allowed_fast_.size() == 0) allowed_fast_ = Bitfield(pieces_.size());
  if (allowed_fast_.set(piece)) host_.on_allowed_fast(*this, piece);
}

void PeerCore::begin_block(const BlockRef& block) {
  incoming_.emplace();
  incoming_->block = block;
  if (const auto sent = requests_.take(block)) {
    incoming_->asked = true;
    incoming_->pending = true;
    incoming_->sent = *sent;
    drop_overtaken(*sent);
  } else if (taken_back_.take(block)) {
    incoming_->pending = true;
  } else if (!cancelled_.take(block)) {
    return on_uncalled_for();
  }
  incoming_->wanted = host_.is_wanted(block);
}

// Without the fast extension a peer that takes no more requests drops them in silence.
void PeerCore::drop_overtaken(base::SteadyTime sent) {
  while (!fast_ && !requests_.empty() && requests_.front().at + kOvertaken < sent) {
    const BlockRef block = requests_.front().block;
    take_back(block);
    window_.on_refused(requests_.size(), now_);
  }
}

void PeerCore::give_up_incoming() {
  if (incoming_ && std::exchange(incoming_->pending, false)) host_.on_taken_back(*this, incoming_->block);
}

void PeerCore::end_block() {
  IncomingBlock done = std::move(*incoming_);
  incoming_.reset();
  progress_ = now_;
  snubbing_ = false;
  if (done.asked) window_.on_block(done.block.length, now_ - done.sent, now_);
  host_.on_block(*this, done.block, std::move(done.slices));
}

// ---- sending ----

void PeerCore::introduce(const Introduction& introduction) {
  if (introduction.have == nullptr || introduction.have->none()) {
    if (fast_) send(encode_plain(WireId::kHaveNone));
  } else if (fast_ && introduction.have->all()) {
    send(encode_plain(WireId::kHaveAll));
  } else {
    base::Bytes message;
    append_bitfield(message, *introduction.have);
    output_.append(message);
  }
  if (extended_) send_extensions(introduction.extensions);
}

void PeerCore::send_interested(bool interested) {
  if (interested == am_interested_) return;
  am_interested_ = interested;
  send(encode_plain(interested ? WireId::kInterested : WireId::kNotInterested));
}

void PeerCore::send_choke(bool choke, base::SteadyTime now) {
  if (choke == am_choking_) return;
  am_choking_ = choke;
  if (choke) {
    choked_at_ = now;
    send(encode_plain(WireId::kChoke));
    reject_uploads();
  } else {
    unchoked_at_ = now;
    sent_before_unchoke_ = upload_.total();
    send(encode_plain(WireId::kUnchoke));
  }
}

void PeerCore::reject_uploads() {
  for (const auto& entry : uploads_.take_all()) {
    if (fast_ && may_ask_choked(entry.block)) {
      uploads_.push(entry.block, entry.at);
    } else {
      reject(entry.block);
    }
  }
}

void PeerCore::send_have(std::uint32_t piece) {
  send(encode_index(WireId::kHave, piece));
}

void PeerCore::send_allowed_fast(std::uint32_t piece) {
  if (!fast_ || is_allowed_fast(piece)) return;
  grants_.push_back({piece, 0});
  send(encode_index(WireId::kAllowedFast, piece));
}

void PeerCore::send_request(const BlockRef& block, base::SteadyTime now) {
  if (!is_awaited()) progress_ = now;
  requests_.push(block, now);
  send(encode_block(WireId::kRequest, block));
}

void PeerCore::send_cancel(const BlockRef& block) {
  if (!requests_.take(block)) return;
  if (cancelled_.size() >= kMaxCancelled) cancelled_ = {};
  cancelled_.push(block, now_);
  send(encode_block(WireId::kCancel, block));
}

void PeerCore::take_back(const BlockRef& block) {
  if (!fast_) {
    send_cancel(block);
    return host_.on_taken_back(*this, block);
  }
  if (!requests_.take(block)) return;
  taken_back_.push(block, now_);
  send(encode_block(WireId::kCancel, block));
}

void PeerCore::forget_taken_back() {
  for (const auto& entry : taken_back_.take_all()) {
    if (cancelled_.size() < kMaxCancelled) cancelled_.push(entry.block, now_);
    host_.on_taken_back(*this, entry.block);
  }
}

void PeerCore::answer(const BlockRef& block, std::vector<Slice> data) {
  if (!uploads_.take(block)) return;
  send(encode_piece_header(block));
  for (Slice& slice : data) output_.append(std::move(slice));
}

void PeerCore::refuse(const BlockRef& block) {
  if (uploads_.take(block)) reject(block);
}

void PeerCore::on_sent(std::size_t payload, base::SteadyTime now) {
  spoke_ = now;
  if (payload > 0) upload_.add(payload, now);
}

std::size_t PeerCore::request_room(base::SteadyTime now) const {
  const std::size_t depth = window_.depth(now);
  return requests_.size() >= depth ? 0 : depth - requests_.size();
}

// ---- time ----

void PeerCore::on_time(base::SteadyTime now) {
  now_ = now;
  if (!handshaken_) {
    if (now >= started_ + kHandshakeTimeout) close("it sent no handshake in time");
    return;
  }
  if (now >= heard_ + kSilence) return close("it fell silent");
  if (now >= spoke_ + kKeepAlive && output_.empty()) {
    send(encode_keep_alive());
    spoke_ = now;
  }
  follow_interest();
  if (!taken_back_.empty() && now >= taken_back_.front().at + kTakeBack) forget_taken_back();
  if (is_awaited() && !snubbing_ && now >= progress_ + kSnubAfter) {
    snubbing_ = true;
    window_.on_snubbed();
    host_.on_snubbed(*this);
  }
}

base::SteadyTime PeerCore::deadline() const {
  if (!handshaken_) return started_ + kHandshakeTimeout;
  base::SteadyTime at = std::min(heard_ + kSilence, spoke_ + kKeepAlive);
  if (!taken_back_.empty()) at = std::min(at, taken_back_.front().at + kTakeBack);
  if (is_awaited() && !snubbing_) at = std::min(at, progress_ + kSnubAfter);
  if (const auto due = interest_due()) at = std::min(at, *due);
  return at;
}

void PeerCore::close(std::string reason, bool pointless) {
  if (closed_) return;
  closed_ = true;
  pointless_ = pointless;
  close_reason_ = std::move(reason);
}

}  // namespace podswarm::engine
