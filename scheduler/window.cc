#include "scheduler/window.h"

#include <cctype>
#include <cstdlib>
#include <ctime>
#include <filesystem>

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

base::WallTime next_time_of_day(int minute, base::WallTime time) {
  const config::Window moment{"", {{0x7f, minute, minute + 1}}};
  if (open_at(moment, time)) return time;
  // A minute that the clocks skip comes on the next day.
  return next_change(moment, time).value_or(time);
}

bool is_time_zone(const std::string& name) {
  const char* folder = std::getenv("TZDIR");
  const std::filesystem::path zones = folder == nullptr ? "/usr/share/zoneinfo" : folder;
  std::error_code error;
  const bool inside = !name.starts_with('/') && name.find("..") == std::string::npos;
  if (inside && !name.empty() && std::filesystem::is_regular_file(zones / name, error)) return true;
  // A name of three letters or more, or one in <>, and an offset.
  std::size_t at = 0;
  if (name.starts_with('<')) {
    at = name.find('>');
    if (at == std::string::npos) return false;
    ++at;
  } else {
    while (at < name.size() && std::isalpha(static_cast<unsigned char>(name[at])) != 0) ++at;
    if (at < 3) return false;
  }
  if (at < name.size() && (name[at] == '+' || name[at] == '-')) ++at;
  return at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0;
}

void use_time_zone(const std::string& name) {
  if (name.empty()) return;
  ::setenv("TZ", name.c_str(), 1);
  ::tzset();
}

Windows::State Windows::look(const config::Window& window, base::WallTime now) {
  if (window.always()) return {};
  const auto found = known_.find(window.text);
  if (found != known_.end() && found->second.looked_at <= now && now < found->second.holds_until) {
    return found->second.state;
  }
  Known known;
  known.state = {open_at(window, now), next_change(window, now)};
  known.looked_at = now;
  known.holds_until = known.state.changes_at.value_or(now + std::chrono::hours(24));
  return known_.insert_or_assign(window.text, known).first->second.state;
}

}  // namespace podswarm::scheduler
