// The queue's torrents that seed: until their goal, and only while nothing is to be sent less than that. One that may
// not seed leaves the engine and comes back, for what takes no part costs no peer, no tracker and no byte.

#include <set>
#include <utility>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

// Why nothing of it may be sent now; "" if it may. A person's wish for a download is none for what comes after it.
std::string DownloadQueue::must_not_seed(const db::DownloadRow& row, base::WallTime now) {
  if (row.paused) return "paused";
  if (!context_.settings->config.torrent.enabled) return kTorrentsOff;
  if (hold_.stops_running) return hold_.why;
  const auto feed = context_.feeds.find(row.feed_id);
  if (!feed) return {};
  if (feed->status == db::FeedStatus::kPaused) return "its feed is paused";
  if (context_.settings->config.torrent.seed_outside) return {};
  const auto window = context_.settings->for_feed(*feed).window;
  const auto state = windows_.look(window, now);
  if (state.changes_at && (!seeds_change_at_ || *state.changes_at < *seeds_change_at_)) {
    seeds_change_at_ = state.changes_at;
  }
  return state.open ? "" : "outside the download window \"" + window.text + "\"";
}

void DownloadQueue::set_hold(Hold hold) {
  if (hold.stops_running != hold_.stops_running) seeds_changed_ = true;
  hold_ = std::move(hold);
}

void DownloadQueue::look_at_seeds(base::WallTime now) {
  const bool window_changed = seeds_change_at_ && *seeds_change_at_ <= now;
  if (!std::exchange(seeds_changed_, false) && !window_changed) return;
  seeds_change_at_.reset();
  std::set<std::int64_t> stop;
  for (const auto& [id, active] : active_) {
    if (active.phase != Phase::kSeeding) continue;
    const auto row = context_.downloads.find(id);
    if (row && !must_not_seed(*row, now).empty()) stop.insert(id);
  }
  if (!stop.empty()) {
    for (const auto& status : engine_.status()) {
      const auto id = static_cast<std::int64_t>(status.id);
      if (stop.contains(id)) context_.downloads.set_uploaded(id, active_[id].uploaded_before + status.uploaded);
    }
    for (const auto id : stop) {
      const auto entry = active_.find(id);
      entry->second.comes_back = true;
      leave(entry, false);
    }
    spdlog::info("{} torrents do not seed for now", stop.size());
  }
  if (!seeds_ || hold_.stops_running) return;
  for (const auto& row : context_.downloads.seeding()) {
    if (!active_.contains(row.id) && must_not_seed(row, now).empty()) seed_again(row);
  }
}

// Of feeds whose torrents are not to seed any more: what they have for it goes.
void DownloadQueue::end_unwanted_seeds() {
  for (const auto& row : context_.downloads.seeding()) {
    const auto feed = context_.feeds.find(row.feed_id);
    if (!feed || seeds(context_.settings->for_feed(*feed))) continue;
    context_.downloads.set_seeding(row.id, false);
    cancel(row.id);
  }
}

void DownloadQueue::seed_again(const db::DownloadRow& row) {
  const auto feed = context_.feeds.find(row.feed_id);
  if (!feed) return;
  const auto settings = context_.settings->for_feed(*feed);
  Active active;
  active.episode_id = row.episode_id;
  active.feed_id = feed->id;
  active.phase = Phase::kSeeding;
  active.torrent = true;
  active.home = active.dir = incoming(settings, row.id);
  active.uploaded_before = row.uploaded;
  std::error_code error;
  if (!std::filesystem::exists(active.dir, error)) {
    // A library whose disk is not mounted comes back; a folder that is gone from it does not.
    if (std::filesystem::exists(context_.settings->library_root(settings), error)) {
      context_.downloads.set_seeding(row.id, false);
    }
    return;
  }
  add_to_engine(row, settings, std::move(active));
}

void DownloadQueue::apply_settings() {
  seeds_changed_ = true;
  end_unwanted_seeds();
  avoid_torrents();
  if (libraries() != libraries_) sweep_folders();
  for (const auto& [id, active] : active_) {
    const auto feed = active.torrent && active.in_engine ? context_.feeds.find(active.feed_id) : std::nullopt;
    if (!feed) continue;
    const auto settings = context_.settings->for_feed(*feed);
    engine_.set_seed_goal(static_cast<engine::DownloadId>(id), {settings.seed_ratio, settings.seed_time});
  }
}

void DownloadQueue::on_seed_goal(const engine::SeedGoalReached& event) {
  const auto entry = active_.find(static_cast<std::int64_t>(event.id));
  if (entry == active_.end()) return;
  context_.downloads.set_uploaded(entry->first, event.uploaded);
  // Peers may have got enough of it before it was whole here, or in its place.
  if (entry->second.phase != Phase::kSeeding) entry->second.shared = true;
  if (entry->second.phase != Phase::kSeeding) return;
  const auto episode = context_.episodes.find(entry->second.episode_id);
  spdlog::info("{}: seeding has reached its goal, {} sent", episode ? episode->title : "",
               base::format_bytes(event.uploaded));
  context_.downloads.set_seeding(entry->first, false);
  leave(entry, true);
}

}  // namespace podswarm::scheduler
