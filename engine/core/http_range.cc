#include "engine/core/http_range.h"

#include <charconv>

#include "base/http_date.h"
#include "base/text.h"

namespace podswarm::engine {

namespace {

// A validator is sent back as it came: it must be one short line.
constexpr std::size_t kMaxValidator = 512;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_strong_etag(std::string_view etag) {
  if (etag.size() < 3 || etag.size() > kMaxValidator || etag.front() != '"' || etag.back() != '"') return false;
  for (const char c : etag.substr(1, etag.size() - 2)) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == 0x7F) return false;
  }
  return true;
}

}  // namespace

Validators strong_validators(const HttpHead& head) {
  Validators out;
  const std::string_view etag = head.field("ETag");
  if (is_strong_etag(etag)) out.etag = etag;
  const std::string_view modified_text = head.field("Last-Modified");
  const auto modified = base::parse_http_date(modified_text);
  if (modified) {
    const auto date = base::parse_http_date(head.field("Date"));
    if (!date || *date - *modified >= std::chrono::seconds(1)) out.last_modified = modified_text;
  }
  return out;
}

bool can_resume(const ResumePoint& point) {
  return point.size > 0 && !point.validators.empty() && (!point.total || point.size <= *point.total);
}

std::vector<HttpField> resume_fields(const ResumePoint& point) {
  const Validators& validators = point.validators;
  return {{"Range", "bytes=" + std::to_string(point.size) + "-"},
          {"If-Range", validators.etag.empty() ? validators.last_modified : validators.etag}};
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  text = base::trim(text);
  if (!base::istarts_with(text, "bytes")) return std::nullopt;
  text.remove_prefix(5);
  if (text.empty() || (text.front() != ' ' && text.front() != '\t')) return std::nullopt;
  text = base::trim(text);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view range = base::trim(text.substr(0, slash)), total = base::trim(text.substr(slash + 1));
  ContentRange out;
  if (total != "*") {
    out.total = number(total);
    if (!out.total) return std::nullopt;
  }
  if (range == "*") return out.total ? std::optional(out) : std::nullopt;
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  out.first = number(range.substr(0, dash));
  out.last = number(range.substr(dash + 1));
  if (!out.first || !out.last || *out.last < *out.first) return std::nullopt;
  if (out.total && *out.last >= *out.total) return std::nullopt;
  return out;
}

RangeDecision decide_range(const std::optional<ResumePoint>& asked, const HttpHead& head) {
  if (head.status == 206) {
    const RangeDecision refused{asked ? RangeAction::kStartOver : RangeAction::kNotAFile, {}};
    const auto range = parse_content_range(head.field("Content-Range"));
    if (!range || !range->first) return refused;
    if (head.content_length && *head.content_length != *range->last - *range->first + 1) return refused;
    if (!asked) {
      // Some servers answer any request with a range; a whole one is as good as 200.
      const bool whole = *range->first == 0 && range->total && *range->last + 1 == *range->total;
      return whole ? RangeDecision{RangeAction::kFromStart, range->total} : refused;
    }
    if (*range->first != asked->size) return refused;
    if (asked->total && range->total && *asked->total != *range->total) return refused;
    const std::string_view etag = head.field("ETag");
    if (!asked->validators.etag.empty() && !etag.empty() && etag != asked->validators.etag) return refused;
    return {RangeAction::kAppend, range->total ? range->total : asked->total};
  }
  if (head.status == 416) {
    if (!asked) return {};
    const auto range = parse_content_range(head.field("Content-Range"));
    const auto total = range && range->total ? range->total : asked->total;
    if (total && *total == asked->size && (!asked->total || *asked->total == *total)) {
      return {RangeAction::kComplete, total};
    }
    return {RangeAction::kStartOver, {}};
  }
  // 203 is 200 by way of a proxy that admits it. Others of 2xx (202, 204, 205 …) announce no file.
  if (head.status == 200 || head.status == 203) return {RangeAction::kFromStart, head.content_length};
  return {};
}

}  // namespace podswarm::engine
