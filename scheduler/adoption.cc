#include "scheduler/adoption.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/bytes.h"
#include "base/log.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "library/below.h"
#include "library/media_type.h"
#include "library/portable_name.h"
#include "library/tags.h"
#include "scheduler/review.h"
#include "scheduler/sidecars.h"
#include "scheduler/source_choice.h"

namespace podswarm::scheduler {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFiles = 100'000;
constexpr int kMostDepth = 32;

bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

std::string extension_of(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto dot = library::extension_offset(name);
  return dot < name.size() ? name.substr(dot + 1) : std::string();
}

bool is_media(const fs::path& path) {
  const auto type = library::type_of_extension(library::extension_of_name(path.filename().string()));
  return type.starts_with("audio/") || type.starts_with("video/");
}

std::string unreadable(const fs::path& path, const std::error_code& why) {
  return path.string() + ": cannot be read: " + why.message();
}

FoundFile found_file(fs::path path, const struct stat& info) {
  FoundFile file;
  file.path = std::move(path);
  file.size = static_cast<std::uint64_t>(info.st_size);
  if (const auto tags = library::read_tags(file.path)) {
    file.title = tags->title;
    file.album = tags->album;
    file.guid = tags->guid;
    file.date = tags->date;
    file.duration = tags->duration;
  }
  return file;
}

KnownItem known_item(const db::EpisodeRow& episode, const db::FeedRow& feed) {
  KnownItem out;
  out.id = episode.id;
  out.feed_id = feed.id;
  out.feed_names = {feed.name, feed.title};
  out.title = episode.title;
  out.guid = episode.guid;
  if (episode.published_at) {
    const auto local = *episode.published_at + utc_offset_at(*episode.published_at);
    for (const auto time : {*episode.published_at, local}) {
      const auto day = std::chrono::floor<std::chrono::days>(time);
      if (out.days.empty() || out.days.front() != day) out.days.push_back(day);
    }
  }
  out.size = episode.size;
  out.duration = episode.duration;
  if (const auto item = feeds::item_from_json(episode.item)) {
    out.season = item->season;
    out.episode = item->episode;
    for (const auto& enclosure : item->enclosures) {
      auto name = base::percent_decode(base::url_file_name(enclosure.url));
      if (!name.empty()) out.file_names.push_back(std::move(name));
    }
  }
  return out;
}

bool has_file(Context& context, std::int64_t episode_id) {
  const auto files = context.files.list_episode(episode_id);
  std::error_code error;
  return std::any_of(files.begin(), files.end(), [&](const auto& file) { return fs::exists(file.path, error); });
}

void record_move(Context& context, const db::DownloadRow& download, const fs::path& from,
                 const library::Placed& placed) {
  const auto file = context.files.find_by_path(from);
  if (!file || file->episode_id != download.episode_id) return;
  context.files.set_path(file->id, placed.path);
  context.downloads.set_placed(download.id, placed.path);
  if (const auto episode = context.episodes.find(download.episode_id)) want_sidecars(context, *episode);
  spdlog::info("{}: moved into the library as {}", from.string(), placed.path.string());
}

}  // namespace

base::Result<FoundMedia, library::PlaceError> find_media(const fs::path& folder) {
  FoundMedia out;
  std::vector<std::pair<fs::path, int>> to_do{{folder, 0}};  // with their depths
  while (!to_do.empty()) {
    const auto [at, depth] = std::move(to_do.back());
    to_do.pop_back();
    std::error_code error;
    fs::directory_iterator it(at, error);
    for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
      struct stat info {};
      if (is_hidden(it->path())) continue;
      if (::lstat(it->path().c_str(), &info) != 0) {
        const std::error_code why(errno, std::generic_category());
        if (why != std::errc::no_such_file_or_directory) out.passed_over.push_back(unreadable(it->path(), why));
        continue;
      }
      if (S_ISDIR(info.st_mode) && depth < kMostDepth) to_do.emplace_back(it->path(), depth + 1);
      if (!S_ISREG(info.st_mode) || !is_media(it->path())) continue;
      if (out.files.size() >= kMostFiles) {
        return base::fail(library::PlaceError::kIo, folder.string() + ": has more than " + std::to_string(kMostFiles) +
                                                        " files; adopt its folders one by one");
      }
      out.files.push_back(found_file(it->path().lexically_normal(), info));
    }
    if (!error) continue;
    if (depth == 0) {
      return base::fail(error == std::errc::no_such_file_or_directory ? library::PlaceError::kSourceMissing
                                                                      : library::PlaceError::kIo,
                        unreadable(at, error));
    }
    out.passed_over.push_back(unreadable(at, error));
  }
  std::sort(out.files.begin(), out.files.end(), [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  std::sort(out.passed_over.begin(), out.passed_over.end());
  return out;
}

std::vector<Adoption> plan_adoption(Context& context, const DownloadQueue& queue, std::vector<FoundFile> files,
                                    std::optional<std::int64_t> feed_id, std::size_t& known) {
  const std::size_t found = files.size();
  std::erase_if(files, [&](const FoundFile& file) { return context.files.find_by_path(file.path).has_value(); });
  known = found - files.size();
  std::vector<KnownItem> items;
  for (const auto& feed : context.feeds.list()) {
    if (feed_id && feed.id != *feed_id) continue;
    db::EpisodeFilter filter;
    filter.feed_id = feed.id;
    filter.limit = 1'000'000;
    for (const auto& episode : context.episodes.list(filter)) items.push_back(known_item(episode, feed));
  }
  const auto matches = match_files(files, items, feed_id.has_value());
  std::vector<Adoption> out;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& match = matches[i];
    Adoption adoption{std::move(files[i]), Adoption::Kind::kUnknown, match.episode_id, match.candidates, match.reason};
    if (match.kind == FileMatch::Kind::kAmbiguous) adoption.kind = Adoption::Kind::kAmbiguous;
    if (match.kind == FileMatch::Kind::kMatched) {
      const auto download = context.downloads.find_by_episode(match.episode_id);
      adoption.kind = Adoption::Kind::kAdopted;
      if (download && queue.is_active(download->id)) {
        adoption.kind = Adoption::Kind::kBusy;
        adoption.reason = "its episode is being downloaded or seeded";
      } else if (has_file(context, match.episode_id)) {
        adoption.kind = Adoption::Kind::kAlreadyThere;
        adoption.reason = "its episode is in the library already";
      }
    }
    out.push_back(std::move(adoption));
  }
  return out;
}

void record_adoption(Context& context, const std::vector<Adoption>& adoptions) {
  const auto now = context.clock.now();
  db::Transaction transaction(context.database);
  for (const auto& adoption : adoptions) {
    if (adoption.kind != Adoption::Kind::kAdopted) continue;
    const auto episode = context.episodes.find(adoption.episode_id);
    const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
    struct stat info {};
    if (!feed || ::lstat(adoption.file.path.c_str(), &info) != 0) continue;
    db::NewDownload download;
    download.episode_id = episode->id;
    if (const auto item = feeds::item_from_json(episode->item)) {
      const auto sources = media_sources(*item, context.settings->for_feed(*feed).prefer);
      if (!sources.empty()) {
        download.source_kind = source_kind_of(sources.front().kind);
        download.source_url = sources.front().url;
      }
    }
    const auto id = context.downloads.enqueue(download, now).id;
    // What is left of files that are gone.
    for (const auto& file : context.files.list_episode(episode->id)) context.files.remove(file.id, now);
    const base::WallTime mtime{std::chrono::seconds(info.st_mtim.tv_sec)};
    context.files.add({0, episode->id, adoption.file.path, adoption.file.size, mtime, now});
    db::DownloadProgress progress;
    progress.bytes_done = adoption.file.size;
    progress.bytes_total = adoption.file.size;
    context.downloads.record_progress(id, progress);
    context.downloads.finish(id, now);
    context.downloads.set_placed(id, adoption.file.path);
    context.downloads.set_original(id, original_name(adoption.file.path));
    count_as_had(context, *episode, now);
    context.episodes.decide(episode->id, db::Decision::kDownload, "",
                            "adopted: " + adoption.reason, now);
    forget_plan(context, id);
    const auto root = context.settings->library_root(context.settings->for_feed(*feed));
    if (library::path_below(adoption.file.path, root)) want_sidecars(context, *episode);
    spdlog::info("{}: adopted as {}", episode->title, adoption.file.path.string());
  }
  transaction.commit();
}

std::optional<library::PlaceRequest> begin_move(Context& context, const Adoption& adoption) {
  const auto episode = context.episodes.find(adoption.episode_id);
  const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
  const auto download = context.downloads.find_by_episode(adoption.episode_id);
  if (!feed || !download) return std::nullopt;
  const auto settings = context.settings->for_feed(*feed);
  auto fields = name_fields(context, *episode, context.clock.now());
  fields.original = download->original;
  fields.ext = extension_of(adoption.file.path);
  Planned plan;
  plan.download_id = download->id;
  plan.adopted = true;
  plan.total_size = adoption.file.size;
  auto& request = plan.request;
  request.source = adoption.file.path;
  request.root = context.settings->library_root(settings);
  request.relative = name_for(*episode, settings, naming_from_text(download->naming), std::move(fields));
  request.collision_tag = library::collision_tag(episode->identity);
  if (request.root / request.relative == request.source) return std::nullopt;
  remember_plan(context, plan);
  return request;
}

void end_move(Context& context, const Adoption& adoption,
              const base::Result<library::Placed, library::PlaceError>& result) {
  db::Transaction transaction(context.database);
  const auto download = context.downloads.find_by_episode(adoption.episode_id);
  if (result && download) record_move(context, *download, adoption.file.path, *result);
  if (download) forget_plan(context, download->id);
  transaction.commit();
}

void finish_move(Context& context, const Planned& plan) {
  std::error_code error;
  const auto download = context.downloads.find(plan.download_id);
  if (!fs::exists(plan.request.source, error)) {
    const auto placed = library::find_placed(plan.request, plan.total_size);
    // Another episode's file of the same size and name is not this one.
    const bool known = placed && context.files.find_by_path(placed->path);
    if (download && placed && !known) {
      db::Transaction transaction(context.database);
      record_move(context, *download, plan.request.source, *placed);
      forget_plan(context, plan.download_id);
      transaction.commit();
      return;
    }
  } else {
    library::drop_draft(plan.request);
  }
  forget_plan(context, plan.download_id);
}

}  // namespace podswarm::scheduler
