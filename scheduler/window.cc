#include "scheduler/window.h"

#include <ctime>

namespace podswarm::scheduler {

namespace {

constexpr int kDayMinutes = 24 * 60;

// `weekday` counts from Monday.
bool contains(const config::WindowSpan& span, int weekday, int minute) {
  const bool begins_today = (span.days >> weekday & 1) != 0;
  if (span.begin_minute < span.end_minute) {
    return begins_today && minute >= span.begin_minute && minute < span.end_minute;
  }
  const bool began_yesterday = (span.days >> ((weekday + 6) % 7) & 1) != 0;
  return (begins_today && minute >= span.begin_minute) || (began_yesterday && minute < span.end_minute);
}

}  // namespace

bool open_at(const config::Window& window, base::WallTime time) {
  if (window.always()) return true;
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const int weekday = (local.tm_wday + 6) % 7;
  for (const auto& span : window.spans) {
    if (contains(span, weekday, local.tm_hour * 60 + local.tm_min)) return true;
  }
  return false;
}

std::optional<base::WallTime> next_change(const config::Window& window, base::WallTime time) {
  if (window.always()) return std::nullopt;
  // Asking the local clock minute by minute is about a millisecond a week, and right over every change of the clocks.
  const bool now_open = open_at(window, time);
  const auto minute = std::chrono::ceil<std::chrono::minutes>(time + std::chrono::seconds(1));
  for (int i = 0; i <= 8 * kDayMinutes; ++i) {
    const base::WallTime candidate = minute + std::chrono::minutes(i);
    if (open_at(window, candidate) != now_open) return candidate;
  }
  return std::nullopt;
}

}  // namespace podswarm::scheduler
