#include "db/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/text.h"
#include "db/database.h"

namespace podswarm::db {

namespace {

// Whoever holds the lock wrote its process id; it may be about to.
std::string holder(int fd) {
  char text[32];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  const auto id = base::trim(std::string_view(text, n > 0 ? static_cast<std::size_t>(n) : 0));
  return id.empty() ? "another process" : "process " + std::string(id);
}

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& database) {
  const std::string path = database.string() + ".lock";
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) {
    const int error = errno;
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, path + ": cannot open: " + std::strerror(error));
  }
  int outcome = 0;
  do {
    outcome = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK) {
      throw DatabaseError(DatabaseErrorKind::kLocked,
                          database.string() + ": is in use by " + holder(fd.get()) + " (it holds " + path + ")");
    }
    throw DatabaseError(DatabaseErrorKind::kIo, path + ": cannot lock: " + std::strerror(error));
  }
  // The text is for messages only: a failure to write it takes nothing from the lock.
  const std::string id = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0 && ::pwrite(fd.get(), id.data(), id.size(), 0) < 0) errno = 0;
  fd_ = std::move(fd);
}

}  // namespace podswarm::db
