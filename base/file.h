// Small files, and file descriptors that close themselves. Not for the network thread: every call may block.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace podswarm::base {

enum class FileError {
  kNotFound,
  kNoPermission,
  kReadOnly,  // the file system
  kNoSpace,
  kTooLarge,
  kExists,
  kNameTooLong,
  kCrossDevice,  // a rename or link from one file system to another
  kOutside,      // of the folder that it should lie below (beneath.h)
  kOther,
};

// The FileError for an errno value.
[[nodiscard]] FileError file_error(int error_number);

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// The whole file; refused when larger than `max_bytes`. Works on pipes too.
[[nodiscard]] Result<std::string, FileError> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// Written beside, synced and renamed over `path`: afterwards the file is either the old or the new one, whole.
[[nodiscard]] Result<void, FileError> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                                            unsigned mode = 0644);

// What a file system may lack of that; each returns 0, or -1 with errno. For tests.
struct RenameCalls {
  int (*rename_noreplace)(const char* from, const char* to);
  int (*link)(const char* from, const char* to);
  static const RenameCalls& system();
};
// Renames a file or folder without replacing: kExists where `to` is there already. Syncs the folder of `to`.
// Atomic by RENAME_NOREPLACE or, for files, a hard link. A file system that has neither (many FUSE mounts; NFS for folders)
// is looked at before a plain rename: there, what another process puts at `to` between the two is replaced.
[[nodiscard]] Result<void, FileError> rename_without_replacing(const std::filesystem::path& from,
                                                               const std::filesystem::path& to,
                                                               const RenameCalls& calls = RenameCalls::system());

// fsync of a folder, so that names made in it survive a crash. Quiet where the file system has no such thing.
void sync_folder(const std::filesystem::path& folder);

}  // namespace podswarm::base
