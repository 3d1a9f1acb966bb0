// Puts finished downloads where they belong, and never over anything that is there. Blocking (copies may take minutes):
// for the disk threads. Everything returned has been synced to disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "library/tags.h"

namespace podswarm::library {

enum class PlaceError {
  kSourceMissing,
  kBadPath,  // `relative` is absolute or leaves the root
  kDiskFull,
  kReadOnly,  // a read-only file system
  kNoPermission,
  kNameTooLong,
  kCollision,  // no free name was found
  kIo,
};

struct TagRequest {
  Tags tags;
  TagMode mode = TagMode::kMissing;
  std::filesystem::path cover;  // an image to embed; "" or no such file: none
};

struct PlaceRequest {
  std::filesystem::path source;                   // a file, or the folder of a torrent with several
  std::filesystem::path root;                     // of the library; made if missing
  std::filesystem::path relative;                 // the wanted place below it
  std::string collision_tag;                      // distinguishes: "name (tag).ext" where `relative` is taken
  bool keep_source = false;                       // it is being seeded: share it (hard link, reflink) or copy it
  std::optional<std::chrono::sys_seconds> mtime;  // set on moved and copied files; a shared file keeps its own
  // Where `source` is a single file: written into a copy of it, which then takes its place; a file that has nothing to
  // gain by it, or that it fails with, is placed as it came.
  std::optional<TagRequest> tagging;
};

struct PlacedFile {
  std::filesystem::path path;  // absolute where the root is
  std::uint64_t size = 0;
  std::chrono::sys_seconds mtime{};
};

enum class PlaceMethod { kMoved, kLinked, kCopied, kAlreadyThere };

struct Placed {
  std::filesystem::path path;     // the file or the folder
  std::vector<PlacedFile> files;  // sorted by path
  PlaceMethod method = PlaceMethod::kMoved;
};

// A folder goes whole. Interrupted at any moment, it can be called again: a source that was placed but not yet recorded
// is recognised where it shares the file (keep_source), and find_placed() tells of one that was moved.
[[nodiscard]] base::Result<Placed, PlaceError> place(const PlaceRequest& request);

// After a crash between placing and recording: what place(request) has put there, recognised by its total size.
[[nodiscard]] std::optional<Placed> find_placed(const PlaceRequest& request, std::uint64_t total_size);

// Removes what place(request), interrupted, has left of a copy; for whoever does not call it again.
void drop_draft(const PlaceRequest& request);

// A short, stable tag for PlaceRequest::collision_tag from an episode's identity: 8 hexadecimal digits.
[[nodiscard]] std::string collision_tag(std::string_view identity);

// Deletes a file of the library and those parent folders below `root` that it leaves empty. No file is no error;
// kBadPath: it is not below `root`, or only by way of a symbolic link, which is not followed.
[[nodiscard]] base::Result<void, PlaceError> remove_file(const std::filesystem::path& file,
                                                         const std::filesystem::path& root);

// Removes `folder` and its parents below `root` for as long as they are empty.
void remove_empty_folders(const std::filesystem::path& folder, const std::filesystem::path& root);

// Bytes free for this process on the file system of `folder` or its nearest parent that exists.
[[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder);

// Bytes of the file, or of all files below the folder, that are on the disk: holes are not, nor is what cannot be read.
[[nodiscard]] std::uint64_t stored_bytes(const std::filesystem::path& place);

}  // namespace podswarm::library
