#include "engine/core/peer_wire.h"

#include <algorithm>
#include <cassert>

namespace podswarm::engine {

namespace {

constexpr std::string_view kProtocol =
    "\x13"
    "BitTorrent protocol";

// Reserved bits: byte of the eight, and mask in it.
constexpr std::size_t kReserved = 20;
constexpr std::size_t kExtensionByte = kReserved + 5;
constexpr std::size_t kFlagsByte = kReserved + 7;
constexpr std::uint8_t kExtensionBit = 0x10;
constexpr std::uint8_t kDhtBit = 0x01;
constexpr std::uint8_t kFastBit = 0x04;
constexpr std::uint8_t kV2Bit = 0x10;

template <std::size_t N>
std::array<std::uint8_t, N> message(WireId id) {
  std::array<std::uint8_t, N> out{};
  base::store_be32(out.data(), N - 4);
  out[4] = static_cast<std::uint8_t>(id);
  return out;
}

void append_header(base::Bytes& out, WireId id, std::size_t payload) {
  std::array<std::uint8_t, 5> header{};
  base::store_be32(header.data(), static_cast<std::uint32_t>(payload + 1));
  header[4] = static_cast<std::uint8_t>(id);
  out.insert(out.end(), header.begin(), header.end());
}

}  // namespace

std::array<std::uint8_t, kHandshakeSize> encode_handshake(const Handshake& handshake) {
  std::array<std::uint8_t, kHandshakeSize> out{};
  std::copy(kProtocol.begin(), kProtocol.end(), out.begin());
  if (handshake.extension_protocol) out[kExtensionByte] |= kExtensionBit;
  if (handshake.dht) out[kFlagsByte] |= kDhtBit;
  if (handshake.fast) out[kFlagsByte] |= kFastBit;
  if (handshake.v2) out[kFlagsByte] |= kV2Bit;
  std::copy(handshake.info_hash.begin(), handshake.info_hash.end(), out.begin() + 28);
  std::copy(handshake.peer_id.begin(), handshake.peer_id.end(), out.begin() + 48);
  return out;
}

base::Result<Handshake, WireError> decode_handshake(base::ByteView bytes) {
  assert(bytes.size() >= kHandshakeSize);
  if (!may_be_handshake(bytes)) return base::fail(WireError::kNotBitTorrent, "the peer speaks another protocol");
  Handshake handshake;
  handshake.extension_protocol = (bytes[kExtensionByte] & kExtensionBit) != 0;
  handshake.dht = (bytes[kFlagsByte] & kDhtBit) != 0;
  handshake.fast = (bytes[kFlagsByte] & kFastBit) != 0;
  handshake.v2 = (bytes[kFlagsByte] & kV2Bit) != 0;
  std::copy_n(bytes.begin() + 28, handshake.info_hash.size(), handshake.info_hash.begin());
  std::copy_n(bytes.begin() + 48, handshake.peer_id.size(), handshake.peer_id.begin());
  return handshake;
}

bool may_be_handshake(base::ByteView bytes) {
  const std::string_view text = base::as_text(bytes).substr(0, kProtocol.size());
  return kProtocol.substr(0, text.size()) == text;
}

std::array<std::uint8_t, 4> encode_keep_alive() {
  return {};
}

std::array<std::uint8_t, 5> encode_plain(WireId id) {
  return message<5>(id);
}

std::array<std::uint8_t, 9> encode_index(WireId id, std::uint32_t piece) {
  auto out = message<9>(id);
  base::store_be32(out.data() + 5, piece);
  return out;
}

std::array<std::uint8_t, 17> encode_block(WireId id, const BlockRef& block) {
  auto out = message<17>(id);
  base::store_be32(out.data() + 5, block.piece);
  base::store_be32(out.data() + 9, block.offset);
  base::store_be32(out.data() + 13, block.length);
  return out;
}

std::array<std::uint8_t, kPieceHeaderSize> encode_piece_header(const BlockRef& block) {
  auto out = message<kPieceHeaderSize>(WireId::kPiece);
  base::store_be32(out.data(), block.length + 9);
  base::store_be32(out.data() + 5, block.piece);
  base::store_be32(out.data() + 9, block.offset);
  return out;
}

std::array<std::uint8_t, 7> encode_port(std::uint16_t port) {
  auto out = message<7>(WireId::kPort);
  base::store_be16(out.data() + 5, port);
  return out;
}

void append_bitfield(base::Bytes& out, const Bitfield& pieces) {
  append_header(out, WireId::kBitfield, pieces.bytes().size());
  out.insert(out.end(), pieces.bytes().begin(), pieces.bytes().end());
}

void append_extended(base::Bytes& out, std::uint8_t extended_id, base::ByteView payload) {
  append_header(out, WireId::kExtended, payload.size() + 1);
  out.push_back(extended_id);
  out.insert(out.end(), payload.begin(), payload.end());
}

}  // namespace podswarm::engine
