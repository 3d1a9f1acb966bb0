#include "feeds/html_entities.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/text.h"
#include "feeds/charset.h"

namespace podswarm::feeds {

namespace {

// One string, because a table of two thousand pointers would cost start-up relocations.
constexpr std::string_view kTable =
#include "feeds/html_entity_table.inc"
    ;

constexpr std::size_t kLongestName = 31;

// name → code points as text ("2242+338"), sorted by name.
using Index = std::vector<std::pair<std::string_view, std::string_view>>;

Index make_index() {
  Index index;
  index.reserve(2200);
  std::string_view rest = kTable;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto blank = rest.find(' ', colon);
    index.emplace_back(rest.substr(0, colon), rest.substr(colon + 1, blank - colon - 1));
    rest.remove_prefix(blank + 1);
  }
  return index;
}

void append_number(std::uint32_t code, std::string& out) {
  if (code >= 128 && code < 160) code = windows_1252_character(static_cast<unsigned char>(code));
  if (code < 32 && code != '\t' && code != '\n' && code != '\r' && code != 0) return;
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  base::append_utf8(out, code);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The digits of "&#…" at the start of `text`; `i` comes to stand behind them, and on their first where there are none.
std::uint32_t read_number(std::string_view text, std::size_t& start, std::size_t& i) {
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  start = hex ? 3 : 2;
  std::uint32_t code = 0;
  for (i = start; i < text.size(); ++i) {
    const char c = text[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      break;
    }
    code = std::min<std::uint32_t>(code * (hex ? 16 : 10) + digit, 0x110000);
  }
  return code;
}

// The second half of a character beyond the sixteen bits, whose reference is at `at`, which is moved behind it; 0 if
// it is none.
std::uint32_t low_surrogate(std::string_view text, std::size_t& at) {
  text = text.substr(at);
  if (!text.starts_with("&#")) return 0;
  std::size_t start = 0;
  std::size_t end = 0;
  const std::uint32_t code = read_number(text, start, end);
  if (code < 0xDC00 || code > 0xDFFF || end >= text.size() || text[end] != ';') return 0;
  at += end + 1;
  return code;
}

std::size_t decode_number(std::string_view text, std::string& out) {
  std::size_t start = 0;
  std::size_t i = 0;
  std::uint32_t code = read_number(text, start, i);
  if (i == start || i >= text.size()) return 0;
  if (text[i] != ';') {
    // The semicolon was forgotten; where more than a blank follows, it may be a part of an address. No text means a
    // control character.
    if (!is_blank(text[i]) || i < start + 2 || code < 0x20) return 0;
    append_number(code, out);
    return i;
  }
  ++i;
  if (code >= 0xD800 && code < 0xDC00) {
    // Programs that count in UTF-16 write an emoji as two numbers.
    const std::uint32_t low = low_surrogate(text, i);
    if (low != 0) code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_number(code, out);
  return i;
}

}  // namespace

std::string named_entity(std::string_view name) {
  static const Index index = make_index();
  const auto at = std::lower_bound(index.begin(), index.end(), name,
                                   [](const auto& entry, std::string_view key) { return entry.first < key; });
  std::string out;
  if (at == index.end() || at->first != name) return out;
  const char* p = at->second.data();
  const char* const end = p + at->second.size();
  while (p < end) {
    std::uint32_t code = 0;
    p = std::from_chars(p, end, code, 16).ptr + 1;
    base::append_utf8(out, code);
  }
  return out;
}

std::size_t decode_reference(std::string_view text, std::string& out) {
  if (text.size() < 3 || text[0] != '&') return 0;
  if (text[1] == '#') return decode_number(text, out);
  const auto end = text.substr(0, kLongestName + 2).find(';');
  if (end == std::string_view::npos || end < 2) return 0;
  const auto name = text.substr(1, end - 1);
  if (name == "amp") {
    out += '&';
  } else if (name == "lt") {
    out += '<';
  } else if (name == "gt") {
    out += '>';
  } else if (name == "quot") {
    out += '"';
  } else if (name == "apos") {
    out += '\'';
  } else {
    const std::string value = named_entity(name);
    if (value.empty()) return 0;
    out += value;
  }
  return end + 1;
}

std::string decode_references(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto ampersand = text.find('&');
    out.append(text.substr(0, ampersand));
    if (ampersand == std::string_view::npos) return out;
    text.remove_prefix(ampersand);
    const std::size_t taken = decode_reference(text, out);
    if (taken == 0) out += '&';
    text.remove_prefix(taken == 0 ? 1 : taken);
  }
}

}  // namespace podswarm::feeds
