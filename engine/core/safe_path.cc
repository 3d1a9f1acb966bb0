#include "engine/core/safe_path.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace podswarm::engine {

namespace {

// A valid UTF-8 sequence at the start of `text`: its code point, and its length in `size`. -1 for an invalid byte.
std::int32_t next_code_point(std::string_view text, std::size_t& size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size > text.size() || !base::is_valid_utf8(text.substr(0, size))) {
    size = 1;
    return -1;
  }
  if (size == 1) return first;
  std::int32_t code_point = first & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code_point = (code_point << 6) | (byte(i) & 0x3F);
  return code_point;
}

bool is_control(std::int32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

// Characters that show nothing and change how the others are shown. The joiners U+200C and U+200D stay: scripts and
// emoji are spelt with them.
bool is_invisible(std::int32_t c) {
  struct Range {
    std::int32_t first;
    std::int32_t last;
  };
  static constexpr std::array<Range, 11> kRanges{{{0xAD, 0xAD},
                                                  {0x61C, 0x61C},
                                                  {0x180E, 0x180E},
                                                  {0x200B, 0x200B},
                                                  {0x200E, 0x200F},
                                                  {0x2028, 0x202E},
                                                  {0x2060, 0x206F},
                                                  {0xFEFF, 0xFEFF},
                                                  {0xFFF9, 0xFFFB},
                                                  {0x1D173, 0x1D17A},
                                                  {0xE0001, 0xE001F}}};
  return std::any_of(kRanges.begin(), kRanges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

// Names of devices, which Windows finds in every folder and with any extension.
bool is_device(std::string_view stem) {
  static constexpr std::array<std::string_view, 6> kNames{"con", "prn", "aux", "nul", "conin$", "conout$"};
  const std::string lower = base::ascii_lower(stem);
  if (std::find(kNames.begin(), kNames.end(), lower) != kNames.end()) return true;
  if (lower.size() < 4 || (!lower.starts_with("com") && !lower.starts_with("lpt"))) return false;
  const std::string_view number = std::string_view(lower).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\xC2\xB9" || number == "\xC2\xB2" ||
         number == "\xC2\xB3";
}

struct Split {
  std::string_view stem;
  std::string_view extension;  // with its dot; "" if there is none
};

// An extension is short; the rest of a long name after some dot is none.
Split split_extension(std::string_view name) {
  constexpr std::size_t kMaxExtension = 16;
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kMaxExtension) return {name, {}};
  return {name.substr(0, dot), name.substr(dot)};
}

// stem + suffix + extension, the stem cut so that it fits.
std::string fitted(const Split& parts, std::string_view suffix, std::size_t max_bytes) {
  const std::size_t fixed = suffix.size() + parts.extension.size();
  if (fixed >= max_bytes) {
    const std::string whole = std::string(parts.stem) + std::string(parts.extension);
    const std::size_t room = max_bytes > suffix.size() ? max_bytes - suffix.size() : 1;
    return std::string(base::utf8_prefix(whole, room)) + std::string(suffix);
  }
  std::string out(base::utf8_prefix(parts.stem, max_bytes - fixed));
  out += suffix;
  out += parts.extension;
  return out;
}

}  // namespace

std::string clean_element(std::string_view element) {
  std::string out;
  out.reserve(element.size());
  while (!element.empty()) {
    std::size_t size = 0;
    const std::int32_t c = next_code_point(element, size);
    if (c < 0 || is_control(c)) {
      out += '_';
    } else if (c != '/' && c != '\\' && !is_invisible(c)) {
      out += element.substr(0, size);
    }
    element.remove_prefix(size);
  }
  if (out == "." || out == "..") out.clear();
  return out;
}

std::string disk_element(std::string_view cleaned, std::size_t max_bytes) {
  static constexpr std::string_view kReserved = "<>:\"|?*/\\";
  std::string out(cleaned);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return kReserved.find(c) != std::string_view::npos || c == '\0'; }, '_');
  const auto drop_tail = [&out] {
    while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  };
  drop_tail();
  const auto dot = out.find('.');
  if (is_device(base::trim(std::string_view(out).substr(0, dot)))) {
    out.insert(dot == std::string::npos ? out.size() : dot, "_");
  }
  if (out.size() > max_bytes) {
    out = fitted(split_extension(out), "", max_bytes);
    drop_tail();
  }
  return out.empty() ? "_" : out;
}

std::string numbered(std::string_view name, unsigned number, std::size_t max_bytes) {
  return fitted(split_extension(name), "." + std::to_string(number), max_bytes);
}

}  // namespace podswarm::engine
