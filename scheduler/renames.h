// Applies the name templates of today to what is in the library already. What is to be renamed is remembered first, each
// file with its inode, so that a crash between a file and its row is mended at the next start. What a person has moved
// away stays moved. Runs on the scheduler's thread; reads folders and renames files.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "scheduler/context.h"

namespace podswarm::scheduler {

struct RenameEntry {
  std::int64_t episode_id = 0;
  std::int64_t feed_id = 0;
  std::string title;
  std::filesystem::path from;  // the file, or the folder of a torrent with several
  std::filesystem::path to;
  std::string problem;  // why it stays where it is; "" = it is to be renamed, or was
  bool failed = false;  // it was to be renamed
};

// Every episode of these feeds (empty: of all) whose name is not what the templates say, in the order in which they can be
// renamed. Changes nothing.
[[nodiscard]] std::vector<RenameEntry> plan_rename(Context& context, const std::set<std::int64_t>& feeds = {});

// Carries it out; what fails gets its `problem`. Files that belong to the episode, such as a picture of the same name,
// come along.
void rename_in_library(Context& context, std::vector<RenameEntry>& entries);

// After a start: what a crash has interrupted.
void finish_renames(Context& context);

}  // namespace podswarm::scheduler
