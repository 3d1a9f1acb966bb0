// What runs, over time: when one gets nothing, or hardly anything while others wait.

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

namespace {

// A swarm that sends nothing for so long gives its place to others.
constexpr std::chrono::minutes kTorrentPatience{10};
// Slower than this for so long, one gives its place to those that wait, and comes back later with what it has.
constexpr std::uint64_t kSlow = 16 * 1024;
constexpr std::chrono::minutes kSlowPatience{5};
constexpr std::chrono::minutes kSlowPause{30};

}  // namespace

void DownloadQueue::check_running(base::WallTime now) {
  if (active() == 0) return;
  stop_overrun();
  const bool may_be_slow = is_full() && !limits_are_low(now) && !context_.downloads.due(now, 1).empty();
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || entry->second.phase != Phase::kLoading) continue;
    if (entry->second.torrent) check_progress(entry, status, now);
    if (entry->second.phase == Phase::kLoading) check_rate(entry, status, may_be_slow, now);
  }
}

bool DownloadQueue::runs_into_the_unknown() const {
  return std::any_of(active_.begin(), active_.end(), [](const auto& entry) {
    return entry.second.phase == Phase::kLoading && entry.second.size == 0;
  });
}

// So that whoever runs cannot be but slow.
bool DownloadQueue::limits_are_low(base::WallTime now) {
  const auto& download = context_.settings->config.download;
  const auto limits = context_.settings->engine_limits(windows_.look(download.window, now).open);
  const std::uint64_t enough = 4 * kSlow * static_cast<std::uint64_t>(download.max);
  const auto low = [&](std::uint64_t limit) { return limit != 0 && limit < enough; };
  return low(limits.down_limit) || low(limits.http_down_limit) || low(limits.torrent_down_limit);
}

void DownloadQueue::check_rate(ActiveEntry entry, const engine::DownloadStatus& status, bool may_be_slow,
                               base::WallTime now) {
  Active& active = entry->second;
  if (active.rate_at == base::WallTime{}) {
    active.rate_mark = status.done_bytes;
    active.rate_at = now;
  }
  const auto seconds = (now - active.rate_at).count();
  if (now < active.rate_at + kSlowPatience) return;
  const auto rate = (status.done_bytes - std::min(status.done_bytes, active.rate_mark)) / static_cast<std::uint64_t>(seconds);
  active.rate_mark = status.done_bytes;
  active.rate_at = now;
  // What does not move at all has a patience of its own.
  if (rate == 0 || rate >= kSlow || !may_be_slow || active.by_hand) return;
  Failure failure;
  failure.kind = "slow";
  failure.message = "only " + base::format_bytes(rate) + "/s, while others wait";
  failure.blame = Blame::kMachine;
  failure.retry_after = kSlowPause;
  fail(entry->first, failure);
  leave(entry, false);
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
