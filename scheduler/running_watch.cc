// The queue's torrents over time: when one gets nothing.

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
  on_failed(failed, true);
  engine_.remove(status.id);
}

}  // namespace podswarm::scheduler
