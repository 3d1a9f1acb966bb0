#include "config/window.h"

#include <array>
#include <optional>

#include "base/text.h"

namespace podswarm::config {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::size_t kMaxSpans = 50;

base::Failure<WindowError> syntax(std::string_view what) {
  return base::fail(WindowError::kSyntax, "\"" + std::string(what.substr(0, 60)) +
                                              "\" is no window: wants \"01:00-06:00\" or \"Mon-Fri 22:00-06:00\"");
}

// "Mon" or "Monday", in any case.
std::optional<unsigned> parse_day(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kLong = {"monday", "tuesday",  "wednesday", "thursday",
                                                            "friday", "saturday", "sunday"};
  const std::string name = base::ascii_lower(base::trim(text));
  for (unsigned i = 0; i < 7; ++i) {
    if (name == kDays[i] || name == kLong[i]) return i;
  }
  return std::nullopt;
}

// "Mon", "Mon-Fri" (also round the end of the week, "Sat-Mon").
std::optional<std::uint8_t> parse_day_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_day(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_day(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  unsigned mask = 0;
  for (unsigned day = *first;; day = (day + 1) % 7) {
    mask |= 1u << day;
    if (day == *last) break;
  }
  return static_cast<std::uint8_t>(mask);
}

// "HH:MM" or "HH"; -1 where it is neither. 24:00 is 1440; what is beyond is returned as it is.
int parse_time(std::string_view text) {
  text = base::trim(text);
  const auto colon = text.find(':');
  const auto number = [](std::string_view digits, std::size_t least) {
    if (digits.size() < least || digits.empty() || digits.size() > 2) return -1;
    int value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int hours = number(text.substr(0, colon), 1);
  const int minutes = colon == std::string_view::npos ? 0 : number(text.substr(colon + 1), 2);
  if (hours < 0 || minutes < 0) return -1;
  return minutes > 59 ? 99 * 60 : hours * 60 + minutes;
}

}  // namespace

base::Result<Window, WindowError> parse_window(std::string_view text) {
  Window window;
  text = base::trim(text);
  window.text = text;
  if (text.empty() || base::iequals(text, "always")) return window;
  std::uint8_t days = 0;  // of the span that is being read: days before its times, parted by commas as spans are
  for (const auto piece : base::split(text, ',')) {
    const auto part = base::trim(piece);
    const auto digit = part.find_first_of("0123456789");
    const auto day_text = base::trim(part.substr(0, digit));
    if (part.empty() || window.spans.size() >= kMaxSpans) return syntax(text);
    if (!day_text.empty()) {
      const auto mask = parse_day_range(day_text);
      if (!mask) return syntax(part);
      days = static_cast<std::uint8_t>(days | *mask);
    }
    if (digit == std::string_view::npos) continue;
    const auto times = part.substr(digit);
    const auto dash = times.find('-');
    if (dash == std::string_view::npos) return syntax(part);
    WindowSpan span;
    span.begin_minute = parse_time(times.substr(0, dash));
    span.end_minute = parse_time(times.substr(dash + 1));
    if (span.begin_minute < 0 || span.end_minute < 0) return syntax(part);
    if (span.begin_minute >= 24 * 60 || span.end_minute > 24 * 60) {
      return base::fail(WindowError::kRange, "\"" + std::string(part) + "\": a day goes from 00:00 to 24:00");
    }
    if (span.begin_minute == span.end_minute) {
      return base::fail(WindowError::kRange,
                        "\"" + std::string(part) + "\" begins when it ends; a whole day is 00:00-24:00");
    }
    if (span.end_minute == 0) span.end_minute = 24 * 60;
    if (days != 0) span.days = days;
    days = 0;
    window.spans.push_back(span);
  }
  if (days != 0) return syntax(text);  // days without a time
  return window;
}

Window add_windows(const Window& a, const Window& b) {
  if (a.always() || b.always()) return a.always() ? a : b;
  Window sum = a;
  sum.text += ", " + b.text;
  sum.spans.insert(sum.spans.end(), b.spans.begin(), b.spans.end());
  return sum;
}

base::Result<DoneBy, WindowError> parse_done_by(std::string_view text) {
  text = base::trim(text);
  if (base::iequals(text, "window")) return DoneBy{true, 0};
  const int minute = parse_time(text);
  if (minute < 0 || minute >= 24 * 60) {
    return base::fail(WindowError::kSyntax, "\"" + std::string(text.substr(0, 60)) +
                                                "\" is no time: wants one such as \"06:00\", or \"window\"");
  }
  return DoneBy{false, minute};
}

}  // namespace podswarm::config
