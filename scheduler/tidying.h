// Deletes episodes from the library: those beyond the bounds of retention (library/retention.h), and those that a person
// names. What is to go is remembered first, so that a crash between a file and its row is mended at the next start; what
// is gone leaves a tombstone, by which the episode is known for ever. Runs on the scheduler's thread; deletes files.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "library/retention.h"
#include "scheduler/context.h"
#include "scheduler/download_queue.h"
#include "scheduler/turn.h"

namespace podswarm::scheduler {

// Whether any bound is configured at all.
[[nodiscard]] bool has_retention(const config::Config& config);

struct TidyEntry {
  library::Deletion deletion;
  std::string title;
};

// What is beyond a bound now, of these feeds (empty: of all), in the order in which it is to go. Reads only, files' names
// too: what a person has taken away is nothing to count.
[[nodiscard]] std::vector<TidyEntry> plan_tidy(Context& context, const std::set<std::int64_t>& feeds = {});

struct DeleteOrder {
  std::int64_t episode_id = 0;
  std::string reason;  // kept with the tombstone
  base::WallTime ordered_at;
};
struct DeleteResult {
  std::vector<std::int64_t> deleted;
  std::vector<std::string> failed;  // messages; what cannot be deleted stays as it was
  std::size_t looked_at = 0;        // of the orders, from the first on
};

// Carries out as many as are enough for one turn, and at least one. The episodes' downloads and seeding end. An episode
// without a file is passed over, and so is one that was starred or has come again since `ordered_at`.
DeleteResult delete_from_library(Context& context, DownloadQueue& queue, std::span<const DeleteOrder> orders,
                                 const Enough& enough = enough_after());

// After a start: what a crash has interrupted.
void finish_deletions(Context& context, DownloadQueue& queue);

}  // namespace podswarm::scheduler
