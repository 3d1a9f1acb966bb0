// Whether and how a partial file is continued (RFC 9110 §13.1.5 If-Range, §14 Range). The rule that keeps a file from
// being sewn together out of two different bodies: without a strong validator nothing is continued.
// Sans-IO, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/http_head.h"

namespace podswarm::engine {

// What names one version of a resource for good: a strong ETag, or a Last-Modified that is old enough to be strong.
struct Validators {
  std::string etag;
  std::string last_modified;

  [[nodiscard]] bool empty() const { return etag.empty() && last_modified.empty(); }
};

// The strong ones of an answer. A weak ETag is none; a Last-Modified within a second of Date is none (§8.8.2.2).
[[nodiscard]] Validators strong_validators(const HttpHead& head);

// A partial file, and what was known of the body that it is the beginning of.
struct ResumePoint {
  std::uint64_t size = 0;
  Validators validators;
  std::optional<std::uint64_t> total;
};

// Whether asking for the rest makes sense at all.
[[nodiscard]] bool can_resume(const ResumePoint& point);

// Range and If-Range for it. Requires can_resume().
[[nodiscard]] std::vector<HttpField> resume_fields(const ResumePoint& point);

struct ContentRange {
  std::optional<std::uint64_t> first;  // first and last: both or none ("bytes */1234")
  std::optional<std::uint64_t> last;
  std::optional<std::uint64_t> total;
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view text);

enum class RangeAction {
  kFromStart,  // the body is the whole file
  kAppend,     // the body goes on where the partial ends
  kComplete,   // the partial is the whole file; the body is of no use
  kStartOver,  // of no use: ask again, without a range
  kNotAFile,   // a status that carries no file: see judge_status()
};
struct RangeDecision {
  RangeAction action = RangeAction::kNotAFile;
  std::optional<std::uint64_t> total;  // of the file, for kFromStart, kAppend and kComplete
};

// `asked` is what resume_fields() was sent for; none when the request had no range.
[[nodiscard]] RangeDecision decide_range(const std::optional<ResumePoint>& asked, const HttpHead& head);

}  // namespace podswarm::engine
