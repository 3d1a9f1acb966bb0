#include "engine/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/url.h"
#include "engine/core/http_file_name.h"

namespace podswarm::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxMeta = 64 * 1024;
constexpr int kMetaVersion = 1;
constexpr unsigned kMaxNumber = 999;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string();
}

std::optional<std::uint64_t> number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  return std::nullopt;
}

}  // namespace

PartFile::PartFile(std::filesystem::path dir, std::string name, std::string url)
    : dir_(std::move(dir)),
      part_(dir_ / (name + ".part")),
      meta_(dir_ / (name + ".part.meta")),
      url_(base::redact_url(url)) {}

base::Failure<FailureKind> PartFile::failure(int error_number, const std::filesystem::path& path,
                                             const char* what) const {
  const bool full = base::file_error(error_number) == base::FileError::kNoSpace;
  return base::fail(full ? FailureKind::kDiskFull : FailureKind::kDisk,
                    path.string() + ": cannot " + what + ": " + std::strerror(error_number));
}

DiskResult<std::unique_ptr<PartFile>> PartFile::open(std::filesystem::path dir, std::string name, std::string url) {
  std::unique_ptr<PartFile> file(new PartFile(std::move(dir), std::move(name), std::move(url)));
  const auto locked = file->lock(false);
  if (!locked) return locked.error();
  if (file->fd_) file->read_meta();
  return file;
}

// Opens and locks the .part, if there is one or `create`.
DiskResult<void> PartFile::lock(bool create) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (create ? O_CREAT : 0);
    base::UniqueFd fd(::open(part_.c_str(), flags, 0666));
    if (!fd && errno == ENOENT && !create) return {};
    if (!fd) return failure(errno, part_, "open");
    struct stat opened {};
    struct stat named {};
    if (::fstat(fd.get(), &opened) != 0) return failure(errno, part_, "open");
    if (!S_ISREG(opened.st_mode)) return base::fail(FailureKind::kDisk, part_.string() + ": is not a regular file");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return base::fail(FailureKind::kTemporary, part_.string() + ": another download is writing to it");
    }
    // Between opening and locking, another download may have finished and renamed it.
    if (::lstat(part_.c_str(), &named) != 0 || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev) continue;
    fd_ = std::move(fd);
    size_ = static_cast<std::uint64_t>(opened.st_size);
    return {};
  }
  return base::fail(FailureKind::kTemporary, part_.string() + ": another download is busy with it");
}

void PartFile::read_meta() {
  const auto text = base::read_file(meta_, kMaxMeta);
  if (!text) return;
  boost::system::error_code error;
  const json::value value = json::parse(*text, error);
  if (error || !value.is_object()) return;
  const json::object& object = value.get_object();
  if (number_of(object, "version") != kMetaVersion || text_of(object, "url") != url_) return;
  ResumePoint point;
  point.size = size_;
  point.validators = {text_of(object, "etag"), text_of(object, "last_modified")};
  point.total = number_of(object, "total");
  resume_ = std::move(point);
}

DiskResult<void> PartFile::write_meta(const Validators& validators, std::optional<std::uint64_t> total) {
  if (validators.empty()) {
    ::unlink(meta_.c_str());
    return {};
  }
  json::object object;
  object["version"] = kMetaVersion;
  object["url"] = url_;
  object["etag"] = validators.etag;
  object["last_modified"] = validators.last_modified;
  if (total) object["total"] = *total;
  // Media URLs may hold tokens: the file is its owner's alone.
  const auto written = base::write_file_atomically(meta_, json::serialize(object) + "\n", 0600);
  if (written) return {};
  const bool full = written.error().code == base::FileError::kNoSpace;
  return base::fail(full ? FailureKind::kDiskFull : FailureKind::kDisk, written.error().message);
}

std::optional<std::uint64_t> PartFile::finished_size(const std::string& name) const {
  struct stat info {};
  if (::stat((dir_ / name).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size);
}

std::optional<std::uint64_t> PartFile::free_bytes() const {
  struct statvfs info {};
  if (::statvfs(dir_.c_str(), &info) != 0 && ::statvfs(dir_.parent_path().c_str(), &info) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

DiskResult<void> PartFile::begin(const Validators& validators, std::optional<std::uint64_t> total) {
  if (::mkdir(dir_.c_str(), 0777) != 0 && errno != EEXIST) return failure(errno, dir_, "make the folder");
  if (!fd_) {
    const auto locked = lock(true);
    if (!locked) return locked.error();
  }
  // In this order: at no moment does the sidecar speak of bytes that it does not belong to.
  if (::ftruncate(fd_.get(), 0) != 0) return failure(errno, part_, "truncate");
  size_ = 0;
  resume_ = {};
  return write_meta(validators, total);
}

DiskResult<void> PartFile::append(std::span<const iovec> blocks) {
  std::array<iovec, 16> rest{};
  while (!blocks.empty()) {
    const std::size_t count = std::min(blocks.size(), rest.size());
    std::copy_n(blocks.begin(), count, rest.begin());
    blocks = blocks.subspan(count);
    for (std::size_t first = 0; first < count;) {
      const ssize_t written =
          ::pwritev(fd_.get(), rest.data() + first, static_cast<int>(count - first), static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure(errno, part_, "write");
      if (written == 0) return failure(ENOSPC, part_, "write");
      size_ += static_cast<std::uint64_t>(written);
      auto done = static_cast<std::size_t>(written);
      while (first < count && done >= rest[first].iov_len) done -= rest[first++].iov_len;
      if (first == count) break;
      rest[first].iov_base = static_cast<char*>(rest[first].iov_base) + done;
      rest[first].iov_len -= done;
    }
  }
  return {};
}

DiskResult<std::string> PartFile::commit(const std::string& name, std::optional<base::WallTime> modified) {
  // Before the sync, so that it goes to disk with it. A time that cannot be set is no reason to fail.
  if (modified) {
    timespec times[2] = {};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(modified->time_since_epoch().count());
    ::futimens(fd_.get(), times);
  }
  if (::fsync(fd_.get()) != 0) return failure(errno, part_, "sync");
  for (unsigned number = 1; number <= kMaxNumber; ++number) {
    const std::string candidate = number == 1 ? name : numbered_file_name(name, number);
    const std::filesystem::path target = dir_ / candidate;
    const auto renamed = base::rename_without_replacing(part_, target);
    if (renamed) {
      ::unlink(meta_.c_str());
      fd_.reset();
      return candidate;
    }
    if (renamed.error().code == base::FileError::kExists) continue;
    const bool full = renamed.error().code == base::FileError::kNoSpace;
    return base::fail(full ? FailureKind::kDiskFull : FailureKind::kDisk, renamed.error().message);
  }
  return base::fail(FailureKind::kDisk, (dir_ / name).string() + ": too many files of that name");
}

void PartFile::discard() {
  if (fd_) ::unlink(part_.c_str());
  ::unlink(meta_.c_str());
  fd_.reset();
  size_ = 0;
}

}  // namespace podswarm::engine
