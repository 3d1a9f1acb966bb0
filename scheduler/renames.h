// Applies the name templates of today to what is in the library already, safe against crashes (rename_steps.h). What a
// person has moved away stays moved. Runs on the scheduler's thread; reads folders and renames files.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/turn.h"

namespace podswarm::scheduler {

struct RenameEntry {
  std::int64_t episode_id = 0;
  std::int64_t feed_id = 0;
  std::string title;
  std::filesystem::path from;  // the file, or the folder of a torrent with several
  std::filesystem::path to;
  std::filesystem::path via;  // a temporary name on the way, where it and others want each other's; "" = none
  bool with_next = false;     // one of those, and not the last
  std::string problem;  // why it stays where it is; "" = it is to be renamed, or was
  bool failed = false;  // it was to be renamed
};

// Every episode of these feeds (empty: of all) whose name is not what the templates say, in the order in which they can be
// renamed. Changes nothing.
[[nodiscard]] std::vector<RenameEntry> plan_rename(Context& context, const std::set<std::int64_t>& feeds = {});

// Carries out as many as are enough for one turn, from the first on, and at least one; what fails gets its `problem`.
// Files that belong to the episode, such as a picture of the same name, come along. Returns how many were looked at.
std::size_t rename_in_library(Context& context, std::span<RenameEntry> entries, const Enough& enough = enough_after());

}  // namespace podswarm::scheduler
