#include "scheduler/download_queue.h"

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/placing.h"

namespace podswarm::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The same for a database that refuses to be written.
constexpr seconds kDatabasePatience = minutes(1);

void remove_tree(const std::filesystem::path& dir) {
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
}

}  // namespace

DownloadQueue::DownloadQueue(Context& context, DownloadPort& engine, FilePort& files,
                             std::function<void(std::int64_t)> ask_feed,
                             std::function<void(const DownloadReport&)> on_report)
    : context_(context),
      engine_(engine),
      files_(files),
      ask_feed_(std::move(ask_feed)),
      on_report_(std::move(on_report)) {}

std::filesystem::path DownloadQueue::incoming(const config::FeedSettings& settings, std::int64_t download_id) const {
  return context_.settings->library_root(settings) / kIncomingFolder / database_tag(context_) /
         std::to_string(download_id);
}

bool DownloadQueue::seeds(const config::FeedSettings& settings) const {
  return context_.settings->config.torrent.seed && settings.seed;
}

std::size_t DownloadQueue::active(const std::set<std::int64_t>& feeds) const {
  return static_cast<std::size_t>(std::count_if(active_.begin(), active_.end(), [&](const auto& entry) {
    return (entry.second.phase == Phase::kLoading || entry.second.phase == Phase::kPlacing) &&
           (feeds.empty() || feeds.contains(entry.second.feed_id));
  }));
}

bool DownloadQueue::is_active(std::int64_t download_id) const {
  return active_.contains(download_id);
}

std::string DownloadQueue::host_of(std::int64_t download_id) const {
  const auto entry = active_.find(download_id);
  return entry == active_.end() ? std::string() : entry->second.host;
}

void DownloadQueue::guarded(std::function<void()> step) {
  try {
    step();
  } catch (const db::DatabaseError& error) {
    spdlog::error("{}; tried again in {}", error.what(), base::format_duration(kDatabasePatience));
    refused_.push_back(std::move(step));
    repeat_at_ = context_.clock.now() + kDatabasePatience;
  }
}

void DownloadQueue::repeat_refused(base::WallTime now) {
  if (refused_.empty() || now < repeat_at_) return;
  for (auto& step : std::exchange(refused_, {})) guarded(std::move(step));
}

// ---- what the engine says ----

void DownloadQueue::on_event(engine::Event event) {
  guarded([this, event = std::move(event)] { handle(event); });
}

void DownloadQueue::handle(const engine::Event& event) {
  if (const auto* started = std::get_if<engine::Started>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(started->id));
    if (entry == active_.end()) return;
    if (started->total_size && *started->total_size != entry->second.size) {
      entry->second.size = *started->total_size;
      context_.downloads.set_size(entry->first, *started->total_size);
      if (entry->second.phase == Phase::kLoading) stop_overrun(entry->first);
    }
    if (!started->info_hash.empty()) context_.downloads.set_info_hash(entry->first, started->info_hash);
  } else if (const auto* finished = std::get_if<engine::Finished>(&event)) {
    on_finished(*finished);
  } else if (const auto* failed = std::get_if<engine::Failed>(&event)) {
    on_failed(*failed, false);
  } else if (const auto* resume = std::get_if<engine::ResumeData>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(resume->id));
    if (entry != active_.end() && !entry->second.discard) context_.downloads.set_resume(entry->first, resume->data);
  } else if (const auto* progress = std::get_if<engine::SeedProgress>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(progress->id));
    if (entry != active_.end()) context_.downloads.set_uploaded(entry->first, progress->uploaded);
  } else if (const auto* reached = std::get_if<engine::SeedGoalReached>(&event)) {
    on_seed_goal(*reached);
  } else if (const auto* removed = std::get_if<engine::Removed>(&event)) {
    on_removed(static_cast<std::int64_t>(removed->id));
  }
}

void DownloadQueue::on_removed(std::int64_t download_id) {
  const auto entry = active_.find(download_id);
  if (entry == active_.end()) return;
  entry->second.in_engine = false;
  if (entry->second.phase != Phase::kLeaving) return;
  if (entry->second.discard) {
    remove_tree(entry->second.home);
    aside_.erase(download_id);
    asked_.erase(download_id);
    pauses_.erase(download_id);
  }
  const bool comes_back = entry->second.comes_back;
  active_.erase(entry);
  // What kept it from seeding can be over by now.
  const auto row = comes_back && seeds_ ? context_.downloads.find(download_id) : std::nullopt;
  if (row && row->seeding && must_not_seed(*row, context_.clock.now()).empty()) seed_again(*row);
}

void DownloadQueue::leave(ActiveEntry entry, bool discard) {
  entry->second.phase = Phase::kLeaving;
  entry->second.discard = discard;
  if (entry->second.in_engine) {
    engine_.remove(static_cast<engine::DownloadId>(entry->first));
  } else {
    on_removed(entry->first);
  }
}

std::optional<base::WallTime> DownloadQueue::time_in_window(const db::DownloadRow& row) {
  const auto& window = context_.settings->config.download.window;
  const base::WallTime now = context_.clock.now();
  if (windows_.look(window, now).open) return now;
  return row.started_at && open_at(window, *row.started_at) ? row.started_at : std::nullopt;
}

// ---- leaving and seeding ----

void DownloadQueue::cancel(std::int64_t download_id) {
  const auto entry = active_.find(download_id);
  if (entry != active_.end()) {
    if (entry->second.phase == Phase::kPlacing) {
      entry->second.cancelled = true;  // the file is being moved: handle_placed() ends it
    } else if (entry->second.phase != Phase::kLeaving) {
      leave(entry, true);
    } else {
      entry->second.discard = true;
    }
    return;
  }
  const auto row = context_.downloads.find(download_id);
  const auto episode = row ? context_.episodes.find(row->episode_id) : std::nullopt;
  const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
  if (!feed) return;
  forget_plan(context_, download_id);
  aside_.erase(download_id);
  asked_.erase(download_id);
  pauses_.erase(download_id);
  remove_tree(incoming(context_.settings->for_feed(*feed), download_id));
}

void DownloadQueue::put_back_all() {
  db::Transaction transaction(context_.database);
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || entry->second.phase == Phase::kLeaving) continue;
    if (entry->second.phase == Phase::kLoading) {
      context_.downloads.set_received(entry->first, received_by(entry->second, status));
    }
    if (entry->second.torrent) {
      context_.downloads.set_uploaded(entry->first, entry->second.uploaded_before + status.uploaded);
    }
  }
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading || active.phase == Phase::kPlacing) context_.downloads.put_back(id);
  }
  transaction.commit();
}

}  // namespace podswarm::scheduler
