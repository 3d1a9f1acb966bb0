#include "feeds/duration.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

constexpr std::uint64_t kLongest = std::uint64_t{100} * 366 * 86'400;

// Seconds in the unit of that name; 0 if it is none.
std::uint64_t unit_seconds(std::string_view word) {
  struct Unit {
    std::uint64_t seconds;
    std::initializer_list<std::string_view> names;
  };
  static const Unit kUnits[] = {
      {86'400, {"d", "day", "days"}},
      {3600, {"h", "hr", "hrs", "hour", "hours", "std"}},
      {60, {"m", "min", "mins", "minute", "minutes", "minuten"}},
      {1, {"s", "sec", "secs", "second", "seconds"}},
  };
  for (const auto& unit : kUnits) {
    for (const auto name : unit.names) {
      if (base::iequals(word, name)) return unit.seconds;
    }
  }
  return 0;
}

// "1h 20m", "90 min.", "1 hour, 5 minutes", and ISO 8601's "PT1H20M30.5S": from the larger units to the smaller.
std::optional<std::uint64_t> duration_in_words(std::string_view text) {
  const auto length_of = [&](auto&& belongs) {
    std::size_t n = 0;
    while (n < text.size() && belongs(text[n])) ++n;
    return n;
  };
  const auto take = [&](std::size_t n) {
    const auto taken = text.substr(0, n);
    text.remove_prefix(n);
    return taken;
  };
  const bool iso = text.starts_with('P');
  if (iso) text.remove_prefix(1);
  std::uint64_t total = 0;
  std::uint64_t smallest = kLongest;
  while (!text.empty()) {
    if (iso && text.starts_with('T')) text.remove_prefix(1);
    const auto number = parse_count(take(length_of([](char c) { return c >= '0' && c <= '9'; })));
    if (text.starts_with('.')) take(1), take(length_of([](char c) { return c >= '0' && c <= '9'; }));
    take(length_of([](char c) { return c == ' '; }));
    const auto letters = length_of([](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
    const auto unit = unit_seconds(take(iso ? std::min<std::size_t>(letters, 1) : letters));
    if (!number || *number > kLongest || unit == 0 || unit >= smallest) return std::nullopt;
    smallest = unit;
    total += *number * unit;
    take(length_of([](char c) { return c == ' ' || c == ',' || c == '.'; }));
  }
  return total > 0 && total <= kLongest ? std::optional(total) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_media_duration(std::string_view text) {
  text = base::trim(text);
  if (text.find_first_of("dDhHmMsS") != std::string_view::npos) return duration_in_words(text);
  if (const auto point = text.find_first_of(".,"); point != std::string_view::npos) {
    if (point == 0 || text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  std::uint64_t total = 0;
  int parts = 0;
  for (;;) {
    const auto colon = text.find(':');
    const auto part = parse_count(text.substr(0, colon));
    if (!part || *part > kLongest || ++parts > 3) return std::nullopt;
    total = total * 60 + *part;
    if (total > kLongest) return std::nullopt;
    if (colon == std::string_view::npos) return total;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace podswarm::feeds
