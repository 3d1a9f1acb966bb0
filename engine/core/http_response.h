// Reads one HTTP/1.x answer out of received bytes (RFC 9112): the head, then the framing of the body. A body with a
// length, or one that ends with the connection, may go round this reader straight into its destination; a chunked
// one goes through it. Sans-IO; belongs to one connection.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/http_head.h"

namespace podswarm::engine {

enum class HttpParseError {
  kNotHttp,
  kHeadTooLarge,  // over kMaxHeadBytes, or too many interim answers
  kBadHead,
  kBadChunk,
};

enum class HttpBody { kNone, kLength, kChunked, kUntilClose };

class HttpResponseReader {
 public:
  static constexpr std::uint32_t kMaxHeadBytes = 64 * 1024;
  static constexpr int kMaxInterim = 8;  // 1xx answers before the real one

  HttpResponseReader();
  ~HttpResponseReader();
  HttpResponseReader(HttpResponseReader&&) noexcept;
  HttpResponseReader& operator=(HttpResponseReader&&) noexcept;

  // Everything received and not consumed so far, from the beginning of `input`. Says how much of it is consumed;
  // what is left is to be given again with more behind it. Not after head_done().
  [[nodiscard]] base::Result<std::size_t, HttpParseError> put_head(base::ByteView input);
  [[nodiscard]] bool head_done() const;

  // After head_done(). `final_url` is empty.
  [[nodiscard]] HttpHead head() const;
  [[nodiscard]] HttpBody body() const;
  // The server will take another request on this connection once the body is read.
  [[nodiscard]] bool keeps_alive() const;

  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  // Of a chunked body: takes from `input`, writes payload to `out` (not empty). Nothing consumed and nothing produced:
  // more input is needed. Not after body_done().
  [[nodiscard]] base::Result<Step, HttpParseError> put_chunked(base::ByteView input, std::span<std::uint8_t> out);
  [[nodiscard]] bool body_done() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
