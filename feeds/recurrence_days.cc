#include "feeds/recurrence_days.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;

constexpr std::size_t kMaxRule = 1000;
constexpr std::size_t kMaxList = 64;
constexpr int kMaxInterval = 1000;
constexpr days kFarthest{5 * 366};

// A whole number with a sign between -`most` and `most`, but not 0.
std::optional<int> number_of(std::string_view text, int most) {
  text = base::trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value < -most || value > most) {
    return std::nullopt;
  }
  return value;
}

bool read_numbers(std::string_view list, int most, std::vector<int>& out) {
  for (const auto entry : base::split(list, ',')) {
    const auto value = number_of(entry, most);
    if (!value || out.size() >= kMaxList) return false;
    out.push_back(*value);
  }
  return true;
}

std::optional<weekday> weekday_named(std::string_view name) {
  static constexpr std::string_view kNames[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
  const auto at = std::find_if(std::begin(kNames), std::end(kNames), [&](auto n) { return base::iequals(n, name); });
  if (at == std::end(kNames)) return std::nullopt;
  return weekday(static_cast<unsigned>(at - std::begin(kNames)));
}

sys_days week_of(sys_days day) {
  return day - (weekday(day) - std::chrono::Monday);
}

int month_index(year_month_day date) {
  return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

sys_days last_of_month(year_month_day date) {
  return sys_days(year_month_day_last(date.year(), std::chrono::month_day_last(date.month())));
}

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::optional<RecurrenceDays> RecurrenceDays::read(std::string_view rule) {
  rule = base::trim(rule);
  if (rule.size() > kMaxRule) return std::nullopt;
  if (base::istarts_with(rule, "RRULE:")) rule.remove_prefix(6);
  RecurrenceDays out;
  bool has_unit = false;
  for (const auto part : base::split(rule, ';')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = base::trim(part.substr(0, equals));
    const auto value = base::trim(part.substr(equals + 1));
    if (base::iequals(name, "FREQ")) {
      static constexpr std::string_view kUnits[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
      const auto unit =
          std::find_if(std::begin(kUnits), std::end(kUnits), [&](auto n) { return base::iequals(n, value); });
      if (unit == std::end(kUnits)) return std::nullopt;
      out.unit_ = static_cast<Unit>(unit - std::begin(kUnits));
      has_unit = true;
    } else if (base::iequals(name, "INTERVAL")) {
      const auto interval = number_of(value, kMaxInterval);
      if (!interval || *interval < 0) return std::nullopt;
      out.interval_ = *interval;
    } else if (base::iequals(name, "BYDAY")) {
      for (const auto entry : base::split(value, ',')) {
        const auto text = base::trim(entry);
        if (text.size() < 2 || out.weekdays_.size() >= kMaxList) return std::nullopt;
        const auto day = weekday_named(text.substr(text.size() - 2));
        const auto count = text.size() == 2 ? std::optional(0) : number_of(text.substr(0, text.size() - 2), 53);
        if (!day || !count) return std::nullopt;
        out.weekdays_.push_back({*count, *day});
      }
    } else if (base::iequals(name, "BYMONTHDAY")) {
      if (!read_numbers(value, 31, out.month_days_)) return std::nullopt;
    } else if (base::iequals(name, "BYMONTH")) {
      if (!read_numbers(value, 12, out.months_)) return std::nullopt;
    } else if (base::iequals(name, "BYSETPOS")) {
      if (!read_numbers(value, 31, out.positions_)) return std::nullopt;
    } else if (base::iequals(name, "BYWEEKNO") || base::iequals(name, "BYYEARDAY")) {
      return std::nullopt;
    }
  }
  if (!has_unit) return std::nullopt;
  return out;
}

// Whether the day's week, month or year is one of those that count.
bool RecurrenceDays::in_period(sys_days day, sys_days anchor) const {
  const year_month_day date(day), first(anchor);
  int distance = 0;
  switch (unit_) {
    case Unit::kDay:
      distance = static_cast<int>((day - anchor).count());
      break;
    case Unit::kWeek:
      distance = static_cast<int>((week_of(day) - week_of(anchor)).count() / 7);
      break;
    case Unit::kMonth:
      distance = month_index(date) - month_index(first);
      break;
    case Unit::kYear:
      distance = static_cast<int>(date.year()) - static_cast<int>(first.year());
      break;
  }
  return distance % interval_ == 0;
}

bool RecurrenceDays::in_month_days(year_month_day date) const {
  const int number = static_cast<int>(static_cast<unsigned>(date.day()));
  const int from_end = number - static_cast<int>(static_cast<unsigned>(year_month_day(last_of_month(date)).day())) - 1;
  return contains(month_days_, number) || contains(month_days_, from_end);
}

bool RecurrenceDays::in_weekdays(sys_days day) const {
  const year_month_day date(day);
  const bool of_year = unit_ == Unit::kYear && months_.empty();
  const sys_days first =
      of_year ? sys_days(date.year() / std::chrono::January / 1) : sys_days(date.year() / date.month() / 1);
  const sys_days last = of_year ? sys_days(date.year() / std::chrono::December / 31) : last_of_month(date);
  const int from_start = static_cast<int>((day - first).count() / 7) + 1;
  const int from_end = -(static_cast<int>((last - day).count() / 7) + 1);
  return std::any_of(weekdays_.begin(), weekdays_.end(), [&](const WeekdayRule& rule) {
    return rule.day == weekday(day) && (rule.number == 0 || rule.number == from_start || rule.number == from_end);
  });
}

// By everything but INTERVAL and BYSETPOS.
bool RecurrenceDays::named(sys_days day, sys_days anchor) const {
  const year_month_day date(day), first(anchor);
  if (!months_.empty() && !contains(months_, static_cast<int>(static_cast<unsigned>(date.month())))) return false;
  if (!month_days_.empty() && !in_month_days(date)) return false;
  if (!weekdays_.empty()) return in_weekdays(day);
  if (!month_days_.empty()) return unit_ != Unit::kYear || !months_.empty() || date.month() == first.month();
  switch (unit_) {
    case Unit::kDay:
      return true;
    case Unit::kWeek:
      return weekday(day) == weekday(anchor);
    case Unit::kMonth:
      return date.day() == first.day();
    case Unit::kYear:
      return date.day() == first.day() && (!months_.empty() || date.month() == first.month());
  }
  return false;
}

// Whether it stands at one of the wanted places among the named days of its week or month.
bool RecurrenceDays::at_position(sys_days day, sys_days anchor) const {
  const year_month_day date(day);
  const bool of_week = unit_ == Unit::kWeek;
  const sys_days first = of_week ? week_of(day) : sys_days(date.year() / date.month() / 1);
  const sys_days last = of_week ? first + days(6) : last_of_month(date);
  int before = 0, after = 0;
  for (sys_days other = first; other <= last; other += days(1)) {
    if (other != day && named(other, anchor)) ++(other < day ? before : after);
  }
  return contains(positions_, before + 1) || contains(positions_, -(after + 1));
}

bool RecurrenceDays::includes(sys_days day, sys_days anchor) const {
  if (!named(day, anchor) || !in_period(day, anchor)) return false;
  return positions_.empty() || at_position(day, anchor);
}

std::optional<sys_days> RecurrenceDays::next(sys_days from, sys_days anchor) const {
  for (sys_days day = from; day < from + kFarthest; day += days(1)) {
    if (includes(day, anchor)) return day;
  }
  return std::nullopt;
}

}  // namespace podswarm::feeds
