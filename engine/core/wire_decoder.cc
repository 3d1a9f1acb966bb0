#include <algorithm>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

namespace {

using Kind = WireEvent::Kind;

// A collected message above this size gives its memory back: idle peers cost no buffer.
constexpr std::size_t kKeptCapacity = 256;

// Length of the messages that have a fixed one, id included; 0 for the others.
std::uint32_t fixed_length(WireId id) {
  switch (id) {
    case WireId::kChoke:
    case WireId::kUnchoke:
    case WireId::kInterested:
    case WireId::kNotInterested:
    case WireId::kHaveAll:
    case WireId::kHaveNone:
      return 1;
    case WireId::kPort:
      return 3;
    case WireId::kHave:
    case WireId::kSuggestPiece:
    case WireId::kAllowedFast:
      return 5;
    case WireId::kRequest:
    case WireId::kCancel:
    case WireId::kRejectRequest:
      return 13;
    default:
      return 0;
  }
}

bool is_known(std::uint8_t id) {
  return id <= static_cast<std::uint8_t>(WireId::kPort) ||
         (id >= static_cast<std::uint8_t>(WireId::kSuggestPiece) &&
          id <= static_cast<std::uint8_t>(WireId::kAllowedFast)) ||
         id == static_cast<std::uint8_t>(WireId::kExtended);
}

Kind kind_of(WireId id) {
  switch (id) {
    case WireId::kChoke:
      return Kind::kChoke;
    case WireId::kUnchoke:
      return Kind::kUnchoke;
    case WireId::kInterested:
      return Kind::kInterested;
    case WireId::kNotInterested:
      return Kind::kNotInterested;
    case WireId::kHave:
      return Kind::kHave;
    case WireId::kBitfield:
      return Kind::kBitfield;
    case WireId::kRequest:
      return Kind::kRequest;
    case WireId::kPiece:
      return Kind::kPieceBegin;
    case WireId::kCancel:
      return Kind::kCancel;
    case WireId::kPort:
      return Kind::kPort;
    case WireId::kSuggestPiece:
      return Kind::kSuggestPiece;
    case WireId::kHaveAll:
      return Kind::kHaveAll;
    case WireId::kHaveNone:
      return Kind::kHaveNone;
    case WireId::kRejectRequest:
      return Kind::kRejectRequest;
    case WireId::kAllowedFast:
      return Kind::kAllowedFast;
    case WireId::kExtended:
      return Kind::kExtended;
  }
  return Kind::kUnknown;
}

}  // namespace

WireDecoder::Step WireDecoder::broken(WireError error) {
  state_ = State::kBroken;
  error_ = error;
  return Step::kError;
}

const std::uint8_t* WireDecoder::front(base::ByteView& input, std::size_t count) {
  if (pending_.empty() && input.size() >= count) return input.data();
  if (pending_.size() < count) {
    const std::size_t taken = std::min(count - pending_.size(), input.size());
    pending_.insert(pending_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(taken));
    input = input.subspan(taken);
  }
  return pending_.size() >= count ? pending_.data() : nullptr;
}

void WireDecoder::consume(base::ByteView& input, std::size_t count) {
  if (pending_.empty()) {
    input = input.subspan(count);
  } else {
    clear_pending_ = true;  // later: the event may show a part of it
  }
}

void WireDecoder::release() {
  clear_pending_ = false;
  if (pending_.capacity() > kKeptCapacity) {
    pending_ = {};
  } else {
    pending_.clear();
  }
}

WireDecoder::Step WireDecoder::next(base::ByteView& input, WireEvent& event) {
  for (;;) {
    if (clear_pending_) release();
    switch (state_) {
      case State::kMessage:
        if (const auto step = next_message(input, event)) return *step;
        break;
      case State::kPieceData: {
        if (left_ == 0) {
          state_ = State::kMessage;
          event = {.kind = Kind::kPieceEnd, .block = block_};
          return Step::kEvent;
        }
        if (input.empty()) return Step::kNeedMore;
        const auto part = input.first(std::min<std::size_t>(left_, input.size()));
        input = input.subspan(part.size());
        event = {.kind = Kind::kPieceData, .block = block_, .data_offset = block_.length - left_, .data = part};
        left_ -= static_cast<std::uint32_t>(part.size());
        return Step::kEvent;
      }
      case State::kSkip: {
        const std::size_t taken = std::min<std::size_t>(left_, input.size());
        input = input.subspan(taken);
        left_ -= static_cast<std::uint32_t>(taken);
        if (left_ != 0) return Step::kNeedMore;
        state_ = State::kMessage;
        break;
      }
      case State::kBroken:
        return Step::kError;
    }
  }
}

std::optional<WireDecoder::Step> WireDecoder::next_message(base::ByteView& input, WireEvent& event) {
  const std::uint8_t* p = front(input, 4);
  if (p == nullptr) return Step::kNeedMore;
  const std::uint32_t length = base::load_be32(p);
  if (length == 0) {
    consume(input, 4);
    event = {.kind = Kind::kKeepAlive};
    return Step::kEvent;
  }
  p = front(input, 5);
  if (p == nullptr) return Step::kNeedMore;
  const std::uint8_t raw_id = p[4];
  if (!is_known(raw_id)) {
    if (length > kMaxExtendedLength) return broken(WireError::kTooLong);
    consume(input, 5);
    left_ = length - 1;
    state_ = State::kSkip;
    event = {.kind = Kind::kUnknown, .unknown_id = raw_id};
    return Step::kEvent;
  }
  const auto id = static_cast<WireId>(raw_id);
  const std::uint32_t fixed = fixed_length(id);
  if (fixed != 0 && length != fixed) return broken(WireError::kBadLength);
  if (id == WireId::kPiece) {
    if (length < 9) return broken(WireError::kBadLength);
    if (length - 9 > kMaxRequestLength) return broken(WireError::kTooLong);
    p = front(input, kPieceHeaderSize);
    if (p == nullptr) return Step::kNeedMore;
    block_ = {base::load_be32(p + 5), base::load_be32(p + 9), length - 9};
    consume(input, kPieceHeaderSize);
    left_ = block_.length;
    state_ = State::kPieceData;
    event = {.kind = Kind::kPieceBegin, .block = block_};
    return Step::kEvent;
  }
  if (id == WireId::kBitfield && length - 1 > max_bitfield_) return broken(WireError::kTooLong);
  if (id == WireId::kExtended) {
    if (length < 2) return broken(WireError::kBadLength);
    if (length > kMaxExtendedLength) return broken(WireError::kTooLong);
  }

  p = front(input, std::size_t{4} + length);
  if (p == nullptr) return Step::kNeedMore;
  const base::ByteView body(p + 5, length - 1);
  event = {.kind = kind_of(id)};
  if (fixed == 3) event.port = base::load_be16(body.data());
  if (fixed >= 5) event.block.piece = base::load_be32(body.data());
  if (fixed == 13) {
    event.block.offset = base::load_be32(body.data() + 4);
    event.block.length = base::load_be32(body.data() + 8);
  }
  if (id == WireId::kBitfield) event.data = body;
  if (id == WireId::kExtended) {
    event.extended_id = body[0];
    event.data = body.subspan(1);
  }
  consume(input, std::size_t{4} + length);
  return Step::kEvent;
}

}  // namespace podswarm::engine
