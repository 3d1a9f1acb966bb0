// Notices when a feed publishes its past anew: a move to another host, or a broken generator, gives every episode a new
// guid and address at once, and all of it would be fetched again. What looks like episodes that are known is then held
// for a person to review. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scheduler/identity.h"

namespace podswarm::scheduler {

struct FloodVerdict {
  std::vector<bool> held;  // for each of the new ones
  std::string reason;      // for a person; "" where nothing is held
};

// `known`: the feed's episodes, any order. `fresh`: what one document brings that is none of them. `items`: how many
// different items the document has.
//
// A new item matches where its title is one that known episodes of a single date have, or where it is dated on a day of
// a known one (each of which stands for one item) and not after the newest: news of the same day come after it. More
// than max(5, a fifth of the known ones) matches are a flood; so are fewer where no item of the document is known any
// more and at least half of them match. Those that match nothing are new episodes in any case.
[[nodiscard]] FloodVerdict judge_flood(const std::vector<KnownEpisode>& known, const std::vector<KnownEpisode>& fresh,
                                       std::size_t items);

}  // namespace podswarm::scheduler
