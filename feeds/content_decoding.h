// Undoes a Content-Encoding (RFC 9110 §8.4.1): gzip (RFC 1952), deflate (zlib, and the raw form that some servers
// send), br (RFC 7932). Streaming, under a cap of bytes and of the ratio, so that a bomb ends early. Sans-IO.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "feeds/fetcher.h"

namespace podswarm::feeds {

enum class ContentCoding { kIdentity, kGzip, kDeflate, kBrotli };

// One coding, or none. kEncoding for an unknown one and for several on top of each other.
[[nodiscard]] FetchResult<ContentCoding> parse_content_encoding(std::string_view field);

// What the fetcher asks for.
inline constexpr std::string_view kAcceptEncoding = "gzip, deflate, br";

// Output past this many bytes must be at most kMaxRatio times the input. XML of one template shrinks 50-fold, hardly
// more; a bomb 1000-fold.
inline constexpr std::uint64_t kRatioGrace = 1u << 20;
inline constexpr std::uint64_t kMaxRatio = 250;

class ContentDecoder {
 public:
  ContentDecoder(ContentCoding coding, std::size_t max_bytes);
  ~ContentDecoder();
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;

  // Decodes `input` and appends to `out`, which only this decoder fills. kTooLarge: `out` then holds exactly
  // `max_bytes`, or what was made before the ratio broke. kEncoding: not such a stream. After a failure, no more calls.
  [[nodiscard]] FetchResult<void> feed(std::string_view input, std::string& out);

  // The input is over: kEncoding where the stream is not. No input at all is an empty body in every coding.
  [[nodiscard]] FetchResult<void> finish();

 private:
  struct Stream;
  FetchResult<void> feed_zlib(std::string_view input, std::string& out);
  FetchResult<void> feed_brotli(std::string_view input, std::string& out);
  FetchResult<void> check_size(std::string& out) const;

  ContentCoding coding_;
  std::size_t max_bytes_;
  std::uint64_t input_bytes_ = 0;
  std::unique_ptr<Stream> stream_;
};

}  // namespace podswarm::feeds
