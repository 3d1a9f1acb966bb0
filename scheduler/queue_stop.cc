// What is under way and must stop before its end: it goes back to the queue with what it has, uncounted, and goes on
// when nothing stands in its way any more.

#include <algorithm>

#include "base/log.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

// Why a download must stop now; "" if it need not.
std::string DownloadQueue::must_stop(const Active& active, const db::DownloadRow& row, base::WallTime now) {
  if (row.paused) return "paused";
  if (active.torrent && !context_.settings->config.torrent.enabled) return kTorrentsOff;
  if (hold_.stops_running && (hold_.for_everybody || !active.by_hand)) return hold_.why;
  const auto feed = context_.feeds.find(active.feed_id);
  if (!feed) return {};
  if (feed->status == db::FeedStatus::kPaused) return "its feed is paused";
  if (active.by_hand) return {};
  const auto settings = context_.settings->for_feed(*feed);
  if (settings.finish == config::Finish::kComplete || windows_.look(settings.window, now).open) return {};
  return "the download window \"" + settings.window.text + "\" has closed";
}

void DownloadQueue::stop_what_must(base::WallTime now) {
  std::vector<std::pair<std::int64_t, std::string>> stop;
  for (const auto& [id, active] : active_) {
    if (active.phase != Phase::kLoading) continue;
    const auto row = context_.downloads.find(id);
    if (!row) continue;
    if (auto why = must_stop(active, *row, now); !why.empty()) stop.emplace_back(id, std::move(why));
  }
  for (const auto& [id, why] : stop) put_back(active_.find(id), why, false);
}

// The disk's reserve or a quota has been touched, by others or by what did not say how large it is: of those concerned
// the ones that were begun last stop, until it fits.
void DownloadQueue::stop_overrun(std::int64_t suspect) {
  for (;;) {
    auto budget = this->budget();
    unknown_margin_ = UINT64_MAX;
    auto last = active_.end();
    std::string why;
    for (auto entry = active_.begin(); entry != active_.end(); ++entry) {
      const auto& active = entry->second;
      if (active.phase != Phase::kLoading) continue;
      const bool is_later = last == active_.end() || active.started_at >= last->second.started_at;
      if (entry->first != suspect && (!is_later || (last != active_.end() && last->first == suspect))) continue;
      const auto feed = context_.feeds.find(active.feed_id);
      if (!feed) continue;
      if (!budget.knows_disk(active.root)) budget.set_disk(active.root, files_.free_bytes(active.root));
      budget.set_quota(active.feed_id, context_.settings->for_feed(*feed).quota);
      if (auto overrun = budget.overrun(active.feed_id, active.root); !overrun.empty()) {
        last = entry;
        why = std::move(overrun);
      }
      if (active.size == 0) unknown_margin_ = std::min(unknown_margin_, budget.margin(active.feed_id, active.root));
    }
    if (last == active_.end()) return;
    // One that does not say how large it is would have the others wait for it for ever. That it is as large as what has
    // come is known now, so that it is not begun again, and again, where it has no room.
    const auto id = last->first;
    std::uint64_t received = 0;
    for (const auto& status : engine_.status()) {
      if (static_cast<std::int64_t>(status.id) == id) received = received_by(last->second, status);
    }
    const bool larger_than_told = received > last->second.size;
    put_back(last, why, larger_than_told);
    if (larger_than_told) context_.downloads.set_size(id, received);
  }
}

// What it had stands until the server has answered, or the data has been checked.
std::uint64_t DownloadQueue::received_by(const Active& active, const engine::DownloadStatus& status) {
  return status.state == engine::DownloadState::kDownloading ? status.done_bytes
                                                             : std::max(status.done_bytes, active.received_before);
}

void DownloadQueue::put_back(ActiveEntry entry, const std::string& why, bool discard) {
  const auto id = entry->first;
  db::Transaction transaction(context_.database);
  for (const auto& status : engine_.status()) {
    if (static_cast<std::int64_t>(status.id) != id) continue;
    db::DownloadProgress progress;
    progress.bytes_done = discard ? 0 : received_by(entry->second, status);
    progress.bytes_total = status.total_bytes;
    progress.uploaded = entry->second.uploaded_before + status.uploaded;
    context_.downloads.record_progress(id, progress);
  }
  context_.downloads.put_back(id);
  if (discard) context_.downloads.set_resume(id, {});
  transaction.commit();
  const auto episode = context_.episodes.find(entry->second.episode_id);
  spdlog::info("{}: waits: {}", episode ? episode->title : "", why);
  leave(entry, discard);
}

std::optional<base::WallTime> DownloadQueue::next_stop(base::WallTime now) {
  std::optional<base::WallTime> next;
  for (const auto& [id, active] : active_) {
    if (active.phase != Phase::kLoading || active.by_hand) continue;
    const auto feed = context_.feeds.find(active.feed_id);
    if (!feed) continue;
    const auto settings = context_.settings->for_feed(*feed);
    if (settings.finish == config::Finish::kComplete) continue;
    const auto closes = windows_.look(settings.window, now).changes_at;
    if (closes && (!next || *closes < *next)) next = closes;
  }
  return next;
}

}  // namespace podswarm::scheduler
