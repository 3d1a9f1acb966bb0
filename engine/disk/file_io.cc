#include "engine/disk/file_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/disk/disk_error.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxParts = 128;  // of one pwritev

}  // namespace

void write_fully(int fd, std::span<iovec> parts, std::uint64_t offset, const std::string& path) {
  while (!parts.empty()) {
    const ssize_t written =
        ::pwritev(fd, parts.data(), static_cast<int>(std::min(parts.size(), kMaxParts)), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw DiskError::from_errno(errno, path, "write");
    }
    offset += static_cast<std::uint64_t>(written);
    auto left = static_cast<std::size_t>(written);
    while (!parts.empty() && left >= parts.front().iov_len) {
      left -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (left > 0) {
      parts.front().iov_base = static_cast<std::uint8_t*>(parts.front().iov_base) + left;
      parts.front().iov_len -= left;
    }
  }
}

std::size_t read_fully(int fd, std::span<std::uint8_t> out, std::uint64_t offset, const std::string& path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw DiskError::from_errno(errno, path, "read");
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace podswarm::engine
