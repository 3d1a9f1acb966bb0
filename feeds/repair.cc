#include "feeds/repair.h"

#include <fmt/format.h>

#include <algorithm>

namespace podswarm::feeds {

Place behind(Place start, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines > 0) {
    start = {start.line + lines, 1};
    text.remove_prefix(text.rfind('\n') + 1);
  }
  const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  start.column += static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_first_byte));
  return start;
}

std::string to_text(const Repair& repair) {
  if (repair.place.line == 0) return repair.what;
  return fmt::format("line {}, column {}: {}", repair.place.line, repair.place.column, repair.what);
}

}  // namespace podswarm::feeds
