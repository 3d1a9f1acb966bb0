// Metadata exchange (BEP 9): the messages, and the putting together of an info dictionary. Pure values; time is an
// argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/core/extension.h"

namespace podswarm::engine {

inline constexpr std::uint32_t kMetadataPieceSize = 16 * 1024;

enum class UtMetadataError { kNotBencoded, kBadMessage };

struct UtMetadataMessage {
  enum class Type : std::uint8_t { kRequest = 0, kData = 1, kReject = 2 };
  Type type = Type::kRequest;
  std::uint32_t piece = 0;
  std::uint32_t total_size = 0;  // of kData; 0 if the peer does not say
  base::ByteView data;           // of kData: into the payload
};

// The payload of an extended message with our ut_metadata id. An unknown msg_type is kBadMessage: ignore it (BEP 9).
[[nodiscard]] base::Result<UtMetadataMessage, UtMetadataError> decode_ut_metadata(base::ByteView payload);
[[nodiscard]] base::Bytes encode_ut_metadata_request(std::uint32_t piece);
[[nodiscard]] base::Bytes encode_ut_metadata_reject(std::uint32_t piece);
// The answer to a request for `piece` of the metadata `info`: its data, or a reject where there is no such piece.
[[nodiscard]] base::Bytes encode_ut_metadata_answer(base::ByteView info, std::uint32_t piece);

// Collects the pieces of one metadata of a given size, and holds no more memory than what came of it. Whoever owns it
// verifies the hash of bytes() when complete(), and makes a new one if it is wrong.
class MetadataAssembly {
 public:
  // `size` is positive and at most kMaxMetadataSize.
  explicit MetadataAssembly(std::uint32_t size);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return missing_ == 0; }
  // Bytes that came.
  [[nodiscard]] std::size_t held() const { return held_; }
  // When complete().
  [[nodiscard]] base::Bytes bytes() const;

  // A missing piece that was not asked for within the last 3 s, marked as asked for now; nothing if there is none.
  [[nodiscard]] std::optional<std::uint32_t> pick(base::SteadyTime now);
  // False when the piece does not exist or its data has the wrong length. A piece that is here already is left alone.
  [[nodiscard]] bool add(std::uint32_t piece, base::ByteView data);

 private:
  struct Piece {
    base::Bytes data;  // empty: missing
    std::optional<base::SteadyTime> asked;
  };
  std::uint32_t size_;
  std::vector<Piece> pieces_;
  std::uint32_t missing_ = 0;
  std::size_t held_ = 0;
};

}  // namespace podswarm::engine
