#include "feeds/rules/case_fold.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "feeds/rules/case_fold_table.h"

namespace podswarm::rules {

namespace {

constexpr char32_t kInvalid = 0x110000;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

char32_t fold(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  const auto* run = std::upper_bound(std::begin(kFoldRuns), std::end(kFoldRuns), c,
                                     [](char32_t value, const FoldRun& row) { return value < row.first; });
  if (run == std::begin(kFoldRuns)) return c;
  --run;
  if (c > run->last || (c - run->first) % run->stride != 0) return c;
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + run->delta);
}

std::pair<char32_t, std::size_t> first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t b0 = byte(0);
  if (b0 < 0x80) return {b0, 1};
  const std::size_t length = b0 >= 0xF0 ? 4 : b0 >= 0xE0 ? 3 : 2;
  if (b0 < 0xC2 || b0 > 0xF4 || text.size() < length) return {kInvalid + b0, 1};
  char32_t c = b0 & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kInvalid + b0, 1};
    c = (c << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  if (overlong || c >= 0x110000 || (c >= 0xD800 && c < 0xE000)) return {kInvalid + b0, 1};
  return {c, length};
}

std::string fold(std::string_view text) {
  if (is_ascii(text)) return base::ascii_lower(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [c, length] = first_code_point(text);
    if (c >= kInvalid) {
      out += text.front();
    } else {
      base::append_utf8(out, fold(c));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::pair<std::size_t, std::size_t> unfolded_span(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t folded_at = 0;
  std::size_t at = 0;
  std::size_t from = 0;
  std::string one;
  while (at < text.size() && folded_at < end) {
    if (folded_at <= begin) from = at;
    const auto [c, length] = first_code_point(text.substr(at));
    one.clear();
    if (c >= kInvalid) {
      one += text[at];
    } else {
      base::append_utf8(one, fold(c));
    }
    folded_at += one.size();
    at += length;
  }
  if (begin >= folded_at) from = at;
  return {from, at};
}

}  // namespace podswarm::rules
