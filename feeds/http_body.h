// Where a response's body ends (RFC 9112 §6.3) and the chunked coding (§7.1), strictly: a body that was cut off must
// not pass for a whole one. Poco's own body streams end silently there. Sans-IO.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/fetcher.h"

namespace podswarm::feeds {

// Feed it the bytes after the header; it gives the body's.
class BodyReader {
 public:
  // The fields' values, one each line of the header. kProtocol: contradicting or malformed lengths, a
  // Transfer-Encoding other than chunked.
  [[nodiscard]] static FetchResult<BodyReader> start(int status, const std::vector<std::string>& transfer_encodings,
                                                     const std::vector<std::string>& content_lengths);

  // Appends to `out` what `input` has of the body. kProtocol: not chunked coding. Bytes after the end are ignored.
  [[nodiscard]] FetchResult<void> feed(std::string_view input, std::string& out);
  // The whole body was read; there is no use in reading on.
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  // The connection has ended: kProtocol where that cuts the body off.
  [[nodiscard]] FetchResult<void> finish() const;

  // The announced length, 0 where there is none.
  [[nodiscard]] std::uint64_t announced() const { return announced_; }

 private:
  enum class State { kLength, kUntilClose, kChunkSize, kChunkExtension, kChunkData, kChunkEnd, kTrailer, kDone };

  FetchResult<void> feed_chunked(std::string_view input, std::string& out);

  State state_ = State::kUntilClose;
  std::uint64_t announced_ = 0;
  std::uint64_t left_ = 0;     // of the length or the chunk
  int size_digits_ = 0;        // of the chunk size being read
  std::size_t line_size_ = 0;  // of the trailer line being read
  std::size_t overhead_ = 0;   // bytes of chunk extensions and trailers
};

}  // namespace podswarm::feeds
