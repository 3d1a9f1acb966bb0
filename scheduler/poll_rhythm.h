// When a feed is likely to have something new, told from when it has published until now: by habit (poll_cycle.h), on
// the days that it promises, or only so often. Pure. Everything is UTC: a show that keeps to local time moves by an
// hour twice a year, which the windows allow for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feeds/document.h"

namespace podswarm::scheduler {

struct Rhythm {
  enum class Kind {
    kUnknown,    // too little is known
    kRegular,    // at usual times: `window`
    kIrregular,  // every `gap` or so
    kDormant,    // nothing for long
    kComplete,   // says that nothing more will come
  };
  struct Window {
    base::WallTime opens{};
    base::WallTime closes{};
  };
  Kind kind = Kind::kUnknown;
  std::chrono::seconds gap{};  // between two releases, usually
  // Of kRegular: the usual time that is now and has brought nothing yet, else the next one.
  Window window{};
};

// How many moments are worth remembering for rhythm_of().
inline constexpr std::size_t kRhythmMemory = 60;
// Windows are wider than what was seen by this at either end.
inline constexpr std::chrono::hours kWindowMargin{1};

// When an episode came out: as dated, but for a date without a time of day (midnight), where seeing it tells more.
[[nodiscard]] base::WallTime release_time(std::optional<base::WallTime> published, base::WallTime first_seen);

// `releases` in any order; the feed's own word (podcast:updateFrequency, itunes:complete) counts where history shows no
// habit, and the days that it promises (RFC 5545) where history does not belie them.
[[nodiscard]] Rhythm rhythm_of(std::vector<base::WallTime> releases, const feeds::UpdateHints& hints,
                               base::WallTime now);

// When to look next, between now + shortest and now + longest, and no jitter beyond: inside a window after `shortest`;
// else after a part of the gap, a week where nothing comes any more, but no later than a window opens. `jitter` (a
// part, such as 0.1) of a wait is added at random (in [0, 1)), and feeds whose windows open at once are spread over
// `shortest`.
[[nodiscard]] base::WallTime next_look(const Rhythm& rhythm, std::chrono::seconds shortest,
                                       std::chrono::seconds longest, base::WallTime now, double jitter, double random);

// For a person: "usually every 7d; next between 2026-11-24 04:00 and 06:30 UTC".
[[nodiscard]] std::string describe(const Rhythm& rhythm, base::WallTime now);

}  // namespace podswarm::scheduler
