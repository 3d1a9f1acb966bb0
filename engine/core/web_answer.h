// What a web server's answer to a range request is good for (RFC 9110 §14, §15). Strict where a mistake would put
// bytes in the wrong place: what it says of range, length and encoding must fit what was asked for. Sans-IO, any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "engine/core/http_head.h"

namespace podswarm::engine {

// Bytes [first, first + length) of a file that has `file_size`.
struct WebRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t file_size = 0;
};

struct WebAnswer {
  enum class Kind {
    kBody,  // bytes [first, end) of the file follow
    kBusy,  // try later
    kBad,   // the file is not there, is another one, or cannot be had in parts
  };
  Kind kind = Kind::kBad;
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string problem;  // one line, where there is no body
};

// A whole file in answer to a range is a body too, from 0 on, unless far too much of it would have to be thrown away
// before what was asked for.
[[nodiscard]] WebAnswer judge_web_answer(const HttpHead& head, const WebRange& asked, base::WallTime now);

}  // namespace podswarm::engine
