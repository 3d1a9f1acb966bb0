// Which of a document's items are episodes that are known, under whatever identity, which are new, and which must wait
// for a person (flood_brake.h). Reads the stores, changes nothing. Runs on the scheduler's thread.
#pragma once

#include <string>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/identity.h"

namespace podswarm::scheduler {

struct Recognised {
  const feeds::Item* item = nullptr;
  std::string identity;
  std::vector<std::string> keys;
  std::optional<db::EpisodeRow> known;  // whose identity may be another one
  bool duplicate = false;               // stands in the document under another identity already
  std::string hold_reason;              // of a new one; "" unless it must wait
};

// In document order; items that say nothing are left out. `brake`: whether to look for a flood. `document` must outlive
// the answer.
[[nodiscard]] std::vector<Recognised> recognise(Context& context, const db::FeedRow& feed, const feeds::Feed& document,
                                                bool brake);

}  // namespace podswarm::scheduler
