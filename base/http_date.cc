#include "base/http_date.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text.h"

namespace podswarm::base {

namespace {

constexpr std::size_t kMaxLength = 64;
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<unsigned> month_number(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (iequals(name, kMonths[i])) return i + 1;
  }
  return std::nullopt;
}

// "08:49:37"
std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto h = number(text.substr(0, 2)), m = number(text.substr(3, 2)), s = number(text.substr(6, 2));
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  return std::chrono::hours(*h) + std::chrono::minutes(*m) + std::chrono::seconds(*s);
}

std::optional<std::chrono::sys_seconds> assemble(std::optional<int> year, std::optional<unsigned> month,
                                                 std::optional<int> day, std::optional<std::chrono::seconds> time) {
  if (!year || !month || !day || !time || *year < 1900 || *year > 9999 || *day > 31) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  text = trim(text);
  if (text.size() > kMaxLength) return std::nullopt;
  // Words, at blanks, commas and hyphens: all three forms become five or six of them.
  std::array<std::string_view, 6> words;
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" ,-", i), text.size());
    if (end > i) {
      if (count == words.size()) return std::nullopt;
      words[count++] = text.substr(i, end - i);
    }
    i = end + 1;
  }
  if (count == 5) {  // Sun Nov  6 08:49:37 1994
    if (words[4].size() != 4) return std::nullopt;
    return assemble(number(words[4]), month_number(words[1]), number(words[2]), time_of_day(words[3]));
  }
  // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT
  if (count != 6 || !(iequals(words[5], "GMT") || iequals(words[5], "UTC"))) return std::nullopt;
  auto year = number(words[3]);
  if (year && words[3].size() == 2) *year += *year < 70 ? 2000 : 1900;
  return assemble(year, month_number(words[2]), number(words[1]), time_of_day(words[4]));
}

std::string format_http_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace podswarm::base
