// Notices what somebody has taken out of the library by other means: once a day each file is looked for, and one that is
// gone counts no more for quotas and bounds, is not served, and leaves a tombstone as if it had been deleted. Where a
// whole library is not there, its disk may not be mounted: nothing is concluded. Runs on the scheduler's thread, a turn
// at a time.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "scheduler/context.h"
#include "scheduler/turn.h"

namespace podswarm::scheduler {

class MissingFiles {
 public:
  explicit MissingFiles(Context& context) : context_(context) {}

  // Looks on, for one turn, where it is time. The number of those that are gone.
  std::size_t look(base::WallTime now, const Enough& enough = enough_after());
  [[nodiscard]] base::WallTime next_look() const { return next_look_; }

 private:
  // Whether the library below `root` is there, as one of ours.
  bool is_there(const std::filesystem::path& root);

  Context& context_;
  std::deque<db::FileRow> left_;                   // of this day's look
  std::map<std::filesystem::path, bool> is_there_;  // libraries, as this turn has found them
  base::WallTime next_look_{};                     // at the start first
};

}  // namespace podswarm::scheduler
