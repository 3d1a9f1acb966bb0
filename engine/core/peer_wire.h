// The peer wire protocol (BEP 3, fast extension BEP 6, the envelope of BEP 10): handshake, outgoing messages, and an
// incremental decoder over received bytes. Sans-IO; one object belongs to one connection and thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/bitfield.h"
#include "engine/core/digest.h"

namespace podswarm::engine {

inline constexpr std::uint32_t kBlockSize = 16 * 1024;          // what is asked for at once
inline constexpr std::uint32_t kMaxRequestLength = 128 * 1024;  // what may be asked for or come
inline constexpr std::uint32_t kMaxPieceCount = 1u << 21;
inline constexpr std::uint32_t kMaxExtendedLength = 1024 * 1024;  // of a BEP 10 message, its two id bytes included

using PeerId = std::array<std::uint8_t, 20>;

enum class WireError {
  kNotBitTorrent,  // the handshake names another protocol
  kTooLong,        // a message longer than its kind may be
  kBadLength,      // a message of a fixed length with another
};

// ---- handshake ----

inline constexpr std::size_t kHandshakeSize = 68;

struct Handshake {
  InfoHash info_hash{};
  PeerId peer_id{};
  bool extension_protocol = true;  // BEP 10
  bool fast = true;                // BEP 6
  bool dht = false;                // BEP 5
  bool v2 = false;                 // BEP 52: may be upgraded to v2

  friend bool operator==(const Handshake&, const Handshake&) = default;
};

[[nodiscard]] std::array<std::uint8_t, kHandshakeSize> encode_handshake(const Handshake& handshake);
// `bytes` holds at least kHandshakeSize bytes; the first ones are read. Unknown reserved bits are ignored.
[[nodiscard]] base::Result<Handshake, WireError> decode_handshake(base::ByteView bytes);
// Whether what came so far (any length) can still become a handshake: junk is told before 68 bytes came.
[[nodiscard]] bool may_be_handshake(base::ByteView bytes);
// The info-hash is complete after 48 bytes; the acceptor answers then (some peers send their id only afterwards).
inline constexpr std::size_t kHandshakeInfoHashEnd = 48;

// ---- messages ----

enum class WireId : std::uint8_t {
  kChoke = 0,
  kUnchoke = 1,
  kInterested = 2,
  kNotInterested = 3,
  kHave = 4,
  kBitfield = 5,
  kRequest = 6,
  kPiece = 7,
  kCancel = 8,
  kPort = 9,
  kSuggestPiece = 13,
  kHaveAll = 14,
  kHaveNone = 15,
  kRejectRequest = 16,
  kAllowedFast = 17,
  kExtended = 20,
};

// A block, as request, cancel and reject name it.
struct BlockRef {
  std::uint32_t piece = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  friend bool operator==(const BlockRef&, const BlockRef&) = default;
};

// Encoders into an array of the message's exact size, for sending without allocation.
[[nodiscard]] std::array<std::uint8_t, 4> encode_keep_alive();
// choke, unchoke, interested, not interested, have all, have none.
[[nodiscard]] std::array<std::uint8_t, 5> encode_plain(WireId id);
// have, suggest piece, allowed fast.
[[nodiscard]] std::array<std::uint8_t, 9> encode_index(WireId id, std::uint32_t piece);
// request, cancel, reject request.
[[nodiscard]] std::array<std::uint8_t, 17> encode_block(WireId id, const BlockRef& block);
// What stands before the block's data.
inline constexpr std::size_t kPieceHeaderSize = 13;
[[nodiscard]] std::array<std::uint8_t, kPieceHeaderSize> encode_piece_header(const BlockRef& block);
[[nodiscard]] std::array<std::uint8_t, 7> encode_port(std::uint16_t port);

// Encoders that append.
void append_bitfield(base::Bytes& out, const Bitfield& pieces);
// `extended_id` is the receiver's id for the message (0: the extension handshake).
void append_extended(base::Bytes& out, std::uint8_t extended_id, base::ByteView payload);
template <std::size_t N>
void append(base::Bytes& out, const std::array<std::uint8_t, N>& message) {
  out.insert(out.end(), message.begin(), message.end());
}

// ---- decoder ----

// One thing that the peer said. Which fields mean something depends on `kind`.
struct WireEvent {
  enum class Kind : std::uint8_t {
    kKeepAlive,
    kChoke,
    kUnchoke,
    kInterested,
    kNotInterested,
    kHave,          // block.piece
    kBitfield,      // data
    kRequest,       // block
    kPieceBegin,    // block; data follows in kPieceData events, none for an empty block
    kPieceData,     // data: the next bytes of the block, in place; block as at the begin; data_offset
    kPieceEnd,      // block; the last kPieceData was the last
    kCancel,        // block
    kPort,          // port
    kSuggestPiece,  // block.piece
    kHaveAll,
    kHaveNone,
    kRejectRequest,  // block
    kAllowedFast,    // block.piece
    kExtended,       // extended_id, data
    kUnknown,        // unknown_id: to be ignored; its payload is skipped
  };
  Kind kind = Kind::kKeepAlive;
  std::uint8_t extended_id = 0;
  std::uint8_t unknown_id = 0;
  std::uint16_t port = 0;
  BlockRef block{};
  std::uint32_t data_offset = 0;  // of kPieceData: bytes of the block that came before `data`
  base::ByteView data{};          // into the input or the decoder; valid until the next call of next()
};

// Cuts the byte stream after the handshake into events. Feed it what was received:
//
//   while (decoder.next(input, event) == WireDecoder::Step::kEvent) handle(event);
//
// A piece's payload is reported where it lies in the input, in as many parts as reads, and is never copied. Another
// message that lies whole in the input is reported in place too; only one that straddles two reads is collected.
class WireDecoder {
 public:
  enum class Step {
    kEvent,     // `event` is filled; call again
    kNeedMore,  // `input` is used up (empty)
    kError,     // the stream is broken for good: see error()
  };

  // Before the metadata is known, a bitfield may be as long as the largest torrent's.
  void set_piece_count(std::uint32_t pieces) { max_bitfield_ = (pieces + 7) / 8; }

  // Takes bytes off the front of `input`.
  [[nodiscard]] Step next(base::ByteView& input, WireEvent& event);

  // Of the step kError.
  [[nodiscard]] WireError error() const { return error_; }
  // True between two messages.
  [[nodiscard]] bool at_boundary() const { return state_ == State::kMessage && (pending_.empty() || clear_pending_); }

 private:
  enum class State : std::uint8_t { kMessage, kPieceData, kSkip, kBroken };

  // Nothing: look at the state again.
  std::optional<Step> next_message(base::ByteView& input, WireEvent& event);
  // The next `count` bytes of the message in one row, not yet consumed: in the input, or collected; null until they
  // came.
  const std::uint8_t* front(base::ByteView& input, std::size_t count);
  void consume(base::ByteView& input, std::size_t count);
  void release();
  Step broken(WireError error);

  State state_ = State::kMessage;
  WireError error_ = WireError::kTooLong;
  bool clear_pending_ = false;  // the last message lay in pending_
  std::uint32_t left_ = 0;      // of a piece's data or of what is skipped
  std::uint32_t max_bitfield_ = kMaxPieceCount / 8 + 1;
  BlockRef block_;
  base::Bytes pending_;
};

// The set of pieces that may be fetched while choked (BEP 6), for an IPv4 peer. At most `count`, in BEP 6's order; all
// of them where the torrent has fewer.
[[nodiscard]] std::vector<std::uint32_t> allowed_fast_set(const std::array<std::uint8_t, 4>& peer_address,
                                                          const InfoHash& info_hash, std::uint32_t piece_count,
                                                          std::size_t count);

}  // namespace podswarm::engine
