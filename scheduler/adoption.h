// Takes over a folder of episodes that came some other way: by hand, or by another program. Its files are looked at
// (blocking, any thread), matched with the episodes of the subscriptions (adopt_match.h), and recorded as downloaded where
// they lie (on the scheduler's thread).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "library/library.h"
#include "scheduler/adopt_match.h"
#include "scheduler/context.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

// Audio and video below `folder` with what their tags say, sorted; hidden names and links are passed over. Paths are absolute.
[[nodiscard]] base::Result<std::vector<FoundFile>, library::PlaceError> find_media(const std::filesystem::path& folder);

// What a search for their episodes has come to.
struct Adoption {
  enum class Kind {
    kAdopted,  // or would be
    kAmbiguous,
    kUnknown,
    kAlreadyThere,  // the episode has a file
    kBusy,          // it is being downloaded
  };
  FoundFile file;
  Kind kind = Kind::kUnknown;
  std::int64_t episode_id = 0;
  std::vector<std::int64_t> candidates;
  std::string reason;
};

// Files that the library knows already are left out, and counted in `known`. No feed: of all.
[[nodiscard]] std::vector<Adoption> plan_adoption(Context& context, const DownloadQueue& queue,
                                                  std::vector<FoundFile> files, std::optional<std::int64_t> feed_id,
                                                  std::size_t& known);

// Those of kAdopted are downloaded from now on, with their file where it lies.
void record_adoption(Context& context, const std::vector<Adoption>& adoptions);

// Where a file belongs that was adopted.
[[nodiscard]] std::optional<library::PlaceRequest> plan_move(Context& context, const Adoption& adoption);
// It has been moved there.
void record_move(Context& context, const Adoption& adoption, const library::Placed& placed);

}  // namespace podswarm::scheduler
