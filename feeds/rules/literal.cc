#include "feeds/rules/literal.h"

#include <charconv>
#include <chrono>
#include <string_view>

#include "base/text.h"
#include "base/units.h"

namespace podswarm::rules {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A cursor over a literal: each take_* moves on only where it succeeds.
struct Cursor {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool take_letter(char lower_case) { return take(lower_case) || take(static_cast<char>(lower_case - 'a' + 'A')); }
  std::optional<int> take_integer(std::size_t max_digits) {
    std::size_t n = 0;
    while (n < rest.size() && is_digit(rest[n])) ++n;
    if (n == 0 || n > max_digits) return std::nullopt;
    int value = 0;
    std::from_chars(rest.data(), rest.data() + n, value);
    rest.remove_prefix(n);
    return value;
  }
};

std::optional<Span> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || value > 1e15) return std::nullopt;
  return Span{value, value, Scale::kPlain};
}

enum class Unit { kNone, kDuration, kSize };

// Which kind of unit a number carries: "m" is minutes, "M" and everything with a b is bytes.
Unit unit_of(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && !is_digit(text[at - 1]) && text[at - 1] != '.') --at;
  const std::string_view unit = text.substr(at);
  if (unit.empty() || at == 0) return Unit::kNone;
  if (unit.find_first_of("bB") != std::string_view::npos) return Unit::kSize;
  if (unit.size() == 1) return unit.find_first_of("KMGTPkgt") != std::string_view::npos ? Unit::kSize : Unit::kDuration;
  return Unit::kDuration;
}

std::optional<Span> duration(std::string_view text) {
  if (unit_of(text) != Unit::kDuration) return std::nullopt;
  const auto value = base::parse_duration(text);
  if (!value) return std::nullopt;
  const double seconds = static_cast<double>(value->count()) / 1000;
  return Span{seconds, seconds, Scale::kPlain};
}

std::optional<Span> size(std::string_view text) {
  if (unit_of(text) != Unit::kSize) return std::nullopt;
  const auto value = base::parse_bytes(text);
  if (!value) return std::nullopt;
  const auto bytes = static_cast<double>(*value);
  return Span{bytes, bytes, Scale::kPlain};
}

std::optional<std::chrono::sys_days> date(std::string_view text) {
  Cursor at{text};
  const auto year = at.take_integer(4);
  if (!year || *year < 1000 || !at.take('-')) return std::nullopt;
  const auto month = at.take_integer(2);
  if (!month || !at.take('-')) return std::nullopt;
  const auto day = at.take_integer(2);
  if (!day || !at.rest.empty()) return std::nullopt;
  const std::chrono::year_month_day value{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                          std::chrono::day(static_cast<unsigned>(*day))};
  if (!value.ok()) return std::nullopt;
  return std::chrono::sys_days(value);
}

std::optional<Span> time(std::string_view text) {
  if (const auto day = date(text)) {
    const auto start = static_cast<double>(std::chrono::sys_seconds(*day).time_since_epoch().count());
    return Span{start, start + 86399, Scale::kPlain};
  }
  const auto point = base::parse_rfc3339(text);
  if (!point) return std::nullopt;
  const auto seconds = static_cast<double>(point->time_since_epoch().count());
  return Span{seconds, seconds, Scale::kPlain};
}

// S01E05, S04 (the whole season), 1x05
std::optional<Span> season_and_episode(std::string_view text) {
  Cursor at{text};
  const bool letters = at.take_letter('s');
  const auto season = at.take_integer(4);
  if (!season) return std::nullopt;
  if (letters && at.rest.empty()) {
    return Span{season_episode(*season, 0), season_episode(*season, 999'999), Scale::kSeasonEpisode};
  }
  if (!at.take_letter(letters ? 'e' : 'x')) return std::nullopt;
  const auto episode = at.take_integer(5);
  if (!episode || !at.rest.empty()) return std::nullopt;
  const double place = season_episode(*season, *episode);
  return Span{place, place, Scale::kSeasonEpisode};
}

std::optional<Span> episode(std::string_view text) {
  if (auto place = season_and_episode(text)) return place;
  if (const auto day = date(text)) {
    const auto days = static_cast<double>(day->time_since_epoch().count());
    return Span{days, days, Scale::kDateEpisode};
  }
  auto number = plain_number(text);
  if (number) number->scale = Scale::kAbsoluteEpisode;
  return number;
}

std::optional<Span> quality(std::string_view text) {
  const std::string lower = base::ascii_lower(text);
  if (lower == "4k" || lower == "uhd") return Span{2160, 2160, Scale::kPlain};
  Cursor at{lower};
  const auto height = at.take_integer(4);
  if (!height || *height == 0 || !(at.take('p') || at.take('i')) || !at.rest.empty()) return std::nullopt;
  return Span{static_cast<double>(*height), static_cast<double>(*height), Scale::kPlain};
}

}  // namespace

std::optional<Span> read_literal(FieldType type, const Token& token) {
  if (token.kind != TokenKind::kQuantity && token.kind != TokenKind::kWord) return std::nullopt;
  const std::string_view text = token.value;
  switch (type) {
    case FieldType::kNumber:
      return plain_number(text);
    case FieldType::kDuration:
      return duration(text);
    case FieldType::kSize:
      return size(text);
    case FieldType::kTime:
      return time(text);
    case FieldType::kEp:
      return episode(text);
    case FieldType::kQuality:
      return quality(text);
    case FieldType::kText:
    case FieldType::kBool:
      break;
  }
  return std::nullopt;
}

std::string describe(const Token& token) {
  const std::string_view text = token.value;
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end";
    case TokenKind::kString:
      return "a text";
    case TokenKind::kWord:
    case TokenKind::kQuantity:
      break;
    default:
      return "`" + token.value + "`";
  }
  std::string_view what;
  if (plain_number(text)) {
    what = "the number ";
  } else if (quality(text) && !size(text)) {
    what = "the quality ";
  } else if (date(text)) {
    what = "the date ";
  } else if (season_and_episode(text)) {
    what = "the episode ";
  } else if (size(text)) {
    what = "the size ";
  } else if (duration(text)) {
    what = "the duration ";
  }
  return std::string(what) + "`" + token.value + "`";
}

}  // namespace podswarm::rules
