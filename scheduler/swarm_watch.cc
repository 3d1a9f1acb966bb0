// The queue's torrents over time: when one has seeded enough, and when one gets nothing.

#include "base/log.h"
#include "base/units.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

namespace {

// A swarm that sends nothing for so long gives its place to others.
constexpr std::chrono::minutes kTorrentPatience{10};
// What a seeding torrent has sent is written down in steps, not with every look.
constexpr std::uint64_t kUploadStep = 4u << 20;

}  // namespace

void DownloadQueue::check_swarms(base::WallTime now) {
  if (active_.empty()) return;
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || !entry->second.torrent) continue;
    if (entry->second.phase == Phase::kSeeding) check_seeding(entry, status, now);
    if (entry->second.phase == Phase::kLoading) check_progress(entry, status, now);
  }
}

void DownloadQueue::check_seeding(ActiveEntry entry, const engine::DownloadStatus& status, base::WallTime now) {
  // Just after a start its size is not known yet, and nothing can be said.
  const std::uint64_t size = status.wanted_bytes > 0 ? status.wanted_bytes : status.total_bytes.value_or(0);
  const auto row = context_.downloads.find(entry->first);
  const auto feed = context_.feeds.find(entry->second.feed_id);
  if (size == 0 || !row || !feed) return;
  const auto settings = context_.settings->for_feed(*feed);
  const std::uint64_t sent = entry->second.uploaded_before + status.uploaded;
  const engine::SeedGoal goal{settings.seed_ratio, settings.seed_time};
  const auto seeded = row->finished_at ? now - *row->finished_at : std::chrono::seconds(0);
  const bool over = goal.reached(sent, size, seeded);
  if (over || sent >= row->uploaded + kUploadStep) context_.downloads.set_uploaded(entry->first, sent);
  if (!over) return;
  spdlog::info("{}: seeding has reached its goal, {} sent", status.name, base::format_bytes(sent));
  context_.downloads.set_seeding(entry->first, false);
  leave(entry, true);
}

void DownloadQueue::check_progress(ActiveEntry entry, const engine::DownloadStatus& status, base::WallTime now) {
  Active& active = entry->second;
  const std::uint64_t mark = status.done_bytes + status.downloaded;
  const bool checking = status.state == engine::DownloadState::kChecking;
  if (checking || mark != active.progress_mark || active.progress_at == base::WallTime{}) {
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
