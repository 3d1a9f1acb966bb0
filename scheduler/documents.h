// What the API shows, as JSON documents (docs/api.md). Times are RFC 3339 in UTC, sizes bytes, durations seconds; what
// is unknown is absent. No secret stands in any of them. Pure but for reading the stores.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "engine/engine.h"
#include "scheduler/context.h"
#include "scheduler/jobs.h"

namespace podswarm::scheduler {

[[nodiscard]] boost::json::array reasons_document(const std::vector<PollReason>& reasons);
[[nodiscard]] boost::json::object feed_document(Context& context, const db::FeedRow& feed);
// `whole` adds the item as published and the files.
[[nodiscard]] boost::json::object episode_document(Context& context, const db::EpisodeRow& episode, bool whole);
[[nodiscard]] boost::json::object download_document(Context& context, const db::DownloadRow& row);
[[nodiscard]] boost::json::object live_document(const engine::DownloadStatus& status);
[[nodiscard]] boost::json::object job_document(Context& context, const Job& job);

// "queued", "done", ... of its download, else what its decision amounts to: "skipped", "held", "deferred", "notified",
// "seen", "backlog", "none".
[[nodiscard]] std::string_view episode_state(const db::EpisodeRow& episode);

}  // namespace podswarm::scheduler
