#include "scheduler/download_queue.h"

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "base/url.h"
#include "library/library.h"
#include "scheduler/credentials.h"
#include "scheduler/placing.h"
#include "scheduler/retry_policy.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Trouble with the disk is the machine's, not the episode's: it is tried again this much later, without counting.
constexpr seconds kDiskPatience = minutes(5);

// Below the library, so that what is finished is moved by a rename.
constexpr const char* kIncoming = ".podswarm";

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
  }
  return "temporary";
}

engine::Source source_of(const db::DownloadRow& row) {
  switch (row.source_kind) {
    case db::SourceKind::kTorrent:
      return engine::TorrentUrlSource{row.source_url};
    case db::SourceKind::kMagnet:
      return engine::MagnetSource{row.source_url};
    case db::SourceKind::kHttp:
      break;
  }
  return engine::HttpSource{row.source_url};
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
  return context_.settings->library_root(settings) / kIncoming / std::to_string(download_id);
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

bool DownloadQueue::any_seeding() const {
  return std::any_of(active_.begin(), active_.end(),
                     [](const auto& entry) { return entry.second.phase == Phase::kSeeding; });
}

void DownloadQueue::recover(bool seed) {
  context_.downloads.recover();
  for (const auto& plan : remembered_plans(context_)) {
    const auto row = context_.downloads.find(plan.download_id);
    const auto placed = row ? library::find_placed(plan.request, plan.total_size) : std::nullopt;
    if (placed && row->state == db::DownloadState::kQueued) {
      finish(plan.download_id, *placed);
    } else {
      forget_plan(context_, plan.download_id);
    }
  }
  if (!seed) return;
  for (const auto& row : context_.downloads.seeding()) {
    const auto episode = context_.episodes.find(row.episode_id);
    const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed) continue;
    const auto settings = context_.settings->for_feed(*feed);
    Active active;
    active.episode_id = row.episode_id;
    active.feed_id = feed->id;
    active.phase = Phase::kSeeding;
    active.torrent = true;
    active.dir = incoming(settings, row.id);
    if (!std::filesystem::exists(active.dir)) {
      context_.downloads.set_seeding(row.id, false);
      continue;
    }
    add_to_engine(row, settings, std::move(active));
  }
}

bool DownloadQueue::has_room(const db::DownloadRow& row, const config::FeedSettings& settings, base::WallTime now) {
  const auto root = context_.settings->library_root(settings);
  const auto free = library::free_bytes(root);
  if (!free) return true;  // the engine will say what is wrong with it
  std::uint64_t wanted = context_.settings->config.download.min_free;
  if (row.bytes_total) wanted += *row.bytes_total - std::min(*row.bytes_total, row.bytes_done);
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading) wanted += active.size;
  }
  if (*free >= wanted) return true;
  obstacle_ = root.string() + ": only " + base::format_bytes(*free) + " free; downloads wait until there is room for " +
              base::format_bytes(wanted) + " (download.min_free is kept free)";
  next_look_ = now + kDiskPatience;
  return false;
}

std::size_t DownloadQueue::start_due(base::WallTime now, const StartRule& rule) {
  obstacle_.clear();
  next_look_.reset();
  const auto& limits = context_.settings->config.download;
  std::map<std::string, int> by_host;
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading && !active.host.empty()) ++by_host[active.host];
  }
  std::size_t started = 0;
  std::size_t running = active();
  for (const auto& row : context_.downloads.due(now, 10'000)) {
    if (running >= static_cast<std::size_t>(limits.max)) break;
    if (active_.contains(row.id) || (!row.host.empty() && by_host[row.host] >= limits.per_host)) continue;
    const auto episode = context_.episodes.find(row.episode_id);
    const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed || (!rule.feeds.empty() && !rule.feeds.contains(feed->id))) continue;
    const auto settings = context_.settings->for_feed(*feed);
    if (rule.window == WindowRule::kObey && !open_at(settings.window, now)) {
      const auto opens = next_change(settings.window, now);
      if (opens && (!next_look_ || *opens < *next_look_)) next_look_ = opens;
      obstacle_ = "outside the download window \"" + settings.window.text + "\"";
      continue;
    }
    if (!has_room(row, settings, now)) break;
    if (!start(row, now)) continue;
    ++started;
    ++running;
    if (!row.host.empty()) ++by_host[row.host];
  }
  return started;
}

bool DownloadQueue::start(const db::DownloadRow& row, base::WallTime now) {
  const auto episode = context_.episodes.find(row.episode_id);
  const auto feed = context_.feeds.find(episode->feed_id);
  const auto settings = context_.settings->for_feed(*feed);
  const auto root = context_.settings->library_root(settings);
  context_.downloads.start(row.id, now);

  std::error_code error;
  if (!std::filesystem::exists(root, error)) {
    // A folder that held files and is gone is a disk that is not mounted: nothing is made in its place.
    const auto known = context_.files.list_feed(feed->id);
    const bool had_files = std::any_of(known.begin(), known.end(), [&](const db::FileRow& file) {
      return file.path.string().starts_with(root.string() + "/");
    });
    if (had_files) {
      fail(row.id, "disk", root.string() + ": the library folder is missing (is its disk mounted?)", false, {}, false);
      return false;
    }
  }
  const auto dir = incoming(settings, row.id);
  std::filesystem::create_directories(dir.parent_path(), error);
  if (error) {
    fail(row.id, "disk", dir.parent_path().string() + ": cannot make this folder: " + error.message(), false, {},
         false);
    return false;
  }
  Active active;
  active.episode_id = row.episode_id;
  active.feed_id = feed->id;
  active.host = row.host;
  active.torrent = row.source_kind != db::SourceKind::kHttp;
  active.dir = dir;
  active.size = row.bytes_total.value_or(0);
  add_to_engine(row, settings, std::move(active));
  return true;
}

void DownloadQueue::add_to_engine(const db::DownloadRow& row, const config::FeedSettings& settings, Active active) {
  engine::AddDownload add;
  add.id = static_cast<engine::DownloadId>(row.id);
  add.source = source_of(row);
  add.dir = active.dir;
  add.http.user_agent = settings.user_agent;
  add.http.ca_file = settings.ca_file;
  add.http.allow_private = settings.allow_private;
  add.http.stall_timeout = settings.stall_timeout;
  if (const auto credentials = credentials_of(settings)) {
    // They were given for the feed's host; its media may lie elsewhere.
    const auto feed = context_.feeds.find(active.feed_id);
    const auto feed_url = feed ? base::parse_url(feed->url) : std::nullopt;
    if (feed_url && feed_url->host == row.host) {
      add.http.user = credentials->user;
      add.http.password = credentials->password;
    }
  }
  add.resume = context_.downloads.resume(row.id);
  add.seed = context_.settings->config.torrent.seed && settings.seed;
  active_[row.id] = std::move(active);
  engine_.add(std::move(add));
}

void DownloadQueue::on_event(engine::Event event) {
  if (const auto* started = std::get_if<engine::Started>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(started->id));
    if (entry == active_.end()) return;
    entry->second.size = started->total_size.value_or(entry->second.size);
    entry->second.info_hash = started->info_hash;
    if (!started->info_hash.empty()) context_.downloads.set_info_hash(entry->first, started->info_hash);
  } else if (const auto* finished = std::get_if<engine::Finished>(&event)) {
    on_finished(*finished);
  } else if (const auto* failed = std::get_if<engine::Failed>(&event)) {
    on_failed(*failed);
  } else if (const auto* resume = std::get_if<engine::ResumeData>(&event)) {
    if (active_.contains(static_cast<std::int64_t>(resume->id))) {
      context_.downloads.set_resume(static_cast<std::int64_t>(resume->id), resume->data);
    }
  } else if (const auto* removed = std::get_if<engine::Removed>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(removed->id));
    if (entry == active_.end() || entry->second.phase != Phase::kLeaving) return;
    remove_tree(entry->second.dir);
    active_.erase(entry);
  }
}

void DownloadQueue::on_finished(const engine::Finished& event) {
  const auto entry = active_.find(static_cast<std::int64_t>(event.id));
  // A torrent that seeds again after a restart is complete once more; it has been placed long ago.
  if (entry == active_.end() || entry->second.phase != Phase::kLoading) return;
  Active& active = entry->second;
  const auto episode = context_.episodes.find(active.episode_id);
  const auto feed = context_.feeds.find(active.feed_id);
  if (!episode || !feed) {
    leave(entry->first);
    return;
  }
  const auto settings = context_.settings->for_feed(*feed);

  db::DownloadProgress progress;
  for (const auto& file : event.files) progress.bytes_done += file.size;
  progress.bytes_total = progress.bytes_done;
  progress.via = active.torrent ? db::Via::kSwarm : db::Via::kHttp;
  progress.peers = static_cast<int>(event.peers);
  progress.rate_bytes_per_s =
      progress.bytes_done * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, event.took.count()));
  context_.downloads.record_progress(entry->first, progress);
  if (event.files.empty()) {
    fail(entry->first, "permanent", "there is no file in it", true, {}, true);
    leave(entry->first);
    return;
  }

  Arrived arrived;
  arrived.dir = active.dir;
  arrived.files = event.files;
  arrived.content_type = event.content_type;
  arrived.suggested_name = event.suggested_name;
  if (const auto row = context_.downloads.find(entry->first)) arrived.naming = row->naming;
  arrived.keep_source = active.torrent && context_.settings->config.torrent.seed && settings.seed;
  Planned plan{entry->first, plan_place(context_, *episode, settings, arrived), progress.bytes_done};
  remember_plan(context_, plan);
  active.phase = Phase::kPlacing;
  active.content_type = event.content_type;
  files_.place(entry->first, std::move(plan.request));
}

void DownloadQueue::on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result) {
  const auto entry = active_.find(download_id);
  if (entry == active_.end() || entry->second.phase != Phase::kPlacing) return;
  if (!result) {
    fail(download_id, "disk", result.error().message, false, {}, false);
    forget_plan(context_, download_id);
    // What came down stays where it is: the next try finds it complete.
    engine_.remove(static_cast<engine::DownloadId>(download_id));
    active_.erase(download_id);
    return;
  }
  finish(download_id, *result);
}

void DownloadQueue::finish(std::int64_t download_id, const library::Placed& placed) {
  const base::WallTime now = context_.clock.now();
  const auto row = context_.downloads.find(download_id);
  if (!row) return;
  const auto entry = active_.find(download_id);
  const auto episode = context_.episodes.find(row->episode_id);
  const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
  const bool seed = entry != active_.end() && entry->second.torrent && feed && context_.settings->config.torrent.seed &&
                    context_.settings->for_feed(*feed).seed;
  db::Transaction transaction(context_.database);
  for (const auto& file : placed.files) {
    context_.files.add({0, row->episode_id, file.path, file.size, file.mtime, now});
  }
  context_.downloads.finish(download_id, now);
  context_.downloads.set_seeding(download_id, seed);
  context_.history.commit(row->episode_id);
  forget_plan(context_, download_id);
  transaction.commit();

  if (seed) {
    entry->second.phase = Phase::kSeeding;
  } else {
    leave(download_id);
  }
  spdlog::info("{}: in the library as {}", episode ? episode->title : "", placed.path.string());
  on_report_({download_id, row->episode_id, true, false, placed.path.string()});
}

void DownloadQueue::on_failed(const engine::Failed& event) {
  const auto id = static_cast<std::int64_t>(event.id);
  const auto entry = active_.find(id);
  if (entry == active_.end()) return;
  if (entry->second.phase == Phase::kSeeding) {
    spdlog::warn("seeding ends: {}", event.message);
    context_.downloads.set_seeding(id, false);
    active_.erase(entry);
    return;
  }
  const auto row = context_.downloads.find(id);
  const std::int64_t feed_id = entry->second.feed_id;
  active_.erase(entry);
  if (!row) return;

  const std::string kind(name_of(event.kind));
  switch (event.kind) {
    case engine::FailureKind::kDiskFull:
    case engine::FailureKind::kDisk:
      fail(id, kind, event.message, false, kDiskPatience, false);
      break;
    case engine::FailureKind::kAccess:
    case engine::FailureKind::kPermanent: {
      // Addresses with tokens expire: the feed may have a fresh one. After that it is final.
      const bool first = row->failure_kind != kind;
      if (first) ask_feed_(feed_id);
      fail(id, kind, event.message, true, event.retry_after, !first);
      break;
    }
    case engine::FailureKind::kTemporary:
    case engine::FailureKind::kNotMedia:
      fail(id, kind, event.message, true, event.retry_after, false);
      break;
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
  if (!delay) context_.history.release(row->episode_id);
  transaction.commit();
  const auto episode = context_.episodes.find(row->episode_id);
  spdlog::warn("{}: {}{}", episode ? episode->title : "", message,
               delay ? "; next try in " + base::format_duration(*delay) : "; given up");
  on_report_({download_id, row->episode_id, false, delay.has_value(), message});
}

void DownloadQueue::leave(std::int64_t download_id) {
  const auto entry = active_.find(download_id);
  if (entry == active_.end()) return;
  entry->second.phase = Phase::kLeaving;
  engine_.remove(static_cast<engine::DownloadId>(download_id));
}

void DownloadQueue::cancel(std::int64_t download_id) {
  leave(download_id);
}

void DownloadQueue::check_seeding(base::WallTime now) {
  if (!any_seeding()) return;
  for (const auto& status : engine_.status()) {
    const auto id = static_cast<std::int64_t>(status.id);
    const auto entry = active_.find(id);
    if (entry == active_.end() || entry->second.phase != Phase::kSeeding) continue;
    const auto row = context_.downloads.find(id);
    const auto feed = context_.feeds.find(entry->second.feed_id);
    if (!row || !feed) continue;
    const auto settings = context_.settings->for_feed(*feed);
    const std::uint64_t size = status.total_bytes.value_or(0);
    const bool ratio_reached = settings.seed_ratio > 0 &&
                               static_cast<double>(status.uploaded) >= settings.seed_ratio * static_cast<double>(size);
    const bool time_reached =
        settings.seed_time.count() > 0 && row->finished_at && now >= *row->finished_at + settings.seed_time;
    if (!ratio_reached && !time_reached) continue;
    context_.downloads.set_seeding(id, false);
    leave(id);
  }
}

void DownloadQueue::put_back_all() {
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading || active.phase == Phase::kPlacing) context_.downloads.put_back(id);
  }
}

}  // namespace podswarm::scheduler
