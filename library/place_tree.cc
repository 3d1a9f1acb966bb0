#include "library/place_tree.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/file.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxEntries = 100'000;
constexpr int kMaxDepth = 64;

TreeEntry entry_of(fs::path relative, const struct stat& info) {
  TreeEntry entry;
  entry.relative = std::move(relative);
  entry.size = static_cast<std::uint64_t>(info.st_size);
  entry.mtime = std::chrono::sys_seconds(std::chrono::seconds(info.st_mtim.tv_sec));
  entry.device = info.st_dev;
  entry.inode = info.st_ino;
  return entry;
}

// The kernel copies (or shares, or asks the server to copy) where it can; 0 or an errno value.
int copy_content(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return 0;
  for (;;) {
    const ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, 64u << 20, 0);
    if (n == 0) return 0;
    if (n > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM) return errno;
    break;
  }
  // Both offsets stand where the kernel has stopped.
  std::vector<char> buffer(1u << 20);
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    for (ssize_t done = 0; done < got;) {
      const ssize_t n = ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      done += n;
    }
  }
}

base::Result<void, PlaceError> copy_file(const fs::path& from, const fs::path& to,
                                         std::optional<std::chrono::sys_seconds> mtime) {
  const base::UniqueFd source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!source) return errno_failure(from, "open", errno);
  struct stat info {};
  if (::fstat(source.get(), &info) != 0) return errno_failure(from, "read", errno);
  const base::UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0777));
  if (!target) return errno_failure(to, "create", errno);
  if (const int error = copy_content(source.get(), target.get()); error != 0) return errno_failure(to, "write", error);
  struct stat copied {};
  if (::fstat(target.get(), &copied) != 0 || copied.st_size != info.st_size) {
    return base::fail(PlaceError::kIo, from.string() + ": changed while it was copied");
  }
  const timespec time = mtime ? timespec{mtime->time_since_epoch().count(), 0} : info.st_mtim;
  const timespec times[2] = {time, time};
  ::futimens(target.get(), times);
  if (::fsync(target.get()) != 0) return errno_failure(to, "sync", errno);
  return {};
}

// Whether a file system that cannot link may still take a copy.
bool link_impossible(int error) {
  return error == EXDEV || error == EPERM || error == EMLINK || error == EOPNOTSUPP || error == ENOSYS;
}

}  // namespace

std::uint64_t Tree::total_size() const {
  std::uint64_t total = 0;
  for (const auto& entry : entries) total += entry.size;
  return total;
}

PlaceError place_error(int error) {
  switch (base::file_error(error)) {
    case base::FileError::kNotFound:
      return PlaceError::kSourceMissing;
    case base::FileError::kNoPermission:
      return PlaceError::kNoPermission;
    case base::FileError::kReadOnly:
      return PlaceError::kReadOnly;
    case base::FileError::kNoSpace:
      return PlaceError::kDiskFull;
    case base::FileError::kNameTooLong:
      return PlaceError::kNameTooLong;
    case base::FileError::kExists:
      return PlaceError::kCollision;
    case base::FileError::kTooLarge:
    case base::FileError::kCrossDevice:
    case base::FileError::kOutside:
    case base::FileError::kOther:
      break;
  }
  return PlaceError::kIo;
}

base::Failure<PlaceError> errno_failure(const fs::path& path, const char* what, int error) {
  return base::fail(place_error(error), path.string() + ": cannot " + what + ": " + std::strerror(error));
}

base::Result<Tree, PlaceError> read_tree(const fs::path& root) {
  struct stat info {};
  if (::lstat(root.c_str(), &info) != 0) return errno_failure(root, "read", errno);
  Tree tree;
  if (S_ISREG(info.st_mode)) {
    tree.entries.push_back(entry_of({}, info));
    return tree;
  }
  if (!S_ISDIR(info.st_mode)) return base::fail(PlaceError::kIo, root.string() + ": is neither a file nor a folder");
  tree.is_folder = true;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (::lstat(it->path().c_str(), &info) != 0) return errno_failure(it->path(), "read", errno);
    if (S_ISDIR(info.st_mode) && it.depth() < kMaxDepth) continue;
    if (!S_ISREG(info.st_mode)) {
      return base::fail(PlaceError::kIo, it->path().string() + ": is neither a file nor a folder");
    }
    if (tree.entries.size() >= kMaxEntries) return base::fail(PlaceError::kIo, root.string() + ": has too many files");
    tree.entries.push_back(entry_of(it->path().lexically_relative(root), info));
  }
  if (error) return errno_failure(root, "read", error.value());
  std::sort(tree.entries.begin(), tree.entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.relative < b.relative; });
  return tree;
}

bool shares_files(const Tree& a, const Tree& b) {
  return a.is_folder == b.is_folder && std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(),
                                                  b.entries.end(), [](const TreeEntry& x, const TreeEntry& y) {
                                                    return x.relative == y.relative && x.device == y.device &&
                                                           x.inode == y.inode;
                                                  });
}

base::Result<PlaceMethod, PlaceError> duplicate_tree(const fs::path& source, const Tree& tree, const fs::path& target,
                                                     bool may_link, std::optional<std::chrono::sys_seconds> mtime) {
  PlaceMethod method = may_link ? PlaceMethod::kLinked : PlaceMethod::kCopied;
  const auto make = [&]() -> base::Result<void, PlaceError> {
    if (tree.is_folder) {
      if (auto made = make_folders(target); !made) return made;
    }
    for (const auto& entry : tree.entries) {
      const fs::path from = entry.relative.empty() ? source : source / entry.relative;
      const fs::path to = entry.relative.empty() ? target : target / entry.relative;
      if (auto made = make_folders(to.parent_path()); !made) return made;
      if (may_link && ::link(from.c_str(), to.c_str()) == 0) continue;
      if (may_link && !link_impossible(errno)) return errno_failure(to, "link", errno);
      method = PlaceMethod::kCopied;
      if (auto copied = copy_file(from, to, mtime); !copied) return copied;
    }
    // The names in each folder, innermost ones too.
    for (const auto& entry : tree.entries) base::sync_folder((target / entry.relative).parent_path());
    return {};
  };
  if (auto made = make(); !made) {
    std::error_code ignored;
    fs::remove_all(target, ignored);
    return made.error();
  }
  return method;
}

void set_times(const fs::path& root, const Tree& tree, std::chrono::sys_seconds mtime) {
  const timespec times[2] = {{mtime.time_since_epoch().count(), 0}, {mtime.time_since_epoch().count(), 0}};
  for (const auto& entry : tree.entries) {
    const fs::path path = entry.relative.empty() ? root : root / entry.relative;
    ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
}

base::Result<void, PlaceError> make_folders(const fs::path& folder) {
  std::vector<fs::path> missing;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    struct stat info {};
    if (::stat(at.c_str(), &info) == 0) {
      if (S_ISDIR(info.st_mode)) break;
      return base::fail(PlaceError::kIo, at.string() + ": is there and is no folder");
    }
    // ENOTDIR: a file stands where a folder should; the way up leads to it.
    if (errno != ENOENT && errno != ENOTDIR) return errno_failure(at, "read", errno);
    missing.push_back(at);
    if (at == at.parent_path()) break;
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (::mkdir(it->c_str(), 0777) != 0 && errno != EEXIST) {
      const int error = errno;
      auto failure = errno_failure(*it, "create", error);
      if (error == ENOENT) failure.code = PlaceError::kIo;
      return failure;
    }
    base::sync_folder(it->parent_path());
  }
  return {};
}

}  // namespace podswarm::library
