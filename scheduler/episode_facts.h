// What an episode's names, tags, .nfo file and served entry say of its numbers: the same as rules see. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "feeds/document.h"

namespace podswarm::scheduler {

struct EpisodeFacts {
  std::string show;  // as the title names it, else the feed's name
  std::optional<int> season;
  std::optional<double> episode;  // of its season, or a running number
  std::string ep;                 // "S02E05", "12" ...; "" = no number at all
  std::optional<int> quality;     // lines of the picture
};

// The feed's own numbers come first, then what the title tells.
[[nodiscard]] EpisodeFacts episode_facts(const feeds::Item& item, std::string_view feed_name);

}  // namespace podswarm::scheduler
