#include "scheduler/poll_rhythm.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "feeds/recurrence.h"
#include "feeds/recurrence_days.h"
#include "scheduler/poll_cycle.h"

namespace podswarm::scheduler {

namespace {

using base::WallTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kDay = days(1);
constexpr seconds kWeek = days(7);
constexpr seconds kOneRelease = minutes(30);  // what comes together counts once
constexpr seconds kSilence = days(60);        // after it nothing is expected any more
constexpr seconds kLongestQuiet = kDay;
constexpr seconds kDormantWait = kWeek;
constexpr int kLooksAGap = 6;
constexpr std::size_t kFewest = 3;

// Days that the feed has promised: they begin and end somewhere in the world, and an hour was not promised.
constexpr seconds kBeforeDay = hours(12);
constexpr seconds kAfterDay = hours(12);
constexpr double kKept = 0.6;        // a promise that history bears out to this part is believed
constexpr seconds kDense = days(4);  // promised days that lie so close leave nothing between their windows

seconds middle_gap(const std::vector<WallTime>& releases) {
  std::vector<seconds> gaps;
  for (std::size_t i = 1; i < releases.size(); ++i) gaps.push_back(releases[i] - releases[i - 1]);
  if (gaps.empty()) return seconds(0);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

// The next of the days that the feed promises (podcast:updateFrequency), unless its history belies it.
std::optional<Rhythm::Window> promised_window(const feeds::UpdateHints& hints, const std::vector<WallTime>& releases,
                                              WallTime now) {
  const auto rule = feeds::RecurrenceDays::read(hints.update_rrule);
  const auto gap = feeds::average_period(hints.update_rrule);
  if (!rule || !gap || *gap < kDense || (releases.empty() && rule->needs_anchor())) return std::nullopt;
  const auto day_of = [](WallTime time) { return std::chrono::floor<days>(time); };
  const WallTime last = releases.empty() ? WallTime{} : releases.back();
  const auto anchor = day_of(releases.empty() ? now : last);
  const auto window_of = [](std::chrono::sys_days day) {
    return Rhythm::Window{day - kBeforeDay, day + days(1) + kAfterDay};
  };
  if (releases.size() >= kFewest) {
    const auto kept = std::count_if(releases.begin(), releases.end(), [&](WallTime time) {
      for (const auto day : {day_of(time) - days(1), day_of(time), day_of(time) + days(1)}) {
        const auto window = window_of(day);
        if (rule->includes(day, anchor) && window.opens <= time && time < window.closes) return true;
      }
      return false;
    });
    if (static_cast<double>(kept) < kKept * static_cast<double>(releases.size())) return std::nullopt;
  }
  auto day = rule->next(day_of(now) - days(2), anchor);
  while (day) {
    const auto window = window_of(*day);
    if (window.closes > now && last < window.opens) return window;
    day = rule->next(*day + days(1), anchor);
  }
  return std::nullopt;
}

}  // namespace

WallTime release_time(std::optional<WallTime> published, WallTime first_seen) {
  if (!published || *published > first_seen + kDay) return first_seen;
  const bool date_only = published->time_since_epoch() % kDay == seconds(0);
  const bool seen_fresh = first_seen >= *published && first_seen - *published < 2 * kDay;
  return date_only && seen_fresh ? first_seen : *published;
}

Rhythm rhythm_of(std::vector<WallTime> releases, const feeds::UpdateHints& hints, WallTime now) {
  Rhythm rhythm;
  const auto promised = feeds::average_period(hints.update_rrule);
  if (promised) rhythm.gap = *promised;
  if (hints.complete) {
    rhythm.kind = Rhythm::Kind::kComplete;
    return rhythm;
  }
  std::erase_if(releases, [&](WallTime time) { return time > now; });
  std::sort(releases.begin(), releases.end());
  const auto same = [](WallTime a, WallTime b) { return b - a < kOneRelease; };
  releases.erase(std::unique(releases.begin(), releases.end(), same), releases.end());
  if (releases.size() > kRhythmMemory) {
    releases.erase(releases.begin(), releases.end() - static_cast<std::ptrdiff_t>(kRhythmMemory));
  }
  if (releases.empty()) {
    if (promised) rhythm.kind = Rhythm::Kind::kIrregular;
    if (const auto window = promised_window(hints, releases, now)) {
      rhythm.kind = Rhythm::Kind::kRegular;
      rhythm.window = *window;
    }
    return rhythm;
  }
  const WallTime last = releases.back();
  const bool enough = releases.size() >= kFewest;
  const seconds gap = enough ? middle_gap(releases) : rhythm.gap;
  if (now - last > std::max({kSilence, 3 * gap, 3 * rhythm.gap})) {
    rhythm.kind = Rhythm::Kind::kDormant;
    rhythm.gap = now - last;
    return rhythm;
  }
  if (const auto habit = Habit::of(releases, gap, now)) {
    rhythm.kind = Rhythm::Kind::kRegular;
    rhythm.gap = habit->gap();
    rhythm.window = habit->next_window(last, now);
    return rhythm;
  }
  if (const auto window = promised_window(hints, releases, now)) {
    rhythm.kind = Rhythm::Kind::kRegular;
    rhythm.window = *window;
    return rhythm;
  }
  if (!enough && !promised) return rhythm;
  rhythm.kind = Rhythm::Kind::kIrregular;
  // What has been silent for longer than usual may stay so.
  if (enough && !promised) rhythm.gap = std::max(gap, now - last);
  return rhythm;
}

WallTime next_look(const Rhythm& rhythm, seconds shortest, seconds longest, WallTime now, double jitter,
                   double random) {
  const auto part = [](seconds whole, double share) { return std::chrono::duration_cast<seconds>(whole * share); };
  const bool regular = rhythm.kind == Rhythm::Kind::kRegular;
  const bool open = regular && rhythm.window.opens <= now && now < rhythm.window.closes;
  seconds wait = shortest;
  if (rhythm.kind == Rhythm::Kind::kDormant || rhythm.kind == Rhythm::Kind::kComplete) {
    wait = kDormantWait;
  } else if (rhythm.kind != Rhythm::Kind::kUnknown && !open) {
    wait = std::min(rhythm.gap / kLooksAGap, kLongestQuiet);
  }
  longest = std::max(longest, shortest);
  wait = std::clamp(wait, shortest, longest);
  const WallTime quiet = now + wait + part(wait, jitter * random);
  if (!regular || open || rhythm.window.opens >= quiet) return quiet;
  return std::max(rhythm.window.opens + part(std::min<seconds>(shortest, kWindowMargin), random), now + shortest);
}

std::string describe(const Rhythm& rhythm, WallTime now) {
  const auto moment = [](WallTime time) {
    std::string text = base::format_rfc3339(time).substr(0, 16);
    text[10] = ' ';
    return text;
  };
  switch (rhythm.kind) {
    case Rhythm::Kind::kRegular:
      return fmt::format("publishes every {} or so; {} between {} and {} UTC", base::format_duration(rhythm.gap),
                         rhythm.window.opens <= now ? "expected now," : "next", moment(rhythm.window.opens),
                         moment(rhythm.window.closes));
    case Rhythm::Kind::kIrregular:
      return fmt::format("publishes every {} or so, at no usual time", base::format_duration(rhythm.gap));
    case Rhythm::Kind::kDormant:
      return fmt::format("has published nothing for {}", base::format_duration(rhythm.gap));
    case Rhythm::Kind::kComplete:
      return "says that it is complete";
    case Rhythm::Kind::kUnknown:
      break;
  }
  return "too little is known of when it publishes";
}

}  // namespace podswarm::scheduler
