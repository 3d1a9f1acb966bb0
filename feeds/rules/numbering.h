// Which episode an item is: season and episode, a running number, a date, or a whole season. Plain values, pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/rules/literal.h"

namespace podswarm::rules {

struct Numbering {
  enum class Kind : std::uint8_t { kNone, kEpisode, kAbsolute, kDate, kSeasonPack };
  Kind kind = Kind::kNone;
  int season = 0;    // kEpisode, kSeasonPack; kAllSeasons
  double first = 0;  // kEpisode, kAbsolute; fractions occur (a recap numbered 12.5)
  double last = 0;   // equals `first` unless the item holds several
  std::chrono::sys_days date{};
};

// The season of a pack that has all of them.
inline constexpr int kAllSeasons = -1;

// A numbering with more episodes than this is a season pack.
inline constexpr double kMaxSpanEpisodes = 100;

// For comparisons. A season pack is no episode, and has none.
[[nodiscard]] std::optional<Span> span_of(const Numbering& numbering);

// "S01E02", "S01E02-E03", "19", "2017-01-02", "S04 (season)", "(all seasons)", ""
[[nodiscard]] std::string to_string(const Numbering& numbering);

// One history key for each episode, none for season packs and items without numbers. Spelling of the show aside from
// letters and digits does not count. `type` is the item's episode_type: a trailer or a bonus that has the numbers of an
// episode is no copy of it.
[[nodiscard]] std::vector<std::string> episode_keys(std::string_view show, const Numbering& numbering,
                                                    std::string_view type = "");

// Case folded, letters and digits only, `&` read as "and".
[[nodiscard]] std::string normalise_name(std::string_view name);
// The same with the signs that tell titles apart: those between digits but for dashes (1.10, 10:30), and the + # % $ of
// C++, C#, 50% and $5. Case, blanks, quotes, dashes and the ends of sentences do not count.
[[nodiscard]] std::string normalise_title(std::string_view title);

}  // namespace podswarm::rules
