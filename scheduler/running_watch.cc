// What runs, over time: when one gets nothing, or hardly anything while others wait.

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

namespace {

// A swarm that sends nothing for so long gives its place to others.
constexpr std::chrono::minutes kTorrentPatience{10};
// Slower than this for so long, and far slower than downloads were of late, one gives its place to those that wait, and
// comes back later with what it has. Not more often than so many times: a server may not let it go on where it was.
constexpr std::uint64_t kSlow = 16 * 1024;
constexpr std::uint64_t kFarSlower = 4;
constexpr std::chrono::minutes kSlowPatience{5};
constexpr std::chrono::minutes kSlowPause{30};
constexpr int kMostPauses = 3;
// Over so many of the last downloads the usual rate is averaged, and so many are looked at for one that could start.
constexpr std::size_t kRecent = 20;
constexpr std::size_t kLookedAt = 50;

}  // namespace

void DownloadQueue::check_running(base::WallTime now) {
  if (active() == 0) return;
  stop_overrun();
  const std::uint64_t too_slow = is_full() && somebody_waits(now) ? slowness(now) : 0;
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || entry->second.phase != Phase::kLoading) continue;
    if (entry->second.torrent) check_progress(entry, status, now);
    if (entry->second.phase == Phase::kLoading) check_rate(entry, status, too_slow, now);
  }
}

std::chrono::seconds DownloadQueue::next_check() const {
  // One that does not say how large it is may come as fast as this.
  constexpr std::uint64_t kFastest = 100'000'000;
  constexpr std::uint64_t kShortest = 5;
  constexpr std::uint64_t kUsual = 30;
  return std::chrono::seconds(std::clamp(unknown_margin_ / kFastest, kShortest, kUsual));
}

// Whether another could run in the place of one of those that run.
bool DownloadQueue::somebody_waits(base::WallTime now) {
  Pass pass;
  pass.filter.only_http = !context_.settings->config.torrent.enabled;
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading && !active.host.empty()) ++pass.by_host[active.host];
  }
  for (const auto& [host, count] : pass.by_host) {
    if (count >= context_.settings->config.download.per_host) pass.filter.not_hosts.insert(host);
  }
  for (const auto& row : context_.downloads.due(now, kLookedAt, pass.filter)) {
    const auto& view = view_of(row.feed_id, pass.views, now);
    if (!view.feed || !view.window.open) continue;
    if (!pass.budget) pass.budget = budget();
    if (!pass.budget->knows_disk(view.root)) pass.budget->set_disk(view.root, files_.free_bytes(view.root));
    pass.budget->set_quota(row.feed_id, view.settings.quota);
    if (pass.budget->obstacle({row.feed_id, view.root, row.bytes_total, row.bytes_done, true}).empty()) return true;
  }
  return false;
}

// Bytes a second that are too few; 0 where that cannot be told, as all downloads are slow, or limited.
std::uint64_t DownloadQueue::slowness(base::WallTime now) {
  const auto& download = context_.settings->config.download;
  const auto limits = context_.settings->engine_limits(windows_.look(download.window, now).open);
  const std::uint64_t enough = kFarSlower * kSlow * static_cast<std::uint64_t>(download.max);
  for (const auto limit : {limits.down_limit, limits.http_down_limit, limits.torrent_down_limit}) {
    if (limit != 0 && limit < enough) return 0;
  }
  return std::min(kSlow, context_.downloads.recent_rate(kRecent).value_or(0) / kFarSlower);
}

void DownloadQueue::check_rate(ActiveEntry entry, const engine::DownloadStatus& status, std::uint64_t too_slow,
                               base::WallTime now) {
  Active& active = entry->second;
  if (active.rate_at == base::WallTime{}) {
    active.rate_mark = status.done_bytes;
    active.rate_at = now;
  }
  const auto seconds = (now - active.rate_at).count();
  if (now < active.rate_at + kSlowPatience) return;
  const auto came = status.done_bytes - std::min(status.done_bytes, active.rate_mark);
  const auto rate = came / static_cast<std::uint64_t>(seconds);
  active.rate_mark = status.done_bytes;
  active.rate_at = now;
  // What does not move at all has a patience of its own.
  if (rate == 0 || rate >= too_slow || active.by_hand || pauses_[entry->first] >= kMostPauses) return;
  const auto feed = context_.feeds.find(active.feed_id);
  if (feed && !windows_.look(context_.settings->for_feed(*feed).window, now).open) return;
  ++pauses_[entry->first];
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
