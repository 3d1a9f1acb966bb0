#include "feeds/http_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

using std::chrono::seconds;
constexpr seconds kYear = std::chrono::days(365);

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Decimal digits only; larger numbers than fit stop at a billion, which is past every limit here.
std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) value = std::min<std::int64_t>(value * 10 + (c - '0'), 1'000'000'000);
  return value;
}

std::optional<unsigned> parse_month(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                            "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string lower = base::ascii_lower(name);
  const auto found = std::find(kMonths.begin(), kMonths.end(), lower);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

std::optional<seconds> parse_time_of_day(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  std::array<std::int64_t, 3> values{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto value = parts[i].size() == 2 ? parse_number(parts[i]) : std::nullopt;
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  if (values[0] > 23 || values[1] > 59 || values[2] > 60) return std::nullopt;
  return seconds(values[0] * 3600 + values[1] * 60 + values[2]);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : base::split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::int64_t year_near(std::int64_t two_digits, base::WallTime now) {
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const std::int64_t this_year = static_cast<int>(today.year());
  std::int64_t year = this_year - this_year % 100 + two_digits;
  if (year > this_year + 50) year -= 100;
  if (year <= this_year - 50) year += 100;
  return year;
}

}  // namespace

std::optional<base::WallTime> parse_http_date(std::string_view text, base::WallTime now) {
  text = base::trim(text);
  if (text.size() > 64) return std::nullopt;
  auto words = words_of(text);
  if (words.size() < 4) return std::nullopt;
  std::string_view day, month, year, time;
  if (words[0].back() == ',' && words.size() == 6) {
    day = words[1], month = words[2], year = words[3], time = words[4];
  } else if (words[0].back() == ',' && words.size() == 4) {
    const auto parts = base::split(words[1], '-');
    if (parts.size() != 3) return std::nullopt;
    day = parts[0], month = parts[1], year = parts[2], time = words[2];
  } else if (words.size() == 5) {
    month = words[1], day = words[2], time = words[3], year = words[4];
  } else {
    return std::nullopt;
  }
  const auto day_number = parse_number(day);
  const auto month_number = parse_month(month);
  auto year_number = parse_number(year);
  const auto time_of_day = parse_time_of_day(time);
  if (!day_number || !month_number || !year_number || !time_of_day) return std::nullopt;
  if (year.size() == 2) {
    year_number = year_near(*year_number, now);
  } else if (year.size() != 4) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(*year_number)), std::chrono::month(*month_number),
      std::chrono::day(static_cast<unsigned>(std::min<std::int64_t>(*day_number, 99))));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time_of_day;
}

std::optional<base::WallTime> parse_retry_after(std::string_view text, base::WallTime now) {
  text = base::trim(text);
  std::optional<base::WallTime> at;
  if (const auto number = parse_number(text)) {
    at = now + std::min(seconds(*number), kYear);
  } else {
    at = parse_http_date(text, now);
  }
  if (at) at = std::min(*at, now + kYear);
  return at;
}

std::optional<seconds> parse_max_age(std::string_view cache_control) {
  for (const auto part : base::split(cache_control, ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || !base::iequals(base::trim(part.substr(0, equals)), "max-age")) continue;
    auto value = base::trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (const auto number = parse_number(value)) return std::min(seconds(*number), kYear);
  }
  return std::nullopt;
}

}  // namespace podswarm::feeds
