#include "scheduler/download_queue.h"

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "feeds/item_json.h"
#include "scheduler/events.h"
#include "scheduler/placing.h"
#include "scheduler/retry_policy.h"
#include "scheduler/sidecars.h"
#include "scheduler/source_choice.h"

namespace podswarm::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The same for a database that refuses to be written.
constexpr seconds kDatabasePatience = minutes(1);

std::string_view name_of(engine::FailureKind kind) {
  switch (kind) {
    case engine::FailureKind::kTemporary:
      return "temporary";
    case engine::FailureKind::kPermanent:
      return "permanent";
    case engine::FailureKind::kAccess:
      return "access";
    case engine::FailureKind::kNotMedia:
      return "not-media";
    case engine::FailureKind::kDiskFull:
      return "disk-full";
    case engine::FailureKind::kDisk:
      return "disk";
    case engine::FailureKind::kMissing:
      return kMissingFailure;
    case engine::FailureKind::kUnreachable:
      return kUnreachableFailure;
  }
  return "temporary";
}

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
    on_failed(*failed);
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

void DownloadQueue::on_failed(const engine::Failed& event) {
  const auto entry = active_.find(static_cast<std::int64_t>(event.id));
  if (entry == active_.end()) return;
  Active& active = entry->second;
  switch (active.phase) {
    case Phase::kLeaving:
    case Phase::kPlacing:  // it will not seed; what has come down is whole
      return;
    case Phase::kSeeding:
      spdlog::warn("seeding ends: {}", event.message);
      // What may pass does not end it for good: the next start seeds again.
      active.discard = event.kind != engine::FailureKind::kTemporary &&
                       event.kind != engine::FailureKind::kUnreachable && event.kind != engine::FailureKind::kMissing;
      if (active.discard) context_.downloads.set_seeding(entry->first, false);
      active.phase = Phase::kLeaving;
      if (!active.in_engine) on_removed(entry->first);
      return;
    case Phase::kLoading:
      break;
  }
  const auto row = context_.downloads.find(entry->first);
  bool counts = true;
  bool final = false;
  auto retry_after = event.retry_after;
  std::string kind(name_of(event.kind));
  const bool passing = event.kind == engine::FailureKind::kTemporary || event.kind == engine::FailureKind::kUnreachable;
  if (offline_ && passing) {
    counts = false;
    retry_after = kOfflinePatience;
    kind = kOfflineFailure;
  } else if (event.kind == engine::FailureKind::kDiskFull || event.kind == engine::FailureKind::kDisk ||
             event.kind == engine::FailureKind::kMissing) {
    counts = false;
    retry_after = kDiskPatience;
  } else if (event.kind == engine::FailureKind::kAccess || event.kind == engine::FailureKind::kPermanent) {
    // Addresses with tokens expire: the feed may have a fresh one. Once it has told its last word, it is final.
    final = row && row->failure_kind == kind && asked_since_last_try(*row);
    if (!final) ask_feed_(active.feed_id);
  }
  if (row && counts && use_next_source(*row, active)) final = false;
  if (row) fail(entry->first, kind, event.message, counts, retry_after, final);
  // The engine lets go of it by itself and says so with Removed; until then its id is taken.
  active.phase = Phase::kLeaving;
  active.discard = active.discard || final;
  if (!active.in_engine) on_removed(entry->first);
}

// An episode may lie in several places: they are tried in turn. False where there is no other, or all have had theirs.
bool DownloadQueue::use_next_source(const db::DownloadRow& row, Active& active) {
  const auto episode = context_.episodes.find(row.episode_id);
  const auto feed = context_.feeds.find(active.feed_id);
  const auto item = episode ? feeds::item_from_json(episode->item) : std::nullopt;
  if (!item || !feed) return false;
  const auto sources =
      media_sources(*item, context_.settings->for_feed(*feed).prefer, context_.settings->config.torrent.enabled);
  const auto now_used = std::find_if(sources.begin(), sources.end(),
                                     [&](const MediaSource& source) { return source.url == row.source_url; });
  if (sources.size() < 2 || now_used == sources.end()) return false;
  const auto next = std::next(now_used) == sources.end() ? sources.begin() : std::next(now_used);
  context_.downloads.set_source(row.id, source_kind_of(next->kind), next->url);
  active.discard = true;  // one rendition's bytes are nothing to another
  return next != sources.begin();
}

void DownloadQueue::on_removed(std::int64_t download_id) {
  const auto entry = active_.find(download_id);
  if (entry == active_.end()) return;
  entry->second.in_engine = false;
  if (entry->second.phase != Phase::kLeaving) return;
  if (entry->second.discard) remove_tree(entry->second.dir);
  // It may have to come back: what kept it from seeding can be over by now.
  if (entry->second.torrent && !entry->second.discard) seeds_changed_ = true;
  active_.erase(entry);
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

void DownloadQueue::fail(std::int64_t download_id, const std::string& kind, const std::string& message, bool counts,
                         std::optional<seconds> retry_after, bool final) {
  const base::WallTime now = context_.clock.now();
  const auto row = context_.downloads.find(download_id);
  if (!row) return;
  std::optional<seconds> delay;
  if (!final) {
    delay = counts ? retry_delay(row->attempts, retry_after, context_.random()) : retry_after.value_or(kDiskPatience);
  }
  db::Transaction transaction(context_.database);
  if (!counts) context_.downloads.put_back(download_id);
  context_.downloads.fail(download_id, now, kind, message, delay ? std::optional(now + *delay) : std::nullopt);
  if (!delay) {
    context_.history.release(row->episode_id);
    announce(context_, Event::kFailed, row->episode_id);
  }
  transaction.commit();
  const auto episode = context_.episodes.find(row->episode_id);
  spdlog::warn("{}: {}{}", episode ? episode->title : "", message,
               delay ? "; next try in " + base::format_duration(*delay) : "; given up");
  on_report_({download_id, row->episode_id, episode ? episode->feed_id : 0, false, delay.has_value(), message,
              time_in_window(*row)});
}

// Whether the feed has answered between the failure before this try and the try.
bool DownloadQueue::asked_since_last_try(const db::DownloadRow& row) {
  const auto feed = context_.feeds.find(row.feed_id);
  if (!feed || !feed->last_ok_at || !row.started_at) return false;
  const auto waited = retry_delay(std::max(row.attempts - 1, 1), std::nullopt, 1.0).value_or(kRetryDelays.back());
  return *feed->last_ok_at >= *row.started_at - waited;
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
  remove_tree(incoming(context_.settings->for_feed(*feed), download_id));
}

void DownloadQueue::put_back_all() {
  db::Transaction transaction(context_.database);
  for (const auto& status : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || !entry->second.torrent || entry->second.phase == Phase::kLeaving) continue;
    context_.downloads.set_uploaded(entry->first, entry->second.uploaded_before + status.uploaded);
  }
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading || active.phase == Phase::kPlacing) context_.downloads.put_back(id);
  }
  transaction.commit();
}

}  // namespace podswarm::scheduler
