// Renames in the library as steps, each of one file or folder: remembered before they are carried out, each with its
// inode, and taken down after, so that a crash between a file and its row is mended at the next start. Runs on the
// scheduler's thread; renames files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "base/result.h"
#include "library/library.h"
#include "scheduler/context.h"

namespace podswarm::scheduler {

struct RenameStep {
  std::int64_t episode_id = 0;
  std::filesystem::path from;
  std::filesystem::path to;
  ino_t inode = 0;
  bool passing = false;  // `to` is a temporary name: a later step leads on from there
};

// Nothing where there is nothing.
[[nodiscard]] std::optional<ino_t> inode_of(const std::filesystem::path& path);

// In place of what was remembered before.
void remember_renames(Context& context, const std::vector<RenameStep>& steps);

// From a temporary name to `wanted`, or back to `old` where that cannot be had; in neither case over anything. Where it
// lies now; an error where it lies still.
[[nodiscard]] base::Result<std::filesystem::path, library::PlaceError> leave_temporary(
    const std::filesystem::path& temporary, const std::filesystem::path& wanted, const std::filesystem::path& old,
    const std::filesystem::path& root);

// Whether some are on record that have not come to their end.
[[nodiscard]] bool has_renames(Context& context);

// They have been carried out, in this order: files, sidecars and downloads lie there now, and nothing is remembered.
void record_renames(Context& context, const std::vector<RenameStep>& done);

// After a start: what a crash has interrupted. Where something has come as far as a temporary name, it and those that it
// made room for are brought to their end.
void finish_renames(Context& context);

}  // namespace podswarm::scheduler
