// A file or a folder of files on its way into the library: looked at, shared or copied. For this folder's own sources.
// Blocking.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "library/library.h"

namespace podswarm::library {

struct TreeEntry {
  std::filesystem::path relative;  // to the tree's root; empty where the tree is one file
  std::uint64_t size = 0;
  std::chrono::sys_seconds mtime{};
  dev_t device = 0;
  ino_t inode = 0;
};

struct Tree {
  bool is_folder = false;
  std::vector<TreeEntry> entries;  // files, sorted

  [[nodiscard]] std::uint64_t total_size() const;
};

// "PATH: cannot WHAT: why" with the kind that goes with the value of errno.
[[nodiscard]] base::Failure<PlaceError> errno_failure(const std::filesystem::path& path, const char* what, int error);
[[nodiscard]] PlaceError place_error(int error);

// Files and folders only: a link or device inside is refused.
[[nodiscard]] base::Result<Tree, PlaceError> read_tree(const std::filesystem::path& root);

// The very same files (not copies) under another root.
[[nodiscard]] bool shares_files(const Tree& a, const Tree& b);

// Makes `target` (which must not exist) out of `source`: by hard links where `may_link` and the file system let it,
// else by reflinks or copies, synced. What was made is taken away again on failure.
[[nodiscard]] base::Result<PlaceMethod, PlaceError> duplicate_tree(const std::filesystem::path& source,
                                                                   const Tree& tree,
                                                                   const std::filesystem::path& target, bool may_link,
                                                                   std::optional<std::chrono::sys_seconds> mtime);

// Sets the time of every file, best effort.
void set_times(const std::filesystem::path& root, const Tree& tree, std::chrono::sys_seconds mtime);

// Folders that are missing, each made known to the disk.
[[nodiscard]] base::Result<void, PlaceError> make_folders(const std::filesystem::path& folder);

}  // namespace podswarm::library
