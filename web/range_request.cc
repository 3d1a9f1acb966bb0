#include "web/range_request.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "base/http_date.h"
#include "base/text.h"

namespace podswarm::web {

namespace {

// More parts than this are nobody's player.
constexpr std::size_t kMaxRanges = 16;

// The entity tags of a list field, with their quotes and, of weak ones, their "W/". A tag may have commas in it.
std::vector<std::string_view> entity_tags(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find('"', at);
    if (open == std::string_view::npos) break;
    const auto close = text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    const bool weak = open >= 2 && text.substr(open - 2, 2) == "W/";
    const auto begin = weak ? open - 2 : open;
    out.push_back(text.substr(begin, close + 1 - begin));
    at = close + 1;
  }
  return out;
}

bool names(std::string_view field, std::string_view etag, bool weakly) {
  if (base::trim(field) == "*") return true;
  for (auto tag : entity_tags(field)) {
    if (weakly && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// Digits alone; what is too large for the type is as large as can be.
std::optional<std::uint64_t> position(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : value;
}

// What of a size the field asks for; nothing for a field that makes no sense. A range that lies outside is left out.
std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size) {
  static constexpr std::string_view kUnit = "bytes=";
  if (!base::istarts_with(field, kUnit)) return std::nullopt;
  std::vector<ByteRange> out;
  std::size_t specs = 0;
  for (const auto part : base::split(field.substr(kUnit.size()), ',')) {
    const auto spec = base::trim(part);
    if (spec.empty()) continue;
    if (++specs > kMaxRanges) return std::nullopt;
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = position(spec.substr(0, dash));
    const auto last = position(spec.substr(dash + 1));
    if (dash == 0) {
      if (!last) return std::nullopt;
      if (*last > 0 && size > 0) out.push_back({size - std::min(size, *last), size - 1});
      continue;
    }
    if (!first || (dash + 1 < spec.size() && !last) || (last && *last < *first)) return std::nullopt;
    if (*first < size) out.push_back({*first, std::min(last.value_or(size - 1), size - 1)});
  }
  if (specs == 0) return std::nullopt;
  return out;
}

// Whether the range counts: without a condition, or where the client's part is of this very representation.
bool range_counts(const std::string& if_range, const Representation& current) {
  if (if_range.empty()) return true;
  if (if_range.find('"') != std::string::npos) return base::trim(if_range) == current.etag;
  return base::parse_http_date(if_range) == current.modified;
}

}  // namespace

Selection select(const RequestConditions& request, const Representation& current, bool is_get) {
  if (!request.if_match.empty()) {
    if (!names(request.if_match, current.etag, false)) return {412};
  } else if (const auto time = base::parse_http_date(request.if_unmodified_since); time && current.modified > *time) {
    return {412};
  }
  if (!request.if_none_match.empty()) {
    if (names(request.if_none_match, current.etag, true)) return {304};
  } else if (const auto time = base::parse_http_date(request.if_modified_since); time && current.modified <= *time) {
    return {304};
  }
  const Selection whole{200, 0, current.size};
  if (!is_get || request.range.empty() || !range_counts(request.if_range, current)) return whole;
  const auto ranges = parse_ranges(base::trim(request.range), current.size);
  if (!ranges || ranges->size() > 1) return whole;
  if (ranges->empty()) return {416};
  return {206, ranges->front().first, ranges->front().last - ranges->front().first + 1};
}

}  // namespace podswarm::web
