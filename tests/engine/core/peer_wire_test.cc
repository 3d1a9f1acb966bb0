#include "engine/core/peer_wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace podswarm::engine {
namespace {

using Kind = WireEvent::Kind;
using Step = WireDecoder::Step;

// An event with its data copied, a piece's parts joined.
struct Seen {
  Kind kind = Kind::kKeepAlive;
  int number = 0;  // port or id
  BlockRef block;
  base::Bytes data;

  friend bool operator==(const Seen&, const Seen&) = default;
};

// Runs the stream through a decoder in reads of `chunk` bytes.
std::vector<Seen> decode(WireDecoder& decoder, base::ByteView stream, std::size_t chunk, bool& failed) {
  std::vector<Seen> seen;
  failed = false;
  while (!stream.empty()) {
    // A copy of its own, so that a view that outlives its read is found by AddressSanitizer.
    const base::Bytes part(stream.begin(),
                           stream.begin() + static_cast<std::ptrdiff_t>(std::min(chunk, stream.size())));
    stream = stream.subspan(part.size());
    base::ByteView input = part;
    WireEvent event;
    Step step = Step::kEvent;
    while ((step = decoder.next(input, event)) == Step::kEvent) {
      if (event.kind == Kind::kPieceData) {
        EXPECT_EQ(event.data_offset, seen.back().data.size());
        EXPECT_EQ(event.block, seen.back().block);
        EXPECT_FALSE(event.data.empty());
        EXPECT_TRUE(event.data.data() >= part.data() && event.data.data() < part.data() + part.size()) << "in place";
        seen.back().data.insert(seen.back().data.end(), event.data.begin(), event.data.end());
        continue;
      }
      seen.push_back({event.kind, event.port + event.extended_id + event.unknown_id, event.block,
                      base::Bytes(event.data.begin(), event.data.end())});
    }
    if (step == Step::kError) {
      failed = true;
      return seen;
    }
    EXPECT_TRUE(input.empty());
  }
  return seen;
}

base::Bytes sample_stream(std::vector<Seen>& expected) {
  base::Bytes out;
  const auto plain = [&](WireId id, Kind kind) {
    append(out, encode_plain(id));
    expected.push_back({kind, 0, {}, {}});
  };
  Bitfield pieces(20);
  pieces.set(3);
  append_bitfield(out, pieces);
  expected.push_back({Kind::kBitfield, 0, {}, {0x10, 0, 0}});
  append_extended(out, 0, base::as_bytes("d1:md1:xi1eee"));
  const auto extended = base::as_bytes("d1:md1:xi1eee");
  expected.push_back({Kind::kExtended, 0, {}, {extended.begin(), extended.end()}});
  plain(WireId::kChoke, Kind::kChoke);
  plain(WireId::kUnchoke, Kind::kUnchoke);
  append(out, encode_keep_alive());
  expected.push_back({Kind::kKeepAlive, 0, {}, {}});
  plain(WireId::kInterested, Kind::kInterested);
  plain(WireId::kNotInterested, Kind::kNotInterested);
  append(out, encode_index(WireId::kHave, 0x01020304));
  expected.push_back({Kind::kHave, 0, {0x01020304, 0, 0}, {}});
  const BlockRef block{7, 16384, 40};
  append(out, encode_block(WireId::kRequest, block));
  expected.push_back({Kind::kRequest, 0, block, {}});
  base::Bytes payload(block.length);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(i);
  append(out, encode_piece_header(block));
  out.insert(out.end(), payload.begin(), payload.end());
  expected.push_back({Kind::kPieceBegin, 0, block, payload});
  expected.push_back({Kind::kPieceEnd, 0, block, {}});
  append(out, encode_piece_header({1, 2, 0}));
  expected.push_back({Kind::kPieceBegin, 0, {1, 2, 0}, {}});
  expected.push_back({Kind::kPieceEnd, 0, {1, 2, 0}, {}});
  append(out, encode_block(WireId::kCancel, block));
  expected.push_back({Kind::kCancel, 0, block, {}});
  append(out, encode_port(51413));
  expected.push_back({Kind::kPort, 51413, {}, {}});
  append(out, encode_index(WireId::kSuggestPiece, 5));
  expected.push_back({Kind::kSuggestPiece, 0, {5, 0, 0}, {}});
  plain(WireId::kHaveAll, Kind::kHaveAll);
  plain(WireId::kHaveNone, Kind::kHaveNone);
  append(out, encode_block(WireId::kRejectRequest, block));
  expected.push_back({Kind::kRejectRequest, 0, block, {}});
  append(out, encode_index(WireId::kAllowedFast, 6));
  expected.push_back({Kind::kAllowedFast, 0, {6, 0, 0}, {}});
  const base::Bytes unknown{0, 0, 0, 4, 21, 1, 2, 3};
  out.insert(out.end(), unknown.begin(), unknown.end());
  expected.push_back({Kind::kUnknown, 21, {}, {}});
  append_extended(out, 9, {});
  expected.push_back({Kind::kExtended, 9, {}, {}});
  return out;
}

TEST(WireDecoder, ReadsEveryMessageHoweverTheStreamIsCut) {
  std::vector<Seen> expected;
  const base::Bytes stream = sample_stream(expected);
  for (std::size_t chunk = 1; chunk <= stream.size(); ++chunk) {
    WireDecoder decoder;
    bool failed = false;
    EXPECT_EQ(decode(decoder, stream, chunk, failed), expected) << chunk;
    EXPECT_FALSE(failed);
    EXPECT_TRUE(decoder.at_boundary());
  }
}

TEST(WireDecoder, ATruncatedStreamIsAPrefixOfTheEvents) {
  std::vector<Seen> expected;
  const base::Bytes stream = sample_stream(expected);
  for (std::size_t n = 0; n < stream.size(); ++n) {
    WireDecoder decoder;
    bool failed = false;
    auto seen = decode(decoder, base::ByteView(stream).first(n), stream.size(), failed);
    EXPECT_FALSE(failed);
    ASSERT_LE(seen.size(), expected.size());
    if (!seen.empty()) seen.back().data = expected[seen.size() - 1].data;  // a block may be incomplete
    EXPECT_TRUE(std::equal(seen.begin(), seen.end(), expected.begin())) << n;
  }
}

WireError error_of(const base::Bytes& stream, std::uint32_t piece_count = 0) {
  WireDecoder decoder;
  if (piece_count != 0) decoder.set_piece_count(piece_count);
  bool failed = false;
  (void)decode(decoder, stream, stream.size(), failed);
  EXPECT_TRUE(failed);
  base::ByteView more = stream;
  WireEvent event;
  EXPECT_EQ(decoder.next(more, event), Step::kError) << "stays broken";
  return decoder.error();
}

TEST(WireDecoder, RefusesWrongLengths) {
  for (const std::uint8_t id : base::Bytes{0, 1, 2, 3, 4, 6, 8, 9, 13, 14, 15, 16, 17}) {
    EXPECT_EQ(error_of({0, 0, 0, 2, id}), WireError::kBadLength) << int{id};
    EXPECT_EQ(error_of({0, 0, 0, 14, id}), WireError::kBadLength) << int{id};
  }
  EXPECT_EQ(error_of({0, 0, 0, 8, 7}), WireError::kBadLength);
  EXPECT_EQ(error_of({0, 0, 0, 1, 20}), WireError::kBadLength);
}

TEST(WireDecoder, RefusesWhatIsTooLongBeforeItComes) {
  base::Bytes piece{0, 0, 0, 0, 7};
  base::store_be32(piece.data(), kMaxRequestLength + 9 + 1);
  EXPECT_EQ(error_of(piece), WireError::kTooLong);
  EXPECT_EQ(error_of({0xFF, 0xFF, 0xFF, 0xFF, 7}), WireError::kTooLong);
  EXPECT_EQ(error_of({0xFF, 0xFF, 0xFF, 0xFF, 20}), WireError::kTooLong);
  EXPECT_EQ(error_of({0xFF, 0xFF, 0xFF, 0xFF, 99}), WireError::kTooLong);
  EXPECT_EQ(error_of({0, 0, 0, 4, 5}, 16), WireError::kTooLong);
  base::Bytes bitfield{0, 0, 0, 0, 5};
  base::store_be32(bitfield.data(), kMaxPieceCount / 8 + 3);
  EXPECT_EQ(error_of(bitfield), WireError::kTooLong);
}

TEST(WireDecoder, ALargestBlockPasses) {
  const BlockRef block{0, 0, kMaxRequestLength};
  base::Bytes stream;
  append(stream, encode_piece_header(block));
  stream.resize(stream.size() + block.length, 0x55);
  WireDecoder decoder;
  bool failed = false;
  const auto seen = decode(decoder, stream, 5000, failed);
  EXPECT_FALSE(failed);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].data.size(), block.length);
}

TEST(Handshake, RoundTripsAndKnowsJunkEarly) {
  Handshake handshake;
  handshake.info_hash.fill(0xAB);
  handshake.peer_id.fill('p');
  handshake.dht = true;
  const auto bytes = encode_handshake(handshake);
  const auto back = decode_handshake(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, handshake);
  for (std::size_t n = 0; n <= bytes.size(); ++n) EXPECT_TRUE(may_be_handshake(base::ByteView(bytes).first(n)));
  EXPECT_FALSE(may_be_handshake(base::as_bytes("GET / HTTP/1.1")));
  auto other = bytes;
  other[5] = 'X';
  EXPECT_FALSE(decode_handshake(other));
  auto plain = bytes;
  std::fill(plain.begin() + 20, plain.begin() + 28, std::uint8_t{0});
  ASSERT_TRUE(decode_handshake(plain));
  EXPECT_FALSE(decode_handshake(plain)->fast);
  EXPECT_FALSE(decode_handshake(plain)->extension_protocol);
}

// The example that BEP 6 gives.
TEST(AllowedFast, MatchesTheBepsVectors) {
  InfoHash hash;
  hash.fill(0xAA);
  EXPECT_EQ(allowed_fast_set({80, 4, 4, 200}, hash, 1313, 7),
            (std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188}));
  EXPECT_EQ(allowed_fast_set({80, 4, 4, 200}, hash, 1313, 9),
            (std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188, 353, 508}));
}

TEST(AllowedFast, ASmallTorrentIsAllowedWhole) {
  EXPECT_EQ(allowed_fast_set({1, 2, 3, 4}, {}, 3, 10), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(allowed_fast_set({1, 2, 3, 4}, {}, 0, 10).empty());
}

}  // namespace
}  // namespace podswarm::engine
