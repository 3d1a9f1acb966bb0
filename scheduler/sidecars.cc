#include "scheduler/sidecars.h"

#include <fmt/chrono.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "feeds/plain_text.h"
#include "library/below.h"
#include "library/name_template.h"
#include "library/nfo.h"
#include "scheduler/credentials.h"
#include "scheduler/episode_facts.h"
#include "scheduler/naming.h"
#include "scheduler/tagging.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace json = boost::json;
namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::size_t kAtOnce = 2;
constexpr std::size_t kLookedAt = 50;  // a pass; each may ask the local clock, which takes a millisecond
constexpr std::array<seconds, 3> kDelays = {minutes(10), hours(2), hours(12)};
constexpr std::size_t kMaxTranscripts = 8;
constexpr std::size_t kMaxPlot = 4000;
constexpr std::size_t kMaxImageBytes = 16u << 20;
constexpr std::size_t kMaxTextBytes = 8u << 20;

bool is_web_address(const std::string& url) {
  const auto parsed = base::parse_url(url);
  return parsed && (parsed->scheme == "http" || parsed->scheme == "https");
}

std::optional<int> whole(std::optional<double> number) {
  if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

// What the episode's sidecars are called, and where: by its file, or the folder that holds all of its files.
std::optional<fs::path> stem_of(Context& context, std::int64_t episode_id, const fs::path& root) {
  const auto files = context.files.list_episode(episode_id);
  if (files.empty()) return std::nullopt;
  if (files.size() == 1) return files.front().path.parent_path() / files.front().path.stem();
  std::vector<fs::path> paths;
  for (const auto& file : files) paths.push_back(file.path);
  const fs::path common = library::common_folder(paths);
  if (!library::path_below(common, root)) return std::nullopt;
  return common;
}

std::string nfo_of(const db::EpisodeRow& episode, const db::FeedRow& feed, const feeds::Item& item) {
  library::EpisodeNfo nfo;
  nfo.title = episode.title;
  nfo.show = feed.name;
  nfo.plot = feeds::plain_text(item.description.empty() ? item.content : item.description, kMaxPlot);
  if (episode.published_at) nfo.aired = fmt::format("{:%Y-%m-%d}", *episode.published_at);
  nfo.author = item.author;
  nfo.guid = episode.guid;
  const auto facts = episode_facts(item, feed.name);
  nfo.season = facts.season;
  nfo.episode = whole(facts.episode);
  nfo.duration = episode.duration;
  return to_nfo(nfo);
}

std::string info_of(const db::EpisodeRow& episode, const db::FeedRow& feed) {
  json::object info;
  info["feed"] = feed.name;
  if (!feed.site_link.empty()) info["site"] = feed.site_link;
  info["title"] = episode.title;
  if (episode.published_at) info["published_at"] = base::format_rfc3339(*episode.published_at);
  json::error_code error;
  json::value item = json::parse(episode.item, error);
  if (!error) info["item"] = std::move(item);
  return json::serialize(info) + "\n";
}

std::string chapters_of(const feeds::Item& item) {
  const json::object chapters{{"version", "1.2.0"}, {"chapters", feeds::chapters_json(item.simple_chapters)}};
  return json::serialize(chapters) + "\n";
}

library::SidecarFormat format_of(db::SidecarKind kind) {
  switch (kind) {
    case db::SidecarKind::kCover:
      return library::SidecarFormat::kCover;
    case db::SidecarKind::kShowNfo:
    case db::SidecarKind::kNfo:
      return library::SidecarFormat::kNfo;
    case db::SidecarKind::kInfo:
      return library::SidecarFormat::kInfo;
    case db::SidecarKind::kChapters:
      return library::SidecarFormat::kChapters;
    case db::SidecarKind::kTranscript:
      break;
  }
  return library::SidecarFormat::kTranscript;
}

feeds::FetchRequest request_of(const db::SidecarRow& row, const db::FeedRow& feed,
                               const config::FeedSettings& settings) {
  feeds::FetchRequest request;
  request.url = row.url;
  request.user_agent = settings.user_agent;
  request.ca_file = settings.ca_file;
  request.allow_private = settings.allow_private;
  request.max_bytes = row.kind == db::SidecarKind::kCover ? kMaxImageBytes : kMaxTextBytes;
  request.headers = {{"Accept", "*/*"}};
  if (may_carry_credentials(feed.url, row.url)) {
    if (const auto credentials = credentials_of(settings)) {
      request.credentials = *credentials;
    }
  }
  return request;
}

// Of an episode's file that was written into.
void note_new_size(Context& context, std::int64_t episode_id) {
  for (auto& file : context.files.list_episode(episode_id)) {
    struct stat info {};
    if (::lstat(file.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    file.size = static_cast<std::uint64_t>(info.st_size);
    file.mtime = base::WallTime(seconds(info.st_mtim.tv_sec));
    context.files.add(file);
  }
}

void want_feeds_own(Context& context, const db::FeedRow& feed, const config::Extras& extras, const fs::path& folder,
                    base::WallTime now) {
  db::SidecarRow row;
  row.feed_id = feed.id;
  row.folder = folder;
  if (extras.cover && is_web_address(feed.image) && library::cover_in(folder).empty()) {
    row.kind = db::SidecarKind::kCover;
    row.url = feed.image;
    context.sidecars.want(row, now);
  }
  std::error_code error;
  if (extras.nfo && !fs::exists(folder / "tvshow.nfo", error)) {
    row.kind = db::SidecarKind::kShowNfo;
    row.url.clear();
    context.sidecars.want(row, now);
  }
}

}  // namespace

fs::path feed_folder(Context& context, const db::FeedRow& feed, const config::FeedSettings& settings) {
  const std::string& text = settings.name_template.value;
  std::size_t end = 0;    // of the last part that holds {feed}
  std::size_t begin = 0;  // of the part that is being looked at
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      const auto close = text.find('}', i);
      if (close == std::string::npos || text.substr(i, close - i + 1) != "{feed}") break;
      i = close;
    } else if (text[i] == '/') {
      if (text.substr(begin, i - begin).find("{feed}") != std::string::npos) end = i;
      begin = i + 1;
    }
  }
  if (end == 0) return {};
  const auto compiled = library::NameTemplate::compile(text.substr(0, end));
  if (!compiled) return {};
  library::NameFields fields;
  fields.feed = feed.name;
  return context.settings->library_root(settings) / compiled->expand(fields);
}

void want_cover(Context& context, const db::FeedRow& feed) {
  const auto settings = context.settings->for_feed(feed);
  auto extras = settings.extras;
  extras.cover = extras.cover || extras.embed_cover;
  extras.nfo = false;
  const auto folder = feed_folder(context, feed, settings);
  if (!folder.empty()) want_feeds_own(context, feed, extras, folder, context.clock.now());
}

void want_sidecars(Context& context, const db::EpisodeRow& episode) {
  const auto feed = context.feeds.find(episode.feed_id);
  const auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return;
  const auto settings = context.settings->for_feed(*feed);
  const auto& extras = settings.extras;
  const auto now = context.clock.now();
  const auto stem = stem_of(context, episode.id, context.settings->library_root(settings));
  if (!stem) return;
  // An episode that a rule has put elsewhere makes no folder for its feed.
  const auto folder = feed_folder(context, *feed, settings);
  if (!folder.empty() && library::path_below(*stem, folder)) want_feeds_own(context, *feed, extras, folder, now);

  db::SidecarRow row;
  row.feed_id = feed->id;
  row.episode_id = episode.id;
  const auto want = [&](db::SidecarKind kind, const std::string& url, const std::string& detail = "") {
    row.kind = kind;
    row.url = url;
    row.detail = detail;
    context.sidecars.want(row, now);
  };
  if (extras.nfo) want(db::SidecarKind::kNfo, "");
  if (extras.info_json) want(db::SidecarKind::kInfo, "");
  if (extras.chapters && item->chapters && is_web_address(item->chapters->url)) {
    want(db::SidecarKind::kChapters, item->chapters->url);
  } else if (extras.chapters && !item->simple_chapters.empty()) {
    want(db::SidecarKind::kChapters, "");
  }
  if (!extras.transcripts) return;
  for (std::size_t i = 0; i < std::min(item->transcripts.size(), kMaxTranscripts); ++i) {
    const auto& transcript = item->transcripts[i];
    const auto& language = transcript.language.empty() ? feed->language : transcript.language;
    if (is_web_address(transcript.url)) {
      want(db::SidecarKind::kTranscript, transcript.url, transcript.type + "\n" + language);
    }
  }
}

std::vector<std::int64_t> delete_sidecars(Context& context, std::int64_t episode_id, const fs::path& root) {
  std::vector<std::int64_t> gone;
  for (const auto& row : context.sidecars.list_episode(episode_id)) {
    if (const auto removed = library::remove_file(row.path, library::root_of(row.path, root))) {
      gone.push_back(row.id);
    } else {
      spdlog::warn("{}", removed.error().message);
    }
  }
  return gone;
}

void Sidecars::start_due(base::WallTime now, WindowRule window) {
  for (const auto& row : context_.sidecars.due(now, kLookedAt)) {
    if (under_way_.size() >= kAtOnce) return;
    if (under_way_.contains(row.id)) continue;
    const auto feed = context_.feeds.find(row.feed_id);
    if (!feed) continue;
    const auto settings = context_.settings->for_feed(*feed);
    if (window == WindowRule::kObey && !row.url.empty() && !open_at(settings.window, now)) {
      context_.sidecars.postpone(row.id, next_change(settings.window, now).value_or(now + hours(24)));
      continue;
    }
    if (!start(row, *feed, settings)) context_.sidecars.remove(row.id);
  }
}

// False where its episode has no file any more.
bool Sidecars::start(const db::SidecarRow& row, const db::FeedRow& feed, const config::FeedSettings& settings) {
  SidecarJob job;
  job.id = row.id;
  job.place.root = context_.settings->library_root(settings);
  job.place.format = format_of(row.kind);
  if (row.episode_id) {
    const auto episode = context_.episodes.find(*row.episode_id);
    const auto item = episode ? feeds::item_from_json(episode->item) : std::nullopt;
    const auto stem = stem_of(context_, *row.episode_id, job.place.root);
    if (!item || !stem) return false;
    job.place.folder = stem->parent_path();
    job.place.name = stem->filename().string();
    if (row.kind == db::SidecarKind::kNfo) job.content = nfo_of(*episode, feed, *item);
    if (row.kind == db::SidecarKind::kInfo) job.content = info_of(*episode, feed);
    if (row.kind == db::SidecarKind::kChapters && row.url.empty()) job.content = chapters_of(*item);
    const auto files = context_.files.list_episode(*row.episode_id);
    if (row.kind == db::SidecarKind::kChapters && files.size() == 1 &&
        settings.extras.tags != config::TagPolicy::kOff) {
      job.tagged = files.front().path;
      job.tag_mode = tag_mode(settings.extras.tags);
    }
  } else {
    job.place.folder = row.folder;
    job.place.name = row.kind == db::SidecarKind::kCover ? "cover" : "tvshow";
    job.place.make_folder = true;
    if (row.kind == db::SidecarKind::kShowNfo) {
      job.content = library::to_nfo(library::ShowNfo{feed.name, feed.language, feed.site_link, feed.image});
    }
  }
  if (row.kind == db::SidecarKind::kTranscript) {
    const auto line = std::min(row.detail.find('\n'), row.detail.size());
    job.place.type = row.detail.substr(0, line);
    job.place.language = line < row.detail.size() ? row.detail.substr(line + 1) : "";
  }
  if (!row.url.empty()) job.request = request_of(row, feed, settings);
  under_way_[row.id] = {job.place.root, job.place.folder / job.place.name};
  port_.make(std::move(job));
  return true;
}

std::optional<fs::path> Sidecars::settle(const UnderWay& made, const std::optional<db::SidecarRow>& row,
                                         const fs::path& file) {
  if (row && !row->episode_id) return file;
  const auto stem = row ? stem_of(context_, *row->episode_id, made.root) : std::nullopt;
  if (stem == made.stem) return file;
  if (stem) {
    const auto ending = file.filename().native().substr(made.stem.filename().native().size());
    fs::path moved = stem->parent_path() / (stem->filename().native() + ending);
    if (base::rename_without_replacing(file, moved)) {
      library::remove_empty_folders(file.parent_path(), made.root);
      return moved;
    }
  }
  if (const auto removed = library::remove_file(file, made.root); !removed) spdlog::warn("{}", removed.error().message);
  return std::nullopt;
}

void Sidecars::on_made(std::int64_t id, const SidecarResult& result) {
  const auto made = under_way_.extract(id);
  if (made.empty()) return;
  const auto row = context_.sidecars.find(id);
  if (result) {
    const auto file = settle(made.mapped(), row, *result);
    if (row && !file) context_.sidecars.remove(id);
    if (!row || !file) return;
    context_.sidecars.set_path(id, *file);
    if (row->kind == db::SidecarKind::kChapters && row->episode_id) note_new_size(context_, *row->episode_id);
    return;
  }
  if (!row) return;
  const bool final = result.error().code == library::PlaceError::kCollision;
  const auto tries = static_cast<std::size_t>(row->attempts);
  std::optional<base::WallTime> next;
  if (!final && tries < kDelays.size()) next = context_.clock.now() + kDelays[tries];
  spdlog::debug("{}: {}{}", to_string(row->kind), result.error().message, next ? "" : "; given up");
  context_.sidecars.fail(id, result.error().message, next);
}

std::optional<base::WallTime> Sidecars::next_look() {
  // The end of one that is under way is an occasion by itself.
  return under_way_.empty() ? context_.sidecars.next_due() : std::nullopt;
}

}  // namespace podswarm::scheduler
