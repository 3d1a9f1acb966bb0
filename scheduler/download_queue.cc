#include "scheduler/download_queue.h"

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "library/library.h"
#include "scheduler/credentials.h"
#include "scheduler/events.h"
#include "scheduler/placing.h"
#include "scheduler/retry_policy.h"
#include "scheduler/sidecars.h"
#include "scheduler/source_choice.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Trouble with the disk is the machine's, not the episode's: it is tried again this much later, without counting.
constexpr seconds kDiskPatience = minutes(5);
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

// ---- starting ----

StartResult DownloadQueue::start_due(base::WallTime now, const StartRule& rule) {
  StartResult result;
  if (active() >= static_cast<std::size_t>(context_.settings->config.download.max)) return result;
  const auto stands_in_the_way = [&](std::string obstacle, std::optional<base::WallTime> until) {
    if (result.obstacle.empty()) result.obstacle = std::move(obstacle);
    if (until && (!result.next_look || *until < *result.next_look)) result.next_look = until;
  };
  const auto& limits = context_.settings->config.download;
  std::map<std::string, int> by_host;
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading && !active.host.empty()) ++by_host[active.host];
  }
  // Looking for the next change of a window takes a millisecond: once a pass for each.
  std::map<std::string, std::pair<bool, std::optional<base::WallTime>>> windows;
  const auto look_at = [&](const config::Window& window) {
    auto known = windows.find(window.text);
    if (known == windows.end()) {
      const bool open = open_at(window, now);
      known = windows.emplace(window.text, std::pair(open, open ? std::nullopt : next_change(window, now))).first;
    }
    return known->second;
  };
  // What is still to come of those that run, and what is free on each library's disk.
  std::optional<std::uint64_t> to_come;
  std::map<std::filesystem::path, std::optional<std::uint64_t>> free_bytes;

  for (const auto& row : context_.downloads.due(now, 10'000)) {
    if (active() >= static_cast<std::size_t>(limits.max)) break;
    const std::string host = row.source_kind == db::SourceKind::kHttp ? row.host : "";
    if (active_.contains(row.id) || (!host.empty() && by_host[host] >= limits.per_host)) continue;
    const auto episode = context_.episodes.find(row.episode_id);
    const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed || (!rule.feeds.empty() && !rule.feeds.contains(feed->id))) continue;
    const auto settings = context_.settings->for_feed(*feed);
    if (rule.window == WindowRule::kObey) {
      const auto [open, changes_at] = look_at(settings.window);
      if (!open) {
        stands_in_the_way("outside the download window \"" + settings.window.text + "\"", changes_at);
        continue;
      }
    }
    const auto root = context_.settings->library_root(settings);
    if (!free_bytes.contains(root)) free_bytes[root] = library::free_bytes(root);
    if (!to_come) {
      to_come = 0;
      std::map<engine::DownloadId, std::uint64_t> received;
      for (const auto& status : engine_.status()) received[status.id] = status.done_bytes;
      for (const auto& [id, active] : active_) {
        if (active.phase != Phase::kLoading) continue;
        const auto got = received[static_cast<engine::DownloadId>(id)];
        *to_come += active.size - std::min(active.size, got);
      }
    }
    const std::uint64_t rest = row.bytes_total.value_or(0) - std::min(row.bytes_total.value_or(0), row.bytes_done);
    const std::uint64_t needed = limits.min_free + *to_come + rest;
    if (free_bytes[root] && *free_bytes[root] < needed) {
      stands_in_the_way(root.string() + ": only " + base::format_bytes(*free_bytes[root]) +
                            " free; downloads wait until there is room for " + base::format_bytes(needed) +
                            " (download.min_free is kept free)",
                        now + kDiskPatience);
      continue;
    }
    if (!start(row, *feed, now)) continue;
    ++result.started;
    *to_come += rest;
    if (!host.empty()) ++by_host[host];
  }
  return result;
}

bool DownloadQueue::start(const db::DownloadRow& row, const db::FeedRow& feed, base::WallTime now) {
  const auto settings = context_.settings->for_feed(feed);
  const auto root = context_.settings->library_root(settings);
  context_.downloads.start(row.id, now);

  Active active;
  active.episode_id = row.episode_id;
  active.feed_id = feed.id;
  // A torrent asks its host for a small file only; its bytes come from peers.
  if (row.source_kind == db::SourceKind::kHttp) active.host = row.host;
  active.torrent = row.source_kind != db::SourceKind::kHttp;
  active.dir = incoming(settings, row.id);
  active.size = row.bytes_total.value_or(0);
  active.uploaded_before = row.uploaded;

  std::error_code error;
  if (!std::filesystem::exists(root, error)) {
    // A folder that held files and is gone is a disk that is not mounted: nothing is made in its place.
    const auto known = context_.files.list_feed(feed.id);
    const bool had_files = std::any_of(known.begin(), known.end(), [&](const db::FileRow& file) {
      return file.path.string().starts_with(root.string() + "/");
    });
    if (had_files || !context_.downloads.resume(row.id).empty()) {
      fail(row.id, "disk", root.string() + ": the library folder is missing (is its disk mounted?)", false, {}, false);
      return false;
    }
  }
  if (place_remembered(row, active)) return true;
  std::filesystem::create_directories(active.dir.parent_path(), error);
  if (error) {
    fail(row.id, "disk", active.dir.parent_path().string() + ": cannot make this folder: " + error.message(), false, {},
         false);
    return false;
  }
  if (settings.extras.embed_cover && settings.extras.tags != config::TagPolicy::kOff) want_cover(context_, feed);
  add_to_engine(row, settings, std::move(active));
  return true;
}

// What has come down already, but could not be put in its place, is not asked for again.
bool DownloadQueue::place_remembered(const db::DownloadRow& row, Active active) {
  auto plan = remembered_plan(context_, row.id);
  std::error_code error;
  if (!plan || !std::filesystem::exists(plan->request.source, error)) return false;
  active.phase = Phase::kPlacing;
  active.in_engine = false;
  active_[row.id] = std::move(active);
  files_.place(row.id, std::move(plan->request));
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
    if (feed && may_carry_credentials(feed->url, row.source_url)) {
      add.http.user = credentials->user;
      add.http.password = credentials->password;
    }
  }
  add.resume = context_.downloads.resume(row.id);
  add.seed = seeds(settings);
  add.seed_goal = {settings.seed_ratio, settings.seed_time};
  add.uploaded_before = row.uploaded;
  active_[row.id] = std::move(active);
  engine_.add(std::move(add));
}

// ---- what the engine says ----

void DownloadQueue::on_event(engine::Event event) {
  guarded([this, event = std::move(event)] { handle(event); });
}

void DownloadQueue::handle(const engine::Event& event) {
  if (const auto* started = std::get_if<engine::Started>(&event)) {
    const auto entry = active_.find(static_cast<std::int64_t>(started->id));
    if (entry == active_.end()) return;
    entry->second.size = started->total_size.value_or(entry->second.size);
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
      active.discard = event.kind != engine::FailureKind::kTemporary && event.kind != engine::FailureKind::kMissing;
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
  const std::string kind(name_of(event.kind));
  if (event.kind == engine::FailureKind::kDiskFull || event.kind == engine::FailureKind::kDisk ||
      event.kind == engine::FailureKind::kMissing) {
    counts = false;
    retry_after = kDiskPatience;
  } else if (event.kind == engine::FailureKind::kAccess || event.kind == engine::FailureKind::kPermanent) {
    // Addresses with tokens expire: the feed may have a fresh one. After that it is final.
    final = row && row->failure_kind == kind;
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
  on_report_({download_id, row->episode_id, episode ? episode->feed_id : 0, false, delay.has_value(), message});
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
