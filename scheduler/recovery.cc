// What the queue mends when the program starts: a process may have ended between any two steps.

#include <charconv>

#include "base/log.h"
#include "scheduler/adoption.h"
#include "scheduler/download_queue.h"
#include "scheduler/placing.h"

namespace podswarm::scheduler {

void DownloadQueue::recover(bool seed) {
  context_.downloads.recover();
  last_start_ = context_.downloads.last_starts();
  finish_remembered();
  sweep_folders();
  seeds_ = seed;
  seeds_changed_ = true;
}

// A file that was put in its place, but not written down. What was not yet moved is placed when its turn comes.
void DownloadQueue::finish_remembered() {
  for (const auto& plan : remembered_plans(context_)) {
    if (plan.adopted) {
      finish_move(context_, plan);
      continue;
    }
    const auto row = context_.downloads.find(plan.download_id);
    if (!row || row->state != db::DownloadState::kQueued) {
      forget_plan(context_, plan.download_id);
      continue;
    }
    std::error_code error;
    const bool still_there = std::filesystem::exists(plan.request.source, error);
    if (still_there && !plan.request.keep_source) continue;
    const auto placed = library::find_placed(plan.request, plan.total_size);
    // Another episode's file of the same size and name is not this one.
    const bool known = placed && !placed->files.empty() && context_.files.find_by_path(placed->files.front().path);
    if (placed && !known) {
      finish(plan.download_id, *placed, plan.request.keep_source && still_there);
    } else if (!still_there) {
      forget_plan(context_, plan.download_id);
    }
  }
}

// Folders of downloads that are over. The process may have ended before it removed them.
void DownloadQueue::sweep_folders() {
  std::set<std::filesystem::path> roots;
  for (const auto& feed : context_.feeds.list()) {
    roots.insert(context_.settings->library_root(context_.settings->for_feed(feed)));
  }
  roots.insert(config::expand_home(context_.settings->config.general.library_dir));
  for (const auto& root : roots) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(root / kIncomingFolder / database_tag(context_), error)) {
      const std::string name = entry.path().filename().string();
      std::int64_t id = 0;
      const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), id);
      if (bad != std::errc{} || end != name.data() + name.size()) continue;
      const auto row = context_.downloads.find(id);
      if (row && row->state == db::DownloadState::kQueued) {
        note_stored(*row, entry.path());
        continue;
      }
      if (row && row->seeding) continue;
      std::error_code ignored;
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace podswarm::scheduler
