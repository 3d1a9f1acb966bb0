#include "base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace podswarm::base {

namespace {

// A decimal number at the start of `text`, which is advanced past it.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::size_t n = 0;
  while (n < text.size() && ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z'))) ++n;
  const auto word = text.substr(0, n);
  text = trim(text.substr(n));
  return word;
}

std::optional<double> byte_unit(const std::string& unit) {
  if (unit.empty() || unit == "b") return 1;
  static constexpr std::string_view kPrefixes = "kmgtp";
  const auto power = kPrefixes.find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string rest = unit.substr(1);
  const double exponent = static_cast<double>(power) + 1;
  if (rest == "b") return std::pow(1000.0, exponent);
  if (rest.empty() || rest == "ib" || rest == "i") return std::pow(1024.0, exponent);
  return std::nullopt;
}

std::optional<double> duration_unit_ms(const std::string& unit) {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s" || unit == "sec") return 1e3;
  if (unit == "m" || unit == "min") return 60e3;
  if (unit == "h") return 3600e3;
  if (unit == "d") return 86400e3;
  if (unit == "w") return 7 * 86400e3;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  text = trim(text);
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  const auto unit = byte_unit(ascii_lower(take_word(text)));
  if (!unit || !(text.empty() || iequals(text, "/s"))) return std::nullopt;
  const double bytes = std::round(*number * *unit);
  if (bytes >= 9.2e18) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  double total = 0;
  for (bool first = true; !text.empty(); first = false) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view word = take_word(text);
    // "1h30" may be meant as minutes or seconds: a bare number stands alone.
    if (word.empty() && !(first && text.empty())) return std::nullopt;
    const auto unit = duration_unit_ms(ascii_lower(word));
    if (!unit) return std::nullopt;
    total += *number * *unit;
  }
  if (total > 3.2e15) return std::nullopt;  // 100,000 years
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::round(total)));
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_duration(std::chrono::seconds duration) {
  const auto s = duration.count();
  if (s < 0) return "-" + format_duration(-duration);
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m {:02}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h {:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d {}h", s / 86400, s / 3600 % 24);
}

std::string format_rfc3339(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text) {
  text = trim(text);
  const auto number = [&](std::size_t at, std::size_t digits) -> int {
    int value = 0;
    if (at + digits > text.size()) return -1;
    const char* end = text.data() + at + digits;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc{} && stop == end && value >= 0 ? value : -1;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (number(0, 4) < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  std::chrono::sys_seconds time = std::chrono::sys_days(date);
  if (text.size() == 10) return time;
  if ((text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text.size() < 20 || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const int hours = number(11, 2);
  const int minutes = number(14, 2);
  const int seconds = number(17, 2);
  if (hours < 0 || hours > 24 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return std::nullopt;
  if (hours == 24 && (minutes != 0 || seconds != 0)) return std::nullopt;
  time += std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
  std::size_t at = 19;
  if (text[at] == '.') {
    const std::size_t digits = ++at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == digits) return std::nullopt;
  }
  const auto zone = text.substr(at);
  if (zone == "Z" || zone == "z") return time;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const int zone_hours = number(at + 1, 2);
  const int zone_minutes = number(at + 4, 2);
  if (zone_hours < 0 || zone_hours > 23 || zone_minutes < 0 || zone_minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(zone_hours) + std::chrono::minutes(zone_minutes);
  return zone[0] == '+' ? time - offset : time + offset;
}

}  // namespace podswarm::base
