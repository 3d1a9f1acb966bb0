// Notices what somebody has taken out of the library by other means: once a day each file is looked for, and one that is
// gone in two looks running counts no more for quotas and bounds, is not served, and leaves a tombstone as if it had been
// deleted. Where a library is not there, or a large part of it at once, a disk may not be mounted: nothing is concluded.
// Runs on the scheduler's thread, a turn at a time.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "scheduler/context.h"
#include "scheduler/turn.h"

namespace podswarm::scheduler {

class MissingFiles {
 public:
  explicit MissingFiles(Context& context) : context_(context) {}

  // After a start: what the last look has found.
  void remember();
  // Looks on, for one turn, where it is time.
  void look(base::WallTime now, const Enough& enough = enough_after());
  [[nodiscard]] base::WallTime next_look() const { return next_look_; }

 private:
  [[nodiscard]] bool is_missing(const db::FileRow& file);
  // Whether the library below `root` is there, as one of ours.
  bool is_there(const std::filesystem::path& root);
  void conclude(base::WallTime now);

  Context& context_;
  std::deque<db::FileRow> left_;                    // of this look
  std::size_t looked_at_ = 0;                       // in it
  std::set<std::int64_t> missing_;                  // in it
  std::set<std::int64_t> suspects_;                 // in the one before
  std::map<std::filesystem::path, bool> is_there_;  // libraries, as this look has found them
  base::WallTime next_look_{};
};

}  // namespace podswarm::scheduler
