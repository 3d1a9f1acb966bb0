#include "scheduler/poll_rhythm.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "feeds/recurrence.h"

namespace podswarm::scheduler {

namespace {

using base::WallTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kDay = days(1);
constexpr seconds kWeek = days(7);
constexpr seconds kMemory = days(7 * 26);
constexpr seconds kOneRelease = minutes(30);  // what comes together counts once
constexpr seconds kLate = hours(3);           // a window stays open for a late episode
constexpr seconds kSilence = days(60);        // after it nothing is expected any more
constexpr seconds kLongestQuiet = kDay;
constexpr seconds kDormantWait = kWeek;
constexpr int kLooksAGap = 6;
constexpr std::size_t kFewest = 3;

// A usual time: the part of a day or a week in which releases have come.
struct Slot {
  seconds begin{};  // since the cycle's start
  seconds width{};
  std::size_t count = 0;
};

struct Cycle {
  seconds length;
  seconds widest_slot;
  std::size_t recent;  // so many cycles are looked at
  double share;        // in this part of which a slot must have had its release
};
constexpr Cycle kWeekly{kWeek, hours(12), 10, 0.6};
constexpr Cycle kDaily{kDay, hours(4), 21, 0.55};
constexpr double kExplained = 0.7;  // this part of the releases must lie in slots

// The narrow places of the cycle in which most releases lie, the fullest first.
std::vector<Slot> slots_of(std::vector<seconds> offsets, const Cycle& cycle, std::size_t least) {
  std::vector<Slot> slots;
  std::sort(offsets.begin(), offsets.end());
  while (offsets.size() >= least) {
    Slot best;
    std::size_t best_at = 0;
    for (std::size_t at = 0; at < offsets.size(); ++at) {
      Slot slot{offsets[at], seconds(0), 0};
      for (std::size_t i = 0; i < offsets.size(); ++i) {
        // Round the end of the cycle: Sunday night and Monday morning are neighbours.
        const seconds after = offsets[(at + i) % offsets.size()] - offsets[at];
        const seconds distance = after < seconds(0) ? after + cycle.length : after;
        if (distance > cycle.widest_slot) break;
        slot.width = distance;
        ++slot.count;
      }
      if (slot.count > best.count || (slot.count == best.count && slot.width < best.width)) {
        best = slot;
        best_at = at;
      }
    }
    if (best.count < least) break;
    slots.push_back(best);
    std::rotate(offsets.begin(), offsets.begin() + static_cast<std::ptrdiff_t>(best_at), offsets.end());
    offsets.erase(offsets.begin(), offsets.begin() + static_cast<std::ptrdiff_t>(best.count));
    std::sort(offsets.begin(), offsets.end());
  }
  return slots;
}

struct Slots {
  Cycle cycle;
  std::vector<Slot> slots;
  double explained = 0;  // the part of the releases that lies in them
};

// Where the releases lie in a cycle; no slots where they do not keep to it. `releases` ascend.
Slots usual_slots(const std::vector<WallTime>& releases, const Cycle& cycle, WallTime now) {
  const WallTime since = now - cycle.length * static_cast<std::int64_t>(cycle.recent);
  std::vector<seconds> offsets;
  WallTime first = now;
  for (const auto release : releases) {
    if (release < since) continue;
    first = std::min(first, release);
    offsets.push_back(release.time_since_epoch() % cycle.length);
  }
  // Cycles that could have had a release: the one that is under way counts for what has passed of it.
  const double cycles =
      std::max(1.0, static_cast<double>((now - first).count()) / static_cast<double>(cycle.length.count()));
  const auto least = std::max(kFewest, static_cast<std::size_t>(cycles * cycle.share));
  Slots usual{cycle, slots_of(offsets, cycle, least)};
  std::size_t inside = 0;
  seconds covered{};
  for (const auto& slot : usual.slots) {
    inside += slot.count;
    covered += slot.width + 2 * kWindowMargin;
  }
  usual.explained = offsets.empty() ? 0 : static_cast<double>(inside) / static_cast<double>(offsets.size());
  // Slots everywhere say nothing.
  if (usual.explained < kExplained || covered > cycle.length / 2) usual = {cycle, {}};
  return usual;
}

// The first window, of all slots, that has not closed and in which nothing has come.
Rhythm::Window next_window(const std::vector<Slot>& slots, const Cycle& cycle, WallTime last, WallTime now) {
  std::optional<Rhythm::Window> next;
  for (const auto& slot : slots) {
    const auto start = now - (now.time_since_epoch() % cycle.length) - cycle.length;
    for (int i = 0; i < 4; ++i) {
      const WallTime opens = start + cycle.length * i + slot.begin - kWindowMargin;
      const WallTime closes = opens + slot.width + 2 * kWindowMargin + kLate;
      if (closes <= now || last >= opens) continue;
      if (!next || opens < next->opens) next = Rhythm::Window{opens, closes};
      break;
    }
  }
  return next.value_or(Rhythm::Window{});
}

seconds middle_gap(const std::vector<WallTime>& releases) {
  std::vector<seconds> gaps;
  for (std::size_t i = 1; i < releases.size(); ++i) gaps.push_back(releases[i] - releases[i - 1]);
  if (gaps.empty()) return seconds(0);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
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
  std::erase_if(releases, [&](WallTime time) { return time < now - kMemory; });
  const auto weekly = usual_slots(releases, kWeekly, now);
  const auto daily = usual_slots(releases, kDaily, now);
  const auto& usual = weekly.explained >= daily.explained ? weekly : daily;
  if (!usual.slots.empty()) {
    rhythm.kind = Rhythm::Kind::kRegular;
    rhythm.gap = usual.cycle.length / static_cast<std::int64_t>(usual.slots.size());
    rhythm.window = next_window(usual.slots, usual.cycle, last, now);
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
