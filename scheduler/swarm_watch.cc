// The queue's torrents over time: what is to be shared of them, and when one gets nothing.

#include "base/log.h"
#include "base/units.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

namespace {

// A swarm that sends nothing for so long gives its place to others.
constexpr std::chrono::minutes kTorrentPatience{10};

}  // namespace

void DownloadQueue::check_swarms(base::WallTime now) {
  if (active() == 0) return;
  stop_overrun();
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || !entry->second.torrent) continue;
    if (entry->second.phase == Phase::kLoading) check_progress(entry, status, now);
  }
}

void DownloadQueue::apply_goals() {
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

void DownloadQueue::check_progress(ActiveEntry entry, const engine::DownloadStatus& status, base::WallTime now) {
  Active& active = entry->second;
  const std::uint64_t mark = status.done_bytes + status.downloaded;
  const bool at_work =
      status.state != engine::DownloadState::kChecking && status.state != engine::DownloadState::kQueued;
  if (!at_work || mark != active.progress_mark || active.progress_at == base::WallTime{}) {
    active.progress_mark = mark;
    active.progress_at = now;
    return;
  }
  if (now < active.progress_at + kTorrentPatience) return;
  engine::Failed failed;
  failed.id = status.id;
  failed.message = "no peer has sent anything for " + base::format_duration(kTorrentPatience);
  if (!status.tracker_message.empty()) failed.message += " (" + status.tracker_message + ")";
  on_failed(failed);
  engine_.remove(status.id);
}

}  // namespace podswarm::scheduler
