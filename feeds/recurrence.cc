#include "feeds/recurrence.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxRule = 1000;
constexpr std::uint64_t kMaxInterval = 100'000;
constexpr double kWeeksAMonth = 365.2425 / 12 / 7;

std::optional<double> unit_seconds(std::string_view freq) {
  constexpr double kDay = 86'400;
  if (base::iequals(freq, "SECONDLY")) return 1;
  if (base::iequals(freq, "MINUTELY")) return 60;
  if (base::iequals(freq, "HOURLY")) return 3600;
  if (base::iequals(freq, "DAILY")) return kDay;
  if (base::iequals(freq, "WEEKLY")) return 7 * kDay;
  if (base::iequals(freq, "MONTHLY")) return 7 * kDay * kWeeksAMonth;
  if (base::iequals(freq, "YEARLY")) return 365.2425 * kDay;
  return std::nullopt;
}

// What BYDAY multiplies a period's occurrences by: "TU" is each Tuesday of it, "1TU" one.
double days_in(std::string_view freq, std::string_view list) {
  double each = 0;
  double numbered = 0;
  for (const auto entry : base::split(list, ',')) {
    const auto day = base::trim(entry);
    if (day.size() > 2) {
      ++numbered;
    } else if (day.size() == 2) {
      ++each;
    }
  }
  if (base::iequals(freq, "WEEKLY")) return each + numbered;
  if (base::iequals(freq, "MONTHLY")) return each * kWeeksAMonth + numbered;
  if (base::iequals(freq, "YEARLY")) return each * kWeeksAMonth * 12 + numbered;
  return (each + numbered) / 7;  // of shorter periods it leaves those on these days
}

}  // namespace

std::optional<seconds> average_period(std::string_view rule) {
  rule = base::trim(rule);
  if (rule.size() > kMaxRule) return std::nullopt;
  if (base::istarts_with(rule, "RRULE:")) rule.remove_prefix(6);
  std::string_view freq;
  double interval = 1;
  double times = 1;
  std::string_view by_day;
  std::string_view by_month;
  for (const auto part : base::split(rule, ';')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = base::trim(part.substr(0, equals));
    const auto value = base::trim(part.substr(equals + 1));
    if (base::iequals(name, "FREQ")) {
      freq = value;
    } else if (base::iequals(name, "INTERVAL")) {
      const auto number = parse_count(value);
      if (!number || *number == 0 || *number > kMaxInterval) return std::nullopt;
      interval = static_cast<double>(*number);
    } else if (base::iequals(name, "BYDAY")) {
      by_day = value;
    } else if (base::iequals(name, "BYMONTH")) {
      by_month = value;
    } else if (base::iequals(name, "BYMONTHDAY") || base::iequals(name, "BYHOUR")) {
      times *= static_cast<double>(base::split(value, ',').size());
    }
  }
  const auto unit = unit_seconds(freq);
  if (!unit) return std::nullopt;
  if (!by_month.empty()) {
    const auto months = static_cast<double>(base::split(by_month, ',').size());
    if (base::iequals(freq, "YEARLY")) {
      times *= months;
      if (!by_day.empty()) freq = "MONTHLY";  // the days are those of each of these months
    } else {
      times *= std::min(1.0, months / 12);
    }
  }
  if (!by_day.empty()) times *= days_in(freq, by_day);
  if (times <= 0) return std::nullopt;
  const double period = *unit * interval / times;
  return std::clamp(seconds(static_cast<std::int64_t>(std::min(period, 1e12))), seconds(minutes(1)),
                    seconds(days(3653)));
}

}  // namespace podswarm::feeds
