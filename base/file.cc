#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace podswarm::base {

namespace {

Failure<FileError> errno_failure(const std::filesystem::path& path, const char* what, int error = errno) {
  return fail(file_error(error), path.string() + ": cannot " + what + ": " + std::strerror(error));
}

// 0 or an errno value.
int rename_new(const char* from, const char* to, const RenameCalls& calls) {
  if (calls.rename_noreplace(from, to) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return errno;
  struct stat info {};
  if (::lstat(from, &info) != 0) return errno;
  if (!S_ISDIR(info.st_mode)) {
    if (calls.link(from, to) == 0) {
      ::unlink(from);
      return 0;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return errno;
  }
  if (::lstat(to, &info) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  return ::rename(from, to) == 0 ? 0 : errno;
}

}  // namespace

FileError file_error(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return FileError::kNotFound;
    case EACCES:
    case EPERM:
      return FileError::kNoPermission;
    case EROFS:
      return FileError::kReadOnly;
    case ENOSPC:
    case EDQUOT:
      return FileError::kNoSpace;
    case EFBIG:
      return FileError::kTooLarge;
    case EEXIST:
      return FileError::kExists;
    case ENAMETOOLONG:
      return FileError::kNameTooLong;
    case EXDEV:
      return FileError::kCrossDevice;
    default:
      return FileError::kOther;
  }
}

Result<std::string, FileError> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_failure(path, "open");
  std::string content;
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode)) {
    if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
      return fail(FileError::kTooLarge, path.string() + ": is larger than " + std::to_string(max_bytes) + " bytes");
    }
    content.reserve(static_cast<std::size_t>(info.st_size));
  }
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_failure(path, "read");
    if (n == 0) return content;
    if (content.size() + static_cast<std::size_t>(n) > max_bytes) {
      return fail(FileError::kTooLarge, path.string() + ": is larger than " + std::to_string(max_bytes) + " bytes");
    }
    content.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<void, FileError> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                              unsigned mode) {
  const std::filesystem::path temporary = path.string() + ".tmp" + std::to_string(::getpid());
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return errno_failure(path, "write");
  const auto give_up = [&]() -> Failure<FileError> {
    auto failure = errno_failure(path, "write");
    ::unlink(temporary.c_str());
    return failure;
  };
  while (!content.empty()) {
    const ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up();
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd.get()) != 0) return give_up();
  fd.reset();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up();
  sync_folder(path.parent_path());
  return {};
}

const RenameCalls& RenameCalls::system() {
  static constexpr RenameCalls kSystem{
      [](const char* from, const char* to) { return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); },
      [](const char* from, const char* to) { return ::link(from, to); }};
  return kSystem;
}

Result<void, FileError> rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to,
                                                 const RenameCalls& calls) {
  if (const int error = rename_new(from.c_str(), to.c_str(), calls); error != 0) {
    if (error == EEXIST) return fail(FileError::kExists, to.string() + ": exists already");
    return errno_failure(to, "rename to", error);
  }
  sync_folder(to.parent_path());
  return {};
}

void sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path name = folder.empty() ? std::filesystem::path(".") : folder;
  const UniqueFd fd(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace podswarm::base
