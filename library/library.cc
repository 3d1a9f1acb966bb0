#include "library/library.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/beneath.h"
#include "base/file.h"
#include "library/below.h"
#include "library/name_index.h"
#include "library/place_tree.h"
#include "library/renaming.h"
#include "library/portable_name.h"
#include "library/tagged_copy.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

fs::path candidate(const PlaceRequest& request, int n) {
  return candidate_name(request.root / request.relative, request.collision_tag, n);
}

// Nothing is there under this name, but another one is that some file system takes for it.
bool only_a_double(NameIndex& names, const fs::path& target, const fs::path& source) {
  struct stat info {};
  return ::lstat(target.c_str(), &info) != 0 && names.has_double(target, source);
}

std::optional<base::Failure<PlaceError>> path_problem(const PlaceRequest& request) {
  bool bad = request.relative.empty() || request.relative.is_absolute() || !request.relative.has_filename();
  for (const auto& part : request.relative) bad = bad || part == ".." || part == ".";
  if (!bad) return std::nullopt;
  return base::fail(PlaceError::kBadPath, "\"" + request.relative.string() + "\": is no path below the library");
}

// A place beside `target` for what is being made, the same one on each attempt: what a crash has left there is found.
fs::path draft_beside(const fs::path& target, const fs::path& source) {
  return target.parent_path() / (".podswarm-" + collision_tag(target.string() + "\n" + source.string()) + ".part");
}

Placed describe(const fs::path& path, const Tree& tree, PlaceMethod method) {
  Placed placed;
  placed.path = path;
  placed.method = method;
  for (const auto& entry : tree.entries) {
    placed.files.push_back({entry.relative.empty() ? path : path / entry.relative, entry.size, entry.mtime});
  }
  return placed;
}

// The method, or nothing where `target` is taken.
base::Result<std::optional<PlaceMethod>, PlaceError> try_place(const PlaceRequest& request, const Tree& tree,
                                                               const fs::path& target) {
  using Outcome = std::optional<PlaceMethod>;
  struct stat info {};
  if (::lstat(target.c_str(), &info) == 0) {
    if (!request.keep_source) return Outcome{};
    const auto there = read_tree(target);
    return there && shares_files(tree, *there) ? Outcome{PlaceMethod::kAlreadyThere} : Outcome{};
  }
  if (!request.keep_source) {
    const auto renamed = base::rename_without_replacing(request.source, target);
    if (renamed) return Outcome{PlaceMethod::kMoved};
    switch (renamed.error().code) {
      case base::FileError::kExists:
        return Outcome{};
      case base::FileError::kNoSpace:
        return base::fail(PlaceError::kDiskFull, renamed.error().message);
      case base::FileError::kReadOnly:
        return base::fail(PlaceError::kReadOnly, renamed.error().message);
      case base::FileError::kNameTooLong:
        return base::fail(PlaceError::kNameTooLong, renamed.error().message);
      default:
        break;  // another file system, or one that cannot rename so: a copy tells
    }
  }
  const fs::path draft = draft_beside(target, request.source);
  std::error_code ignored;
  fs::remove_all(draft, ignored);
  const auto method = duplicate_tree(request.source, tree, draft, request.keep_source, request.mtime);
  if (!method) return method.error();
  if (const auto renamed = base::rename_without_replacing(draft, target); !renamed) {
    fs::remove_all(draft, ignored);
    if (renamed.error().code == base::FileError::kExists) return Outcome{};
    return base::fail(PlaceError::kIo, renamed.error().message);
  }
  // What cannot be removed stays behind as a second copy: untidy, but nothing is lost.
  if (!request.keep_source) fs::remove_all(request.source, ignored);
  return Outcome{*method};
}

// Tagged, then moved; nothing where it is to be placed as it came.
std::optional<base::Result<Placed, PlaceError>> place_tagged(const PlaceRequest& request) {
  if (const auto size = size_of_moved_copy(request.source)) {
    // An earlier attempt came to an end between moving and recording.
    if (auto placed = find_placed(request, *size)) return base::Result<Placed, PlaceError>(*std::move(placed));
  }
  const auto copy = tagged_copy(request.source, *request.tagging);
  if (!copy) return std::nullopt;
  PlaceRequest of_copy = request;
  of_copy.source = *copy;
  of_copy.keep_source = false;
  of_copy.tagging.reset();
  return place(of_copy);
}

}  // namespace

base::Result<Placed, PlaceError> place(const PlaceRequest& request) {
  if (auto problem = path_problem(request)) return *std::move(problem);
  auto tree = read_tree(request.source);
  if (!tree) return tree.error();
  if (request.tagging && !tree->is_folder) {
    if (auto placed = place_tagged(request)) {
      std::error_code ignored;
      if (*placed && !request.keep_source) fs::remove(request.source, ignored);
      return *std::move(placed);
    }
  }
  if (auto made = make_folders((request.root / request.relative).parent_path()); !made) return made.error();
  NameIndex names;
  for (int n = 0; n < kMaxCandidates; ++n) {
    const fs::path target = candidate(request, n);
    if (only_a_double(names, target, request.source)) continue;
    const auto outcome = try_place(request, *tree, target);
    if (!outcome) return outcome.error();
    if (!*outcome) continue;
    const PlaceMethod method = **outcome;
    if (request.mtime && method == PlaceMethod::kMoved) set_times(target, *tree, *request.mtime);
    const auto there = read_tree(target);
    if (!there) return there.error();
    return describe(target, *there, method);
  }
  return base::fail(PlaceError::kCollision,
                    (request.root / request.relative).string() + ": is taken, and so is every name like it");
}

std::optional<Placed> find_placed(const PlaceRequest& request, std::uint64_t total_size) {
  if (path_problem(request)) return std::nullopt;
  NameIndex names;
  if (request.tagging) total_size = size_of_moved_copy(request.source).value_or(total_size);
  for (int n = 0; n < kMaxCandidates; ++n) {
    const fs::path target = candidate(request, n);
    if (only_a_double(names, target, request.source)) continue;
    const auto tree = read_tree(target);
    // Names are taken in order: behind the first free one there is nothing of ours.
    if (!tree && tree.error().code == PlaceError::kSourceMissing) return std::nullopt;
    if (tree && tree->total_size() == total_size) return describe(target, *tree, PlaceMethod::kAlreadyThere);
  }
  return std::nullopt;
}

void drop_draft(const PlaceRequest& request) {
  if (path_problem(request)) return;
  for (int n = 0; n < kMaxCandidates; ++n) {
    const fs::path target = candidate(request, n);
    std::error_code ignored;
    fs::remove_all(draft_beside(target, request.source), ignored);
    if (!fs::exists(fs::symlink_status(target, ignored))) return;
  }
}

std::string collision_tag(std::string_view identity) {
  std::uint32_t hash = 2166136261u;  // FNV-1a: nothing here is secret, and an accident only costs a further number
  for (const char c : identity) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return fmt::format("{:08x}", hash);
}

base::Result<void, PlaceError> remove_file(const fs::path& file, const fs::path& root) {
  const auto relative = path_below(file, root);
  if (!relative) {
    return base::fail(PlaceError::kBadPath, file.string() + ": is not below the library " + root.string());
  }
  const auto folder = base::open_beneath(root, relative->parent_path(), O_PATH | O_DIRECTORY);
  if (!folder) {
    const auto& error = folder.error();
    if (error.code == base::FileError::kNotFound) return {};
    return base::fail(error.code == base::FileError::kOutside         ? PlaceError::kBadPath
                      : error.code == base::FileError::kNoPermission ? PlaceError::kNoPermission
                                                                      : PlaceError::kIo,
                      error.message);
  }
  if (::unlinkat(folder->get(), relative->filename().c_str(), 0) != 0 && errno != ENOENT) {
    return errno_failure(file, "delete", errno);
  }
  const base::UniqueFd readable(::openat(folder->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable) ::fsync(readable.get());
  remove_empty_folders(file.parent_path(), root);
  return {};
}

void remove_empty_folders(const fs::path& folder, const fs::path& root) {
  auto relative = path_below(folder, root).value_or(fs::path());
  for (; !relative.empty(); relative = relative.parent_path()) {
    const auto parent = base::open_beneath(root, relative.parent_path(), O_PATH | O_DIRECTORY);
    // One that is gone already may leave its parent empty.
    if (!parent && parent.error().code == base::FileError::kNotFound) continue;
    if (!parent) return;
    // Not empty, most of all.
    if (::unlinkat(parent->get(), relative.filename().c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return;
  }
}

std::optional<std::uint64_t> free_bytes(const fs::path& folder) {
  for (fs::path at = fs::absolute(folder);; at = at.parent_path()) {
    struct statvfs info {};
    if (::statvfs(at.c_str(), &info) == 0) return std::uint64_t{info.f_bavail} * info.f_frsize;
    if (errno != ENOENT || at == at.parent_path()) return std::nullopt;
  }
}

std::uint64_t stored_bytes(const fs::path& place) {
  const auto of_file = [](const fs::path& file) -> std::uint64_t {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    // In units of 512 bytes, whatever the file system's blocks are.
    return std::min(static_cast<std::uint64_t>(info.st_blocks) * 512, static_cast<std::uint64_t>(info.st_size));
  };
  std::uint64_t bytes = of_file(place);
  std::error_code error;
  for (fs::recursive_directory_iterator entry(place, error), end; !error && entry != end; entry.increment(error)) {
    bytes += of_file(entry->path());
  }
  return bytes;
}

}  // namespace podswarm::library
