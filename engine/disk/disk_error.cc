#include "engine/disk/disk_error.h"

#include <cerrno>
#include <cstring>

namespace podswarm::engine {

DiskError DiskError::from_errno(int error_number, const std::string& path, const char* what) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return {full ? FailureKind::kDiskFull : FailureKind::kDisk,
          path + ": cannot " + what + ": " + std::strerror(error_number)};
}

}  // namespace podswarm::engine
