#include "scheduler/poll_cycle.h"

#include <algorithm>

namespace podswarm::scheduler {

namespace {

using base::WallTime;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr seconds kDay = days(1);
constexpr seconds kMonth{2'629'746};   // 365.2425 days / 12
constexpr seconds kLate = hours(3);    // a window stays open for a late episode
constexpr std::size_t kFewest = 3;     // releases that make a usual time
constexpr double kExplained = 0.7;     // this part of the releases must lie in slots
constexpr seconds kSeldom = 8 * kDay;  // what comes more often than that keeps to days and weeks

sys_days month_start(std::int64_t number) {
  return sys_days(year(static_cast<int>(number / 12)) / std::chrono::month(static_cast<unsigned>(number % 12) + 1) / 1);
}

int days_in_month(std::int64_t number) {
  return static_cast<int>((month_start(number + 1) - month_start(number)).count());
}

// Monday is 0.
int day_of_week(sys_days day) {
  return static_cast<int>(weekday(day).iso_encoding()) - 1;
}

}  // namespace

const Habit::Cycle Habit::kWeekly{Kind::kDays, 7 * kDay, hours(12), 10, 0.6};
const Habit::Cycle Habit::kDaily{Kind::kDays, kDay, hours(4), 21, 0.55};
const Habit::Cycle Habit::kFortnightly{Kind::kDays, 14 * kDay, hours(12), 10, 0.6};
const Habit::Cycle Habit::kFourWeekly{Kind::kDays, 28 * kDay, hours(12), 12, 0.6};
const Habit::Cycle Habit::kMonthWeekday{Kind::kMonthWeekday, kMonth, hours(12), 12, 0.6};
const Habit::Cycle Habit::kFinalWeekday{Kind::kFinalWeekday, kMonth, hours(12), 12, 0.6};
const Habit::Cycle Habit::kMonthDay{Kind::kMonthDay, kMonth, hours(36), 12, 0.6};

Habit::Habit(const Cycle& cycle, WallTime last) : cycle_(cycle) {
  if (cycle.kind != Kind::kDays) shift_ = kDay / 2 - (last - floor<days>(last));
}

std::optional<Habit> Habit::of(const std::vector<WallTime>& releases, seconds gap, WallTime now) {
  const auto better = [](std::optional<Habit> a, std::optional<Habit> b) {
    return b && (!a || b->explained_ > a->explained_) ? b : a;
  };
  std::optional<Habit> habit;
  if (gap >= kSeldom) {
    // Of cycles that explain as much the first: each second week is also two slots in four.
    for (const Cycle* cycle : {&kFourWeekly, &kFortnightly, &kMonthWeekday, &kFinalWeekday, &kMonthDay}) {
      habit = better(std::move(habit), in(*cycle, releases, now));
    }
  }
  return habit ? habit : better(in(kWeekly, releases, now), in(kDaily, releases, now));
}

std::optional<Habit> Habit::in(const Cycle& cycle, const std::vector<WallTime>& releases, WallTime now) {
  if (releases.empty()) return std::nullopt;
  Habit habit(cycle, releases.back());
  const WallTime since = now - cycle.length * static_cast<std::int64_t>(cycle.recent);
  std::vector<seconds> offsets;
  WallTime first = now;
  for (const auto release : releases) {
    if (release < since) continue;
    first = std::min(first, release);
    offsets.push_back(habit.offset_of(release));
  }
  if (offsets.size() < kFewest) return std::nullopt;
  // Cycles that could have had a release: the one that is under way counts for what has passed of it.
  const double cycles =
      std::max(1.0, static_cast<double>((now - first).count()) / static_cast<double>(cycle.length.count()));
  habit.find_slots(offsets, std::max(kFewest, static_cast<std::size_t>(cycles * cycle.share)));
  std::size_t inside = 0;
  seconds covered{};
  for (const auto& slot : habit.slots_) {
    inside += slot.count;
    covered += slot.width + 2 * kWindowMargin;
  }
  habit.explained_ = static_cast<double>(inside) / static_cast<double>(offsets.size());
  // Slots everywhere say nothing.
  if (habit.explained_ < kExplained || covered > cycle.length / 2) return std::nullopt;
  return habit;
}

// The narrow places of the cycle in which most releases lie.
void Habit::find_slots(std::vector<seconds> offsets, std::size_t least) {
  std::sort(offsets.begin(), offsets.end());
  while (offsets.size() >= least) {
    Slot best;
    std::size_t best_at = 0;
    for (std::size_t at = 0; at < offsets.size(); ++at) {
      Slot slot{offsets[at], seconds(0), 0};
      for (std::size_t i = 0; i < offsets.size(); ++i) {
        // Round the end of the cycle: Sunday night and Monday morning are neighbours. Months are of different lengths.
        const bool is_next_cycle = at + i >= offsets.size();
        if (is_next_cycle && cycle_.kind != Kind::kDays) break;
        const seconds after = offsets[(at + i) % offsets.size()] - offsets[at];
        const seconds distance = is_next_cycle ? after + cycle_.length : after;
        if (distance > cycle_.widest_slot) break;
        slot.width = distance;
        ++slot.count;
      }
      if (slot.count > best.count || (slot.count == best.count && slot.width < best.width)) {
        best = slot;
        best_at = at;
      }
    }
    if (best.count < least) break;
    slots_.push_back(best);
    std::rotate(offsets.begin(), offsets.begin() + static_cast<std::ptrdiff_t>(best_at), offsets.end());
    offsets.erase(offsets.begin(), offsets.begin() + static_cast<std::ptrdiff_t>(best.count));
    std::sort(offsets.begin(), offsets.end());
  }
}

std::int64_t Habit::number_of(WallTime time) const {
  if (cycle_.kind == Kind::kDays) return time.time_since_epoch() / cycle_.length;
  const year_month_day date(floor<days>(time + shift_));
  return static_cast<int>(date.year()) * std::int64_t{12} + static_cast<unsigned>(date.month()) - 1;
}

seconds Habit::offset_of(WallTime time) const {
  if (cycle_.kind == Kind::kDays) return time.time_since_epoch() % cycle_.length;
  const WallTime local = time + shift_;
  const sys_days day = floor<days>(local);
  const std::int64_t number = number_of(time);
  const auto in_month = static_cast<int>((day - month_start(number)).count());
  const seconds of_day = local - day;
  switch (cycle_.kind) {
    case Kind::kMonthWeekday:
      return (in_month / 7 * 7 + day_of_week(day)) * kDay + of_day;
    case Kind::kFinalWeekday:
      return ((days_in_month(number) - 1 - in_month) / 7 * 7 + day_of_week(day)) * kDay + of_day;
    case Kind::kMonthDay:
    case Kind::kDays:
      break;
  }
  return in_month * kDay + of_day;
}

std::optional<WallTime> Habit::moment(std::int64_t number, seconds offset) const {
  if (cycle_.kind == Kind::kDays) return WallTime(cycle_.length * number + offset);
  const int whole = static_cast<int>(offset / kDay);
  const int length = days_in_month(number);
  const sys_days first = month_start(number);
  int in_month = whole;
  if (cycle_.kind == Kind::kMonthWeekday) {
    in_month = whole / 7 * 7 + (whole % 7 - day_of_week(first) + 7) % 7;
  } else if (cycle_.kind == Kind::kFinalWeekday) {
    const int last = length - 1;
    in_month = last - whole / 7 * 7 - (day_of_week(first + days(last)) - whole % 7 + 7) % 7;
  }
  if (in_month < 0 || in_month >= length) return std::nullopt;
  return WallTime(first) + in_month * kDay + offset % kDay - shift_;
}

seconds Habit::gap() const {
  return cycle_.length / static_cast<std::int64_t>(slots_.size());
}

Rhythm::Window Habit::next_window(WallTime last, WallTime now) const {
  std::optional<Rhythm::Window> next;
  const std::int64_t current = number_of(now);
  for (const auto& slot : slots_) {
    // A day that most months have comes within a few of them.
    for (std::int64_t number = current - 1; number < current + 5; ++number) {
      const auto begin = moment(number, slot.begin);
      if (!begin) continue;
      const WallTime opens = *begin - kWindowMargin;
      const WallTime closes = opens + slot.width + 2 * kWindowMargin + kLate;
      if (closes <= now || last >= opens) continue;
      if (!next || opens < next->opens) next = Rhythm::Window{opens, closes};
      break;
    }
  }
  return next.value_or(Rhythm::Window{});
}

}  // namespace podswarm::scheduler
