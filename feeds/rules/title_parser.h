// What a title says of an item: show, numbering, quality, group, revision. Guesses, and used as such: numbers that the
// feed itself gives come first (subject.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "feeds/rules/numbering.h"

namespace podswarm::rules {

struct TitleInfo {
  std::string show;  // what stands before the numbering; "" where nothing does, or nothing is numbered
  Numbering numbering;
  std::optional<int> quality;  // lines: 720, 1080, 2160…
  std::string group;           // "[Group] …" or "…-GROUP"
  int revision = 1;            // v2 → 2, REPACK and PROPER → 2, REPACK2 → 3
};

// Looks at the first 1024 bytes.
[[nodiscard]] TitleInfo parse_title(std::string_view title);

}  // namespace podswarm::rules
