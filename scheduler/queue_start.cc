// What starts next: the order of the queue, and what stands in the way of each.

#include <algorithm>

#include "base/units.h"
#include "library/library.h"
#include "scheduler/credentials.h"
#include "scheduler/download_queue.h"
#include "scheduler/forecast.h"
#include "scheduler/placing.h"
#include "scheduler/sidecars.h"

namespace podswarm::scheduler {

namespace {

// So many are looked at together; those behind them where nothing keeps them and there is room still.
constexpr std::size_t kMostLookedAt = 10'000;
// Over so many of the last downloads rates and sizes are averaged.
constexpr std::size_t kRecent = 20;
// As good as for ever; no rate makes it overflow.
constexpr std::chrono::seconds kNoEnd = std::chrono::hours(24 * 365);

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

// Whether what lies in a download's home is of the source that works in `dir`: a torrent's files lie beside the folders
// of the other sources.
bool is_of(const std::filesystem::path& dir, const std::filesystem::path& home,
           const std::filesystem::directory_entry& entry) {
  return dir == home ? !entry.path().filename().string().starts_with(kSourceFolder) : entry.path() == dir;
}

}  // namespace

DownloadQueue::FeedView& DownloadQueue::view_of(std::int64_t feed_id, std::map<std::int64_t, FeedView>& views,
                                                base::WallTime now) {
  const auto known = views.find(feed_id);
  if (known != views.end()) return known->second;
  FeedView view;
  view.feed = context_.feeds.find(feed_id);
  if (view.feed) {
    view.settings = context_.settings->for_feed(*view.feed);
    view.root = context_.settings->library_root(view.settings);
    view.window = windows_.look(view.settings.window, now);
  }
  return views.emplace(feed_id, std::move(view)).first->second;
}

std::vector<db::DownloadRow> DownloadQueue::ordered(std::vector<db::DownloadRow> rows, base::WallTime now) {
  FeedTurns turns{{}, last_start_};
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading || active.phase == Phase::kPlacing) ++turns.active[active.feed_id];
  }
  std::vector<QueueItem> items;
  std::map<std::int64_t, std::uint64_t> rest;
  std::map<std::int64_t, db::DownloadRow*> by_id;
  for (auto& row : rows) {
    items.push_back({row.id, row.feed_id, row.priority, row.place, row.queued_at});
    if (row.bytes_total) rest[row.id] = *row.bytes_total - std::min(*row.bytes_total, row.bytes_done);
    by_id[row.id] = &row;
  }
  items = in_order(std::move(items), turns);
  if (context_.settings->config.download.done_by) {
    std::set<std::int64_t> feeds;
    for (const auto& item : items) feeds.insert(item.feed_id);
    if (const auto known = estimate(feeds, now)) items = by_deadline(std::move(items), rest, *known);
  }
  std::vector<db::DownloadRow> out;
  out.reserve(rows.size());
  for (const auto& item : items) out.push_back(std::move(*by_id[item.id]));
  return out;
}

std::optional<Estimate> DownloadQueue::estimate(const std::set<std::int64_t>& feeds, base::WallTime now) {
  const auto& config = context_.settings->config;
  const auto& download = config.download;
  Estimate estimate;
  const auto general = time_left(download.window, now);
  estimate.time_left = general.value_or(kNoEnd);
  bool any = general.has_value();
  const bool own_windows =
      std::any_of(config.feeds.begin(), config.feeds.end(), [](const auto& feed) { return feed.window.has_value(); });
  std::map<std::string, std::optional<std::chrono::seconds>> known{{download.window.text, general}};
  for (const auto id : own_windows ? feeds : std::set<std::int64_t>{}) {
    const auto feed = context_.feeds.find(id);
    if (!feed) continue;
    const auto window = context_.settings->for_feed(*feed).window;
    if (window.text == download.window.text) continue;
    const auto [entry, is_new] = known.try_emplace(window.text);
    if (is_new) entry->second = time_left(window, now);
    any = any || entry->second;
    estimate.time_left_of[id] = entry->second.value_or(kNoEnd);
  }
  if (!any) return std::nullopt;
  estimate.rate = context_.downloads.recent_rate(kRecent).value_or(0);
  estimate.rate_of_all = estimate.rate * static_cast<std::uint64_t>(download.max);
  if (download.limit != 0) estimate.rate_of_all = std::min(estimate.rate_of_all, download.limit);
  estimate.usual_size = context_.downloads.recent_size(kRecent).value_or(0);
  for (const auto& status : active() == 0 ? std::vector<engine::DownloadStatus>{} : engine_.status()) {
    const auto entry = active_.find(static_cast<std::int64_t>(status.id));
    if (entry == active_.end() || entry->second.phase != Phase::kLoading || entry->second.size == 0) continue;
    estimate.under_way += entry->second.size - std::min(entry->second.size, status.done_bytes);
  }
  return estimate;
}

// In which downloads of that window may run until they are to be done; nothing where there is no such time.
std::optional<std::chrono::seconds> DownloadQueue::time_left(const config::Window& window, base::WallTime now) {
  const auto until = deadline_of(window, now);
  if (!until) return std::nullopt;
  const auto state = windows_.look(window, now);
  if (state.open && (!state.changes_at || *state.changes_at >= *until)) return *until - now;
  std::chrono::seconds left{};
  for (const auto& span : open_spans(window, now, *until)) left += span.end - span.begin;
  return left;
}

std::optional<base::WallTime> DownloadQueue::deadline_of(const config::Window& window, base::WallTime now) {
  const auto& done_by = context_.settings->config.download.done_by;
  if (!done_by) return std::nullopt;
  if (!done_by->window_end) return next_time_of_day(done_by->minute, now);
  const auto state = windows_.look(window, now);
  if (state.open || !state.changes_at) return state.changes_at;
  return next_change(window, *state.changes_at);
}

std::optional<base::WallTime> DownloadQueue::deadline(base::WallTime now) {
  return deadline_of(context_.settings->config.download.window, now);
}

std::vector<db::DownloadRow> DownloadQueue::waiting(base::WallTime now) {
  return ordered(context_.downloads.list({.state = db::DownloadState::kQueued, .feed_id = {}, .limit = kMostLookedAt}),
                 now);
}

bool DownloadQueue::move(std::int64_t download_id, Move move, base::WallTime now) {
  std::vector<QueueItem> items;
  for (const auto& row : waiting(now)) items.push_back({row.id, row.feed_id, row.priority, row.place, row.queued_at});
  const auto turns = moved(items, download_id, move);
  db::Transaction transaction(context_.database);
  for (const auto& turn : turns) context_.downloads.set_turn(turn.id, turn.priority, turn.place);
  transaction.commit();
  return !turns.empty();
}

// Of everything there is now; disks are added as they are met.
DiskBudget DownloadQueue::budget() {
  const auto& config = context_.settings->config;
  DiskBudget budget(config.download.min_free, config.library.quota);
  const bool any_quota =
      config.library.quota != 0 || config.feed_defaults.quota != 0 ||
      std::any_of(config.feeds.begin(), config.feeds.end(), [](const auto& feed) { return feed.quota; });
  // Adding up the library is not for nothing.
  if (any_quota) {
    for (const auto& [feed, bytes] : context_.files.bytes_by_feed()) budget.add_stored(feed, bytes);
    for (const auto& [feed, bytes] : context_.downloads.partial_bytes()) budget.add_stored(feed, bytes);
    for (const auto& [id, aside] : aside_) budget.add_stored(aside.feed_id, aside.bytes);
  }
  std::map<engine::DownloadId, std::uint64_t> received;
  if (!active_.empty()) {
    for (const auto& status : engine_.status()) {
      const auto active = active_.find(static_cast<std::int64_t>(status.id));
      if (active != active_.end()) received[status.id] = received_by(active->second, status);
    }
  }
  for (const auto& [id, active] : active_) {
    if (active.phase != Phase::kLoading && active.phase != Phase::kPlacing) continue;
    const auto size = active.size == 0 ? std::nullopt : std::optional(active.size);
    const auto got = active.phase == Phase::kPlacing ? active.size : received[static_cast<engine::DownloadId>(id)];
    budget.add_running({active.feed_id, active.root, size, got, false});
  }
  return budget;
}

// Whether the configuration lets nothing start before its window opens, whichever feed it is of.
bool DownloadQueue::all_closed(base::WallTime now) {
  const auto& config = context_.settings->config;
  const bool own_window =
      std::any_of(config.feeds.begin(), config.feeds.end(), [](const auto& feed) { return feed.window.has_value(); });
  return !own_window && !windows_.look(config.download.window, now).open;
}

StartResult DownloadQueue::start_due(base::WallTime now, const StartRule& rule) {
  StartResult result;
  Pass pass;
  pass.by_hand = rule.window == WindowRule::kIgnore;
  pass.filter.only_feeds = rule.feeds;
  pass.filter.only_http = !context_.settings->config.torrent.enabled;
  for (const auto& [id, active] : active_) {
    if (active.phase == Phase::kLoading && !active.host.empty()) ++pass.by_host[active.host];
  }
  // One that waits is enough to say why all of them do.
  const std::size_t most = !pass.by_hand && all_closed(now) ? 1 : kMostLookedAt;
  for (bool more = true; more && !is_full();) {
    auto rows = context_.downloads.due(now, most, pass.filter);
    result.due += rows.size();
    more = rows.size() == kMostLookedAt;
    if (rows.empty()) break;
    if (!hold_.why.empty() && (hold_.for_everybody || !pass.by_hand)) {
      result.stands_in_the_way(hold_.why, now + kHoldPatience);
      break;
    }
    const auto left_out = pass.filter.not_feeds.size() + pass.filter.not_hosts.size();
    start_some(ordered(std::move(rows), now), pass, result, now);
    // Behind these there may be others, of feeds and hosts that nothing keeps.
    more = more && pass.filter.not_feeds.size() + pass.filter.not_hosts.size() > left_out;
  }
  return result;
}

// Torrents that are switched off come by HTTP where they can.
void DownloadQueue::avoid_torrents() {
  if (context_.settings->config.torrent.enabled) return;
  db::Transaction transaction(context_.database);
  for (const auto& row :
       context_.downloads.list({.state = db::DownloadState::kQueued, .feed_id = {}, .limit = kMostLookedAt})) {
    if (row.source_kind == db::SourceKind::kHttp) continue;
    const auto sources = sources_of(row);
    if (sources.empty()) continue;
    const MediaSource& source = sources.front();
    context_.downloads.use_other_source(row.id, source_kind_of(source.kind), source.url, source.size);
  }
  transaction.commit();
}

bool DownloadQueue::is_full() const {
  return active() >= static_cast<std::size_t>(context_.settings->config.download.max);
}

void DownloadQueue::start_some(const std::vector<db::DownloadRow>& rows, Pass& pass, StartResult& result,
                               base::WallTime now) {
  for (const auto& row : rows) {
    if (is_full()) return;
    const std::string host = row.source_kind == db::SourceKind::kHttp ? row.host : "";
    if (!host.empty() && pass.by_host[host] >= context_.settings->config.download.per_host) {
      pass.filter.not_hosts.insert(host);
      continue;
    }
    if (active_.contains(row.id)) continue;
    const auto& view = view_of(row.feed_id, pass.views, now);
    if (!view.feed) continue;
    if (!pass.by_hand && !view.window.open) {
      result.window_closed(view.settings.window.text, view.window.changes_at);
      pass.filter.not_feeds.insert(row.feed_id);
      continue;
    }
    if (!pass.budget) pass.budget = budget();
    auto& budget = *pass.budget;
    if (!budget.knows_disk(view.root)) budget.set_disk(view.root, files_.free_bytes(view.root));
    budget.set_quota(row.feed_id, view.settings.quota);
    const DiskBudget::Download download{row.feed_id, view.root, row.bytes_total, row.bytes_done, true};
    auto obstacle = budget.obstacle(download);
    if (const auto aside = aside_.find(row.id); !obstacle.empty() && aside != aside_.end()) {
      // What its other sources have brought is worth less than the room.
      budget.remove_stored(row.feed_id, aside->second.bytes);
      remove_other_sources(row, incoming(view.settings, row.id));
      budget.set_disk(view.root, files_.free_bytes(view.root));
      obstacle = budget.obstacle(download);
    }
    if (!obstacle.empty()) {
      result.of_feed[row.feed_id] = obstacle;
      result.stands_in_the_way(std::move(obstacle), now + kDiskPatience);
      pass.filter.not_feeds.insert(row.feed_id);
      continue;
    }
    if (!start(row, view, pass.by_hand, now)) continue;
    ++result.started;
    budget.add_running(download);
    if (!host.empty()) ++pass.by_host[host];
  }
}

void StartResult::window_closed(const std::string& window, std::optional<base::WallTime> until) {
  if (obstacle.empty()) {
    obstacle = "outside the download window \"" + window + "\"";
    by_window_ = true;
  }
  look_again(until);
}

void StartResult::stands_in_the_way(std::string what, std::optional<base::WallTime> until) {
  if (obstacle.empty() || by_window_) obstacle = std::move(what);
  by_window_ = false;
  look_again(until);
}

void StartResult::look_again(std::optional<base::WallTime> at) {
  if (at && (!next_look || *at < *next_look)) next_look = at;
}

bool DownloadQueue::start(const db::DownloadRow& row, const FeedView& view, bool by_hand, base::WallTime now) {
  // A database that refuses a later step leaves it where it was, and not as one that runs and does not.
  db::Transaction transaction(context_.database);
  const bool started = begin(row, view, by_hand, now);
  transaction.commit();
  return started;
}

bool DownloadQueue::begin(const db::DownloadRow& row, const FeedView& view, bool by_hand, base::WallTime now) {
  const auto& root = view.root;
  context_.downloads.start(row.id, now);
  last_start_[row.feed_id] = now;

  Active active;
  active.episode_id = row.episode_id;
  active.feed_id = row.feed_id;
  // A torrent asks its host for a small file only; its bytes come from peers.
  if (row.source_kind == db::SourceKind::kHttp) active.host = row.host;
  active.torrent = row.source_kind != db::SourceKind::kHttp;
  active.home = incoming(view.settings, row.id);
  active.dir = folder_of(row, active.home);
  active.root = root;
  active.size = row.bytes_total.value_or(0);
  active.received_before = row.bytes_done;
  active.uploaded_before = row.uploaded;
  active.by_hand = by_hand;
  active.started_at = now;

  std::error_code error;
  if (!std::filesystem::exists(root, error)) {
    // A folder that held files and is gone is a disk that is not mounted: nothing is made in its place.
    const auto known = context_.files.list_feed(row.feed_id);
    const bool had_files = std::any_of(known.begin(), known.end(), [&](const db::FileRow& file) {
      return file.path.string().starts_with(root.string() + "/");
    });
    if (had_files || !context_.downloads.resume(row.id).empty()) {
      fail(row.id, {"disk", root.string() + ": the library folder is missing (is its disk mounted?)"});
      return false;
    }
  }
  if (place_remembered(row, active)) return true;
  std::filesystem::create_directories(active.dir.parent_path(), error);
  if (error) {
    fail(row.id, {"disk", active.dir.parent_path().string() + ": cannot make this folder: " + error.message()});
    return false;
  }
  const auto& extras = view.settings.extras;
  if (extras.embed_cover && extras.tags != config::TagPolicy::kOff) want_cover(context_, *view.feed);
  add_to_engine(row, view.settings, std::move(active));
  return true;
}

// Where there are several sources, each that HTTP brings has a folder of its own: coming back to one goes on with what
// it has brought. A number is enough of a name, as the engine looks whose the bytes are.
std::filesystem::path DownloadQueue::folder_of(const db::DownloadRow& row, const std::filesystem::path& home) {
  if (row.source_kind != db::SourceKind::kHttp) return home;
  const auto sources = sources_of(row);
  if (sources.size() < 2) return home;
  const auto used = std::find_if(sources.begin(), sources.end(),
                                 [&](const MediaSource& source) { return source.url == row.source_url; });
  return home / (kSourceFolder + std::to_string(used - sources.begin()));
}

DownloadQueue::Stored DownloadQueue::stored(const db::DownloadRow& row, const std::filesystem::path& home) {
  const auto dir = folder_of(row, home);
  Stored stored;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(home, error)) {
    (is_of(dir, home, entry) ? stored.present : stored.others) += library::stored_bytes(entry.path());
  }
  return stored;
}

void DownloadQueue::remove_other_sources(const db::DownloadRow& row, const std::filesystem::path& home) {
  const auto dir = folder_of(row, home);
  std::vector<std::filesystem::path> others;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(home, error)) {
    if (!is_of(dir, home, entry)) others.push_back(entry.path());
  }
  for (const auto& other : others) std::filesystem::remove_all(other, error);
  aside_.erase(row.id);
}

void DownloadQueue::note_stored(const db::DownloadRow& row, const std::filesystem::path& home) {
  const auto there = stored(row, home);
  const auto present = std::min(there.present, row.bytes_total.value_or(there.present));
  if (present != row.bytes_done) context_.downloads.set_received(row.id, present);
  aside_.erase(row.id);
  if (there.others != 0) aside_[row.id] = {row.feed_id, there.others};
}

// What has come down already, but could not be put in its place, is not asked for again.
bool DownloadQueue::place_remembered(const db::DownloadRow& row, Active active) {
  auto plan = remembered_plan(context_, row.id);
  std::error_code error;
  if (!plan || plan->adopted || !std::filesystem::exists(plan->request.source, error)) return false;
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
      add.http.token = credentials->token;
    }
  }
  add.resume = context_.downloads.resume(row.id);
  add.seed = seeds(settings);
  add.seed_goal = {settings.seed_ratio, settings.seed_time};
  add.uploaded_before = row.uploaded;
  active_[row.id] = std::move(active);
  engine_.add(std::move(add));
}

}  // namespace podswarm::scheduler
