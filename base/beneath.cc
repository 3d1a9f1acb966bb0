#include "base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace podswarm::base {

namespace fs = std::filesystem;

namespace {

Failure<FileError> failure(const fs::path& root, const fs::path& relative, int error) {
  const auto path = (root / relative).string();
  if (error == ELOOP || error == EXDEV) {
    return fail(FileError::kOutside, path + ": a symbolic link on the way below " + root.string() + " is not followed");
  }
  return fail(file_error(error), path + ": cannot open: " + std::strerror(error));
}

bool leads_out(const fs::path& relative) {
  return relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end();
}

Failure<FileError> leaves(const fs::path& root, const fs::path& relative) {
  return fail(FileError::kOutside, relative.string() + ": is not below " + root.string());
}

UniqueFd open_root(const fs::path& root) {
  return UniqueFd(::open(root.empty() ? "." : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// A link where a folder is asked for is "not a directory" to the kernel, as a file is.
int why(int folder, const fs::path& name, int error) {
  struct stat info {};
  const bool link = error == ENOTDIR && ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(info.st_mode);
  return link ? ELOOP : error;
}

}  // namespace

Result<UniqueFd, FileError> open_beneath(const fs::path& root, const fs::path& relative, int flags) {
  if (leads_out(relative)) return leaves(root, relative);
  const UniqueFd folder = open_root(root);
  if (!folder) return failure(root, {}, errno);
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const char* const name = relative.empty() ? "." : relative.c_str();
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, folder.get(), name, &how, sizeof how);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  // EPERM is what an older container runtime says to a call that it does not know.
  if (errno == ENOSYS || errno == EPERM || errno == EAGAIN) return open_beneath_by_steps(root, relative, flags);
  return failure(root, relative, errno);
}

Result<UniqueFd, FileError> open_beneath_by_steps(const fs::path& root, const fs::path& relative, int flags) {
  if (leads_out(relative)) return leaves(root, relative);
  UniqueFd folder = open_root(root);
  if (!folder) return failure(root, {}, errno);
  fs::path name = ".";
  for (const auto& part : relative) {
    if (part.empty() || part == ".") continue;
    if (name != ".") {
      UniqueFd next(::openat(folder.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next) return failure(root, relative, why(folder.get(), name, errno));
      folder = std::move(next);
    }
    name = part;
  }
  UniqueFd found(::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (!found) return failure(root, relative, why(folder.get(), name, errno));
  // Without following, O_PATH opens a link itself.
  struct stat info {};
  if (::fstat(found.get(), &info) == 0 && S_ISLNK(info.st_mode)) return failure(root, relative, ELOOP);
  return found;
}

}  // namespace podswarm::base
