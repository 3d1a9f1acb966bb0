#include "engine/core/ut_metadata.h"

#include <algorithm>
#include <cassert>

#include "engine/core/bencode.h"

namespace podswarm::engine {

namespace {

constexpr BencodeLimits kLimits{.max_depth = 10, .max_nodes = 1000, .max_bytes = 1u << 20};
constexpr std::chrono::seconds kAskAgain{3};

base::Bytes message(UtMetadataMessage::Type type, std::uint32_t piece, std::uint32_t total_size) {
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("msg_type").integer(static_cast<std::int64_t>(type));
  writer.key("piece").integer(piece);
  if (type == UtMetadataMessage::Type::kData) writer.key("total_size").integer(total_size);
  writer.end();
  return writer.take();
}

std::uint32_t piece_size(std::size_t total, std::size_t piece) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(kMetadataPieceSize, total - piece * kMetadataPieceSize));
}

}  // namespace

base::Result<UtMetadataMessage, UtMetadataError> decode_ut_metadata(base::ByteView payload) {
  const auto document = BencodeDocument::parse_prefix(payload, kLimits);
  if (!document) return base::fail(UtMetadataError::kNotBencoded, "ut_metadata: " + document.error().message);
  const BencodeNode root = document->root();
  const auto type = root["msg_type"].integer();
  const auto piece = root["piece"].integer();
  if (!type || *type < 0 || *type > 2) {
    return base::fail(UtMetadataError::kBadMessage, "ut_metadata: a message of no known type");
  }
  if (!piece || *piece < 0 || *piece >= kMaxMetadataSize / kMetadataPieceSize) {
    return base::fail(UtMetadataError::kBadMessage, "ut_metadata: a piece that cannot be");
  }
  UtMetadataMessage out;
  out.type = static_cast<UtMetadataMessage::Type>(*type);
  out.piece = static_cast<std::uint32_t>(*piece);
  if (out.type == UtMetadataMessage::Type::kData) {
    const auto total = root["total_size"].integer().value_or(0);
    if (total > 0 && total <= kMaxMetadataSize) out.total_size = static_cast<std::uint32_t>(total);
    out.data = payload.subspan(root.raw().size());
    if (out.data.size() > kMetadataPieceSize) {
      return base::fail(UtMetadataError::kBadMessage, "ut_metadata: a piece that is too long");
    }
  }
  return out;
}

base::Bytes encode_ut_metadata_request(std::uint32_t piece) {
  return message(UtMetadataMessage::Type::kRequest, piece, 0);
}

base::Bytes encode_ut_metadata_reject(std::uint32_t piece) {
  return message(UtMetadataMessage::Type::kReject, piece, 0);
}

base::Bytes encode_ut_metadata_answer(base::ByteView info, std::uint32_t piece) {
  const std::size_t begin = std::size_t{piece} * kMetadataPieceSize;
  if (begin >= info.size()) return encode_ut_metadata_reject(piece);
  base::Bytes out = message(UtMetadataMessage::Type::kData, piece, static_cast<std::uint32_t>(info.size()));
  const auto data = info.subspan(begin, piece_size(info.size(), piece));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

MetadataAssembly::MetadataAssembly(std::uint32_t size)
    : size_(size), pieces_((size + kMetadataPieceSize - 1) / kMetadataPieceSize) {
  assert(size > 0 && size <= kMaxMetadataSize);
  missing_ = static_cast<std::uint32_t>(pieces_.size());
}

base::Bytes MetadataAssembly::bytes() const {
  base::Bytes all;
  all.reserve(size_);
  for (const Piece& piece : pieces_) all.insert(all.end(), piece.data.begin(), piece.data.end());
  return all;
}

std::optional<std::uint32_t> MetadataAssembly::pick(base::SteadyTime now) {
  for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
    Piece& piece = pieces_[i];
    if (!piece.data.empty() || (piece.asked && now - *piece.asked < kAskAgain)) continue;
    piece.asked = now;
    return i;
  }
  return std::nullopt;
}

bool MetadataAssembly::add(std::uint32_t piece, base::ByteView data) {
  if (piece >= pieces_.size() || data.size() != piece_size(size_, piece)) return false;
  if (!pieces_[piece].data.empty()) return true;
  pieces_[piece].data.assign(data.begin(), data.end());
  --missing_;
  held_ += data.size();
  return true;
}

}  // namespace podswarm::engine
