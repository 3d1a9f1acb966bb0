// The queue's downloads on their way from the engine into the library.

#include <algorithm>

#include "base/log.h"
#include "library/library.h"
#include "scheduler/download_queue.h"
#include "scheduler/events.h"
#include "scheduler/placing.h"
#include "scheduler/sidecars.h"

namespace podswarm::scheduler {

namespace {

// A name that cannot be had is the episode's own trouble; the rest is the disk's.
bool is_about_the_name(library::PlaceError error) {
  return error == library::PlaceError::kNameTooLong || error == library::PlaceError::kCollision ||
         error == library::PlaceError::kBadPath || error == library::PlaceError::kSourceMissing;
}

}  // namespace

void DownloadQueue::on_finished(const engine::Finished& event) {
  const auto entry = active_.find(static_cast<std::int64_t>(event.id));
  // A torrent that seeds again after a restart is complete once more; it has been placed long ago.
  if (entry == active_.end() || entry->second.phase != Phase::kLoading) return;
  Active& active = entry->second;
  const auto row = context_.downloads.find(entry->first);
  const auto episode = context_.episodes.find(active.episode_id);
  const auto feed = context_.feeds.find(active.feed_id);
  if (!row || !episode || !feed) return leave(entry, true);
  if (event.files.empty()) {
    fail(entry->first, {"permanent", "there is no file in it", Blame::kSource, true});
    return leave(entry, true);
  }

  db::DownloadProgress progress;
  for (const auto& file : event.files) progress.bytes_done += file.size;
  progress.bytes_total = progress.bytes_done;
  progress.via = active.torrent ? db::Via::kSwarm : db::Via::kHttp;
  progress.peers = static_cast<int>(event.peers);
  progress.uploaded = row->uploaded;
  // What was there already did not come in this time.
  const std::uint64_t came = progress.bytes_done - std::min(progress.bytes_done, active.received_before);
  progress.rate_bytes_per_s =
      came * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, event.took.count()));

  const auto settings = context_.settings->for_feed(*feed);
  Arrived arrived;
  arrived.dir = active.dir;
  arrived.files = event.files;
  arrived.content_type = event.content_type;
  arrived.suggested_name = event.suggested_name;
  arrived.naming = row->naming;
  arrived.keep_source = active.torrent && seeds(settings);
  Planned plan{entry->first, plan_place(context_, *episode, settings, arrived), progress.bytes_done};
  db::Transaction transaction(context_.database);
  context_.downloads.record_progress(entry->first, progress);
  context_.downloads.set_original(entry->first, original_name(plan.request.source));
  remember_plan(context_, plan);
  transaction.commit();
  active.phase = Phase::kPlacing;
  files_.place(entry->first, std::move(plan.request));
}

void DownloadQueue::on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result) {
  guarded([this, download_id, result = std::move(result)] { handle_placed(download_id, result); });
}

void DownloadQueue::handle_placed(std::int64_t download_id,
                                  const base::Result<library::Placed, library::PlaceError>& result) {
  const auto entry = active_.find(download_id);
  if (entry == active_.end() || entry->second.phase != Phase::kPlacing) return;
  const auto feed = context_.feeds.find(entry->second.feed_id);
  if (entry->second.cancelled || !feed) {
    // It was skipped, or its feed removed, while it was on its way.
    const auto plan = remembered_plan(context_, download_id);
    forget_plan(context_, download_id);
    if (result && plan) {
      for (const auto& file : result->files) (void)library::remove_file(file.path, plan->request.root);
    }
    return leave(entry, true);
  }
  if (!result) {
    // What came down stays where it is, and the plan with it: the next try begins here.
    const auto blame = is_about_the_name(result.error().code) ? Blame::kEpisode : Blame::kMachine;
    fail(download_id, {"disk", result.error().message, blame});
    if (result.error().code == library::PlaceError::kSourceMissing) forget_plan(context_, download_id);
    return leave(entry, false);
  }
  const auto settings = context_.settings->for_feed(*feed);
  const bool seed = entry->second.torrent && seeds(settings) && !entry->second.shared;
  finish(download_id, *result, seed);
  if (!seed) return leave(entry, true);
  entry->second.phase = Phase::kSeeding;
  const auto row = context_.downloads.find(download_id);
  if (row) remove_other_sources(*row, entry->second.home);
  if (row && !must_not_seed(*row, context_.clock.now()).empty()) return leave(entry, false);
  if (row && !entry->second.in_engine) {
    // It had left the engine before it could be placed.
    Active again = std::move(entry->second);
    again.in_engine = true;
    add_to_engine(*row, settings, std::move(again));
  }
}

void DownloadQueue::finish(std::int64_t download_id, const library::Placed& placed, bool seed) {
  const base::WallTime now = context_.clock.now();
  const auto row = context_.downloads.find(download_id);
  if (!row) return;
  db::Transaction transaction(context_.database);
  for (const auto& file : placed.files) {
    context_.files.add({0, row->episode_id, file.path, file.size, file.mtime, now});
  }
  context_.downloads.finish(download_id, now);
  context_.downloads.set_placed(download_id, placed.path);
  context_.downloads.set_seeding(download_id, seed);
  context_.history.commit(row->episode_id);
  forget_plan(context_, download_id);
  const auto episode = context_.episodes.find(row->episode_id);
  if (episode) want_sidecars(context_, *episode);
  announce(context_, Event::kDone, row->episode_id);
  transaction.commit();
  spdlog::info("{}: in the library as {}", episode ? episode->title : "", placed.path.string());
  on_report_({download_id, row->episode_id, episode ? episode->feed_id : 0, true, false, placed.path.string(),
              time_in_window(*row)});
}

}  // namespace podswarm::scheduler
