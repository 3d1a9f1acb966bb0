// What an HTTP status that brings no file means to whoever retries (RFC 9110 §15). Sans-IO, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "engine/core/http_head.h"
#include "engine/engine.h"

namespace podswarm::engine {

struct StatusFailure {
  FailureKind kind = FailureKind::kTemporary;
  std::string message;  // "example.org: 404 Not Found"
  std::optional<std::chrono::seconds> retry_after;
};

// `host` stands before the message; `now` turns a Retry-After date into a wait.
[[nodiscard]] StatusFailure judge_status(const HttpHead& head, const std::string& host, base::WallTime now);

// Retry-After in either form; nothing for junk. A moment that has passed is zero; at most a year.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, base::WallTime now);

}  // namespace podswarm::engine
