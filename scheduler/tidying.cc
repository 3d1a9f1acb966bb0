#include "scheduler/tidying.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "base/log.h"
#include "library/below.h"
#include "library/library.h"
#include "scheduler/sidecars.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr const char* kRemembered = "deleting";
constexpr const char* kOutside = "outside the library";

library::RetentionBounds bounds_of(const config::KeepConfig& keep) {
  return {static_cast<std::size_t>(keep.newest), keep.age, keep.size};
}

// "" where it may go.
std::string protection_of(const db::EpisodeStore::Stored& episode, const config::FeedSettings& settings, bool outside) {
  if (episode.seeding) return "seeding";
  if (!episode.done) return "on its way";
  if (settings.keep_starred && episode.starred) return "starred";
  if (episode.by_hand && !episode.played) return "asked for by hand";
  if (settings.keep_unplayed && !episode.played) return "not played";
  if (outside) return kOutside;
  return {};
}

using Paths = std::map<std::int64_t, std::vector<std::filesystem::path>>;  // of each episode

// Leaves out what has no file any more, and protects what only a symbolic link brings into the library, where that
// changes the plan: in the feeds that are to lose something, or everywhere where the whole library is.
template <class RootOf>
void look_at_files(std::vector<library::StoredEpisode>& stored, const std::vector<library::Deletion>& planned,
                   const Paths& paths, const RootOf& root_of) {
  std::set<std::int64_t> concerned;
  bool all = false;
  for (const auto& deletion : planned) {
    concerned.insert(deletion.feed_id);
    all = all || deletion.reason >= library::DeletionReason::kLibraryAge;
  }
  std::erase_if(stored, [&](library::StoredEpisode& episode) {
    if (!all && !concerned.contains(episode.feed_id)) return false;
    const auto& files = paths.at(episode.id);
    std::error_code error;
    const bool there = std::any_of(files.begin(), files.end(),
                                   [&](const auto& path) { return std::filesystem::exists(path, error); });
    if (!there) return true;
    const auto root = root_of(episode.feed_id);
    const bool inside =
        std::all_of(files.begin(), files.end(), [&](const auto& path) { return library::lies_below(path, root); });
    if (!inside && episode.protection.empty()) episode.protection = kOutside;
    return false;
  });
}

void remember(Context& context, std::span<const DeleteOrder> orders) {
  json::array list;
  for (const auto& order : orders) {
    list.push_back(json::object{{"episode", order.episode_id},
                                {"reason", order.reason},
                                {"at", order.ordered_at.time_since_epoch().count()}});
  }
  context.remembered.set(kRemembered, json::serialize(list));
}

// It has come again since it was to be deleted, or a person has starred it.
bool is_wanted_anew(Context& context, std::int64_t episode_id, base::WallTime since) {
  const auto episode = context.episodes.find(episode_id);
  if (episode && episode->starred_at && *episode->starred_at > since) return true;
  const auto files = context.files.list_episode(episode_id);
  return std::ranges::any_of(files, [&](const db::FileRow& file) { return file.added_at > since; });
}

}  // namespace

bool has_retention(const config::Config& config) {
  const config::KeepConfig none;
  if (config.library.keep != none || config.feed_defaults.keep != none) return true;
  return std::any_of(config.feeds.begin(), config.feeds.end(), [](const config::FeedOverride& feed) {
    return feed.keep_newest || feed.keep_for || feed.keep_size;
  });
}

std::vector<TidyEntry> plan_tidy(Context& context, const std::set<std::int64_t>& feeds) {
  const auto& settings = *context.settings;
  if (!has_retention(settings.config)) return {};
  Paths paths;
  for (auto& file : context.files.list()) paths[file.episode_id].push_back(std::move(file.path));

  std::map<std::int64_t, config::FeedSettings> of_feed;
  std::map<std::int64_t, library::RetentionBounds> bounds;
  for (const auto& feed : context.feeds.list()) {
    of_feed[feed.id] = settings.for_feed(feed);
    bounds[feed.id] = bounds_of(of_feed[feed.id].keep);
  }
  std::vector<library::StoredEpisode> stored;
  std::map<std::int64_t, std::string> titles;
  for (auto& episode : context.episodes.stored()) {
    const auto& own = of_feed[episode.feed_id];
    const auto root = settings.library_root(own);
    const auto& files = paths[episode.id];
    const bool outside =
        std::any_of(files.begin(), files.end(), [&](const auto& path) { return !library::path_below(path, root); });
    stored.push_back({episode.id, episode.feed_id, episode.published, episode.arrived, episode.size,
                      protection_of(episode, own, outside)});
    titles[episode.id] = std::move(episode.title);
  }
  const auto plan = [&] {
    return library::plan_deletions(stored, bounds, bounds_of(settings.config.library.keep), context.clock.now());
  };
  auto planned = plan();
  // Most of the time nothing is beyond a bound, and no disk needs to be asked.
  if (!planned.empty()) {
    look_at_files(stored, planned, paths, [&](std::int64_t feed) { return settings.library_root(of_feed[feed]); });
    planned = plan();
  }
  std::vector<TidyEntry> out;
  for (auto& deletion : planned) {
    if (!feeds.empty() && !feeds.contains(deletion.feed_id)) continue;
    auto title = titles[deletion.episode_id];
    out.push_back({std::move(deletion), std::move(title)});
  }
  return out;
}

DeleteResult delete_from_library(Context& context, DownloadQueue& queue, std::span<const DeleteOrder> orders,
                                 const Enough& enough) {
  DeleteResult result;
  if (orders.empty()) return result;
  // Of an earlier call that the database refused to take down: its files may be gone, and need their tombstones.
  finish_deletions(context, queue);
  remember(context, orders);
  // Files first: a tombstone beside a file that nobody will ever look at again would be worse than a second look.
  std::vector<std::pair<db::FileRow, std::string>> gone;
  std::vector<std::int64_t> sidecars;
  for (const auto& order : orders) {
    if (result.looked_at > 0 && enough()) break;
    ++result.looked_at;
    if (is_wanted_anew(context, order.episode_id, order.ordered_at)) continue;
    const auto episode = context.episodes.find(order.episode_id);
    const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
    const auto files = context.files.list_episode(order.episode_id);
    if (!feed || files.empty()) continue;
    const auto download = context.downloads.find_by_episode(order.episode_id);
    if (download && (download->seeding || queue.is_active(download->id))) queue.cancel(download->id);
    const auto library = context.settings->library_root(context.settings->for_feed(*feed));
    bool whole = true;
    for (const auto& file : files) {
      const auto removed = library::remove_file(file.path, library::root_of(file.path, library));
      if (removed) {
        gone.emplace_back(file, order.reason);
      } else {
        whole = false;
        result.failed.push_back(removed.error().message);
      }
    }
    if (!whole) continue;
    result.deleted.push_back(order.episode_id);
    for (const auto id : delete_sidecars(context, order.episode_id, library)) sidecars.push_back(id);
    spdlog::info("{}: deleted from the library: {}", episode->title, order.reason);
  }
  const auto now = context.clock.now();
  db::Transaction transaction(context.database);
  for (const auto& [file, reason] : gone) context.files.remove(file.id, now, reason);
  for (const auto id : sidecars) context.sidecars.remove(id);
  context.remembered.erase(kRemembered);
  transaction.commit();
  for (const auto& failure : result.failed) spdlog::warn("{}", failure);
  return result;
}

void finish_deletions(Context& context, DownloadQueue& queue) {
  const auto text = context.remembered.get(kRemembered);
  if (!text) return;
  std::vector<DeleteOrder> orders;
  json::error_code error;
  const json::value list = json::parse(*text, error);
  if (!error && list.is_array()) {
    for (const auto& entry : list.get_array()) {
      const auto* object = entry.if_object();
      const auto* id = object == nullptr ? nullptr : object->if_contains("episode");
      const auto* reason = object == nullptr ? nullptr : object->if_contains("reason");
      const auto* at = object == nullptr ? nullptr : object->if_contains("at");
      if (id == nullptr || !id->is_int64() || reason == nullptr || !reason->is_string()) continue;
      if (at == nullptr || !at->is_int64()) continue;
      orders.push_back({id->get_int64(), std::string(reason->get_string()),
                        base::WallTime(std::chrono::seconds(at->get_int64()))});
    }
  }
  context.remembered.erase(kRemembered);
  // Whatever has begun is brought to its end: files may be gone whose episodes have no tombstone.
  (void)delete_from_library(context, queue, orders, [] { return false; });
}

}  // namespace podswarm::scheduler
