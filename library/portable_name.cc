#include "library/portable_name.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "library/name_fold.h"

namespace podswarm::library {

namespace {

constexpr std::size_t kMaxExtensionBytes = 10;

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that are not seen or that turn the direction of the text: with them a name shows as another than it is.
constexpr std::array<Range, 14> kInvisible = {{{0x00AD, 0x00AD},
                                               {0x034F, 0x034F},
                                               {0x061C, 0x061C},
                                               {0x115F, 0x1160},
                                               {0x17B4, 0x17B5},
                                               {0x180B, 0x180F},
                                               {0x200B, 0x200F},
                                               {0x2028, 0x202E},
                                               {0x2060, 0x206F},
                                               {0x3164, 0x3164},
                                               {0xFEFF, 0xFEFF},
                                               {0xFFA0, 0xFFA0},
                                               {0xFFF9, 0xFFFB},
                                               {0xE0000, 0xE0FFF}}};

bool invisible(char32_t c) {
  return std::any_of(kInvisible.begin(), kInvisible.end(), [c](Range r) { return c >= r.first && c <= r.last; });
}

bool blank(char32_t c) {
  return c <= 0x20 || c == 0x7F || (c >= 0x80 && c <= 0xA0) || (c >= 0x2000 && c <= 0x200A) || c == 0x1680 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// Of text that is valid UTF-8; `at` moves past the character.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t c = lead & (0x3Fu >> more);
  for (int i = 0; i < more && at < text.size(); ++i) c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
  return c;
}

// One character's replacement; what is no problem stands.
void append_portable(std::string& out, char32_t c) {
  switch (c) {
    case '/':
    case '\\':
    case '|':
    case ':':
      out += '-';
      return;
    case '"':
      out += '\'';
      return;
    case '<':
    case '>':
    case '?':
    case '*':
      out += '_';
      return;
    default:
      base::append_utf8(out, c);
  }
}

// CON, NUL, COM1... whatever extension follows.
bool reserved_by_windows(std::string_view name) {
  const std::string stem = base::ascii_lower(base::trim(name.substr(0, name.find('.'))));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul" || stem == "conin$" || stem == "conout$")
    return true;
  if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
  const std::string_view digit = std::string_view(stem).substr(3);
  return (digit.size() == 1 && digit[0] >= '0' && digit[0] <= '9') || digit == "¹" || digit == "²" || digit == "³";
}

// Blanks and dots off the end, blanks off the beginning.
std::string_view bare_ends(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

// Within `max_bytes`, kept whole from the extension on.
std::string shortened(std::string_view name, std::size_t max_bytes) {
  if (name.size() <= max_bytes) return std::string(name);
  const auto dot = extension_offset(name);
  const auto extension = name.substr(dot);
  if (extension.size() >= max_bytes) return std::string(bare_ends(base::utf8_prefix(name, max_bytes)));
  const auto stem = bare_ends(base::utf8_prefix(name.substr(0, dot), max_bytes - extension.size()));
  return std::string(stem) + std::string(extension);
}

}  // namespace

std::size_t extension_offset(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return name.size();
  const auto extension = name.substr(dot + 1);
  const bool plain = !extension.empty() && extension.size() <= kMaxExtensionBytes &&
                     std::all_of(extension.begin(), extension.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                     });
  return plain ? dot : name.size();
}

std::string portable_component(std::string_view text, std::string_view fallback, std::size_t max_bytes) {
  // One form of accents, so that the same title gives the same name on every system.
  const std::string valid = composed(base::repair_utf8(text, "_"));
  std::string out;
  for (std::size_t at = 0; at < valid.size();) {
    const char32_t c = next_character(valid, at);
    if (invisible(c)) continue;
    if (blank(c)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (!(c == '.' && out.empty())) {  // a leading dot would hide the file
      append_portable(out, c);
    }
  }
  std::string name(bare_ends(out));
  // The stem may end in a blank or dot too: "Title .mp3".
  if (const auto dot = extension_offset(name); dot != name.size()) {
    const auto stem = bare_ends(std::string_view(name).substr(0, dot));
    name = std::string(stem) + name.substr(dot);
  }
  if (name.empty()) return std::string(fallback);
  if (reserved_by_windows(name)) name.insert(0, "_");
  return shortened(name, max_bytes);
}

std::filesystem::path portable_path(std::string_view text, std::string_view fallback) {
  std::filesystem::path out;
  for (const auto part : base::split(text, '/')) {
    const auto trimmed = base::trim(part);
    if (trimmed.empty() || trimmed == "." || trimmed == "..") continue;
    const std::string name = portable_component(trimmed, "");
    if (!name.empty()) out /= name;
  }
  return out.empty() ? std::filesystem::path(std::string(fallback)) : out;
}

std::string with_tag(std::string_view name, std::string_view tag, std::size_t max_bytes) {
  const auto dot = extension_offset(name);
  const std::string tail = " (" + std::string(tag) + ")" + std::string(name.substr(dot));
  const std::size_t room = max_bytes > tail.size() ? max_bytes - tail.size() : 0;
  return std::string(bare_ends(base::utf8_prefix(name.substr(0, dot), room))) + tail;
}

}  // namespace podswarm::library
