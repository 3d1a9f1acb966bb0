// The file that a download grows in: NAME.part beside the target, and NAME.part.meta (JSON) with what a resume needs.
// Nothing is made on disk before begin(). The .part is locked (flock) while it is open, so that two downloads never
// share one.
//
// Threads: blocking, so on workers only; one call at a time.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "engine/core/http_range.h"
#include "engine/engine.h"

namespace podswarm::engine {

template <class T>
using DiskResult = base::Result<T, FailureKind>;  // kDiskFull, kDisk, or kTemporary where another download has the file

class PartFile {
 public:
  // What is there of `dir`/`name`.part from an earlier attempt at `url`. A partial of another URL counts as nothing.
  [[nodiscard]] static DiskResult<std::unique_ptr<PartFile>> open(std::filesystem::path dir, std::string name,
                                                                  std::string url);

  // What a resume can go on from; size 0 = nothing.
  [[nodiscard]] const ResumePoint& resume_point() const { return resume_; }

  // The size of the finished file `name` in the folder; none if there is no such regular file.
  [[nodiscard]] std::optional<std::uint64_t> finished_size(const std::string& name) const;
  // Bytes that may still be written to the folder's file system, or to its parent's where it does not exist yet.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const;

  // Starts over with an empty partial, of a body with these validators and total. Makes the folder if need be.
  [[nodiscard]] DiskResult<void> begin(const Validators& validators, std::optional<std::uint64_t> total);
  // After begin(), or on top of the resume point: appends. What could be written before an error stays.
  [[nodiscard]] DiskResult<void> append(std::span<const iovec> blocks);
  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Syncs, sets the modification time, renames to `name`, or "name (2)" and so on where that is taken; gives the name.
  [[nodiscard]] DiskResult<std::string> commit(const std::string& name, std::optional<base::WallTime> modified);
  // Removes the partial and what belongs to it.
  void discard();

 private:
  PartFile(std::filesystem::path dir, std::string name, std::string url);

  [[nodiscard]] DiskResult<void> lock(bool create);
  void read_meta();
  [[nodiscard]] DiskResult<void> write_meta(const Validators& validators, std::optional<std::uint64_t> total);
  [[nodiscard]] base::Failure<FailureKind> failure(int error_number, const std::filesystem::path& path,
                                                   const char* what) const;

  std::filesystem::path dir_;
  std::filesystem::path part_;
  std::filesystem::path meta_;
  std::string url_;
  base::UniqueFd fd_;
  ResumePoint resume_;
  std::uint64_t size_ = 0;
};

}  // namespace podswarm::engine
