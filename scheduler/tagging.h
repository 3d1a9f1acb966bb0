// What is written into an episode's file, from what its feed says. Runs on the scheduler's thread.
#pragma once

#include <optional>

#include <boost/json/object.hpp>

#include "library/library.h"
#include "scheduler/context.h"

namespace podswarm::scheduler {

// Of a policy that is not kOff.
[[nodiscard]] library::TagMode tag_mode(config::TagPolicy policy);

// Nothing where the feed's settings want no tags. `folder` is the feed's own (the cover lies there), "" where it has
// none. `utc_offset`: days are local ones, as in file names.
[[nodiscard]] std::optional<library::TagRequest> tags_wanted(Context& context, const db::EpisodeRow& episode,
                                                             const config::FeedSettings& settings,
                                                             const std::filesystem::path& folder,
                                                             std::chrono::seconds utc_offset);

// Kept with the placing plan.
[[nodiscard]] boost::json::object to_json(const library::TagRequest& request);
[[nodiscard]] library::TagRequest tag_request_from_json(const boost::json::object& object);

}  // namespace podswarm::scheduler
