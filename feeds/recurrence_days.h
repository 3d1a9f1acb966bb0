// The days on which a recurrence rule (RFC 5545 §3.3.10) recurs: "the first Tuesday of each month", as
// podcast:updateFrequency states it. The hour is not looked at. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

class RecurrenceDays {
 public:
  // Nothing where the rule does not tell days: no or an unknown FREQ, one shorter than a day, a part that picks days in
  // a way that is not known here (BYWEEKNO, BYYEARDAY), a value that is none.
  [[nodiscard]] static std::optional<RecurrenceDays> read(std::string_view rule);

  // Whether an anchor makes a difference.
  [[nodiscard]] bool needs_anchor() const { return interval_ > 1 || (weekdays_.empty() && month_days_.empty()); }
  // `anchor`: a day on which it recurs. It says which weeks, months or years count where not each one does, and stands
  // for the day where the rule names none.
  [[nodiscard]] bool includes(std::chrono::sys_days day, std::chrono::sys_days anchor) const;
  // The first such day from `from` on; nothing where the next five years have none.
  [[nodiscard]] std::optional<std::chrono::sys_days> next(std::chrono::sys_days from,
                                                          std::chrono::sys_days anchor) const;

 private:
  enum class Unit { kDay, kWeek, kMonth, kYear };
  // "TU": each one; "1TU", "-1TU": the first, the last of its month (of the year where no month is named).
  struct WeekdayRule {
    int number = 0;
    std::chrono::weekday day;
  };

  [[nodiscard]] bool in_period(std::chrono::sys_days day, std::chrono::sys_days anchor) const;
  [[nodiscard]] bool in_month_days(std::chrono::year_month_day date) const;
  [[nodiscard]] bool in_weekdays(std::chrono::sys_days day) const;
  [[nodiscard]] bool named(std::chrono::sys_days day, std::chrono::sys_days anchor) const;
  [[nodiscard]] bool at_position(std::chrono::sys_days day, std::chrono::sys_days anchor) const;

  Unit unit_ = Unit::kDay;
  int interval_ = 1;
  std::vector<WeekdayRule> weekdays_;
  std::vector<int> month_days_;  // from the end where negative
  std::vector<int> months_;
  std::vector<int> positions_;  // BYSETPOS, of the days of a week or month
};

}  // namespace podswarm::feeds
