// One writer process: an advisory lock (flock) on a file beside the database, which says who holds it. The kernel lets
// go of it however the process ends.
#pragma once

#include <filesystem>

#include "base/file.h"

namespace podswarm::db {

class WriterLock {
 public:
  // Holds nothing.
  WriterLock() = default;
  // Takes it or throws DatabaseError (kLocked, naming the holder's process id). `database` is the file to be guarded.
  explicit WriterLock(const std::filesystem::path& database);

 private:
  base::UniqueFd fd_;
};

}  // namespace podswarm::db
