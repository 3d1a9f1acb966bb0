// What the disk said no to. Thrown within disk jobs, turned into a value where their results are handed over.
#pragma once

#include <stdexcept>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace podswarm::engine {

class DiskError : public std::runtime_error {
 public:
  DiskError(FailureKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  // "PATH: cannot WHAT: REASON", kDiskFull or kDisk by `error_number`.
  [[nodiscard]] static DiskError from_errno(int error_number, const std::string& path, const char* what);
  [[nodiscard]] FailureKind kind() const { return kind_; }

 private:
  FailureKind kind_;
};

template <class T>
using DiskResult = base::Result<T, FailureKind>;

}  // namespace podswarm::engine
