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
#include "scheduler/placing.h"

namespace podswarm::scheduler {

struct FoundMedia {
  std::vector<FoundFile> files;          // sorted; paths are absolute
  std::vector<std::string> passed_over;  // messages: what cannot be read
};
// Audio and video below `folder` with what their tags say; hidden names and links do not count. An error where `folder` itself
// cannot be read.
[[nodiscard]] base::Result<FoundMedia, library::PlaceError> find_media(const std::filesystem::path& folder);

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

// Those of kAdopted are downloaded from now on, with their file where it lies: rules count them as had, and what the
// settings want beside an episode comes to those that lie in the library.
void record_adoption(Context& context, const std::vector<Adoption>& adoptions);

// Where a file belongs that was adopted; nothing where it lies there already. From now on the move stands in the
// database, so that a crash between the file and its row is mended at the next start.
[[nodiscard]] std::optional<library::PlaceRequest> begin_move(Context& context, const Adoption& adoption);
// What came of it: it lies there now, or stays where it was.
void end_move(Context& context, const Adoption& adoption,
              const base::Result<library::Placed, library::PlaceError>& result);

// After a start: a move that a crash has interrupted. What was not moved yet stays where it is.
void finish_move(Context& context, const Planned& plan);

}  // namespace podswarm::scheduler
