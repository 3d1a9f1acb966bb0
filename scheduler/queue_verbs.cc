// What a person does with the queue: look at it, move things in it, pause and resume. Each verb on the scheduler's
// thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "base/units.h"
#include "scheduler/documents.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

using Downloads = base::Result<std::vector<db::DownloadRow>, ServiceError>;

// Of these episodes; one that does not exist fails, one that does not wait or run (or seed) is left out.
enum class Seeding { kLeftOut, kToo };
Downloads downloads_of(Context& context, const std::vector<std::int64_t>& ids, json::array& not_queued,
                       Seeding seeding = Seeding::kLeftOut) {
  std::vector<db::DownloadRow> rows;
  for (const auto id : ids) {
    if (!context.episodes.find(id)) {
      return base::fail(ServiceError::kNotFound, "there is no episode \"" + std::to_string(id) + "\"");
    }
    const auto row = context.downloads.find_by_episode(id);
    if (row && (row->state == db::DownloadState::kQueued || row->state == db::DownloadState::kDownloading ||
                (seeding == Seeding::kToo && row->seeding))) {
      rows.push_back(*row);
    } else {
      not_queued.emplace_back(id);
    }
  }
  return rows;
}

std::optional<Move> move_of(const std::string& to) {
  static const std::map<std::string, Move, std::less<>> kMoves = {
      {"top", Move::kTop}, {"up", Move::kUp}, {"down", Move::kDown}, {"bottom", Move::kBottom}};
  const auto found = kMoves.find(to);
  return found == kMoves.end() ? std::nullopt : std::optional(found->second);
}

// Why one that waits does so; "" where its turn has only not come yet.
std::string why_it_waits(const db::DownloadRow& row, const db::FeedRow& feed, const config::FeedSettings& settings,
                         base::WallTime now, Windows& windows, bool torrents) {
  if (row.paused) return "paused";
  if (row.source_kind != db::SourceKind::kHttp && !torrents) return kTorrentsOff;
  if (feed.status == db::FeedStatus::kPaused) return "its feed is paused";
  if (row.next_try_at && *row.next_try_at > now) return "tried again at " + base::format_rfc3339(*row.next_try_at);
  if (!windows.look(settings.window, now).open) return "outside the download window \"" + settings.window.text + "\"";
  return {};
}

}  // namespace

Answer Service::queue() {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    const base::WallTime now = context.clock.now();
    Windows windows;
    std::map<std::int64_t, std::pair<db::FeedRow, config::FeedSettings>> feeds;
    json::array downloads;
    const auto tell = [&](const db::DownloadRow& row) {
      const auto episode = context.episodes.find(row.episode_id);
      if (!episode) return;
      auto feed = feeds.find(row.feed_id);
      if (feed == feeds.end()) {
        const auto found = context.feeds.find(row.feed_id);
        if (!found) return;
        feed = feeds.emplace(row.feed_id, std::pair(*found, context.settings->for_feed(*found))).first;
      }
      json::object document{{"episode", row.episode_id}, {"title", episode->title}, {"feed", feed->second.first.name}};
      document["state"] = db::to_string(row.state);
      document["priority"] = row.priority;
      document["paused"] = row.paused;
      document["bytes_done"] = row.bytes_done;
      if (row.bytes_total) document["bytes_total"] = *row.bytes_total;
      if (row.next_try_at) document["next_try_at"] = base::format_rfc3339(*row.next_try_at);
      if (!row.error.empty()) document["error"] = row.error;
      if (row.state == db::DownloadState::kQueued) {
        auto why = why_it_waits(row, feed->second.first, feed->second.second, now, windows,
                                context.settings->config.torrent.enabled);
        if (const auto& kept = scheduler.obstacles_of_feeds(); why.empty() && kept.contains(row.feed_id)) {
          why = kept.at(row.feed_id);
        }
        if (!why.empty()) document["why"] = why;
      }
      downloads.push_back(std::move(document));
    };
    for (const auto& row :
         context.downloads.list({.state = db::DownloadState::kDownloading, .feed_id = {}, .limit = 1000}))
      tell(row);
    for (const auto& row : scheduler.queue().waiting(now)) tell(row);
    json::object answer{{"paused", scheduler.is_paused()}};
    const std::string hold = scheduler.queue().hold().why;
    const std::string& obstacle = hold.empty() ? scheduler.obstacle() : hold;
    if (!obstacle.empty()) answer["obstacle"] = obstacle;
    if (const auto deadline = scheduler.queue().deadline(now)) answer["done_by"] = base::format_rfc3339(*deadline);
    answer["downloads"] = std::move(downloads);
    return json::value(std::move(answer));
  });
}

Answer Service::move_in_queue(const std::vector<std::int64_t>& episodes, const std::string& to) {
  return impl_->call([&]() -> Answer {
    const auto move = move_of(to);
    if (!move)
      return base::fail(ServiceError::kInvalid, "\"" + to + "\" is not \"top\", \"up\", \"down\" or \"bottom\"");
    json::array not_queued;
    auto rows = downloads_of(impl_->scheduler_.context(), episodes, not_queued);
    if (!rows) return rows.error();
    // Several keep the order in which they were named.
    if (*move == Move::kTop || *move == Move::kDown) std::reverse(rows->begin(), rows->end());
    json::array moved;
    for (const auto& row : *rows) {
      if (row.state != db::DownloadState::kQueued) {
        not_queued.emplace_back(row.episode_id);
        continue;
      }
      impl_->scheduler_.move(row.id, *move);
      moved.emplace_back(row.episode_id);
    }
    return json::value(json::object{{"moved", std::move(moved)}, {"not_queued", std::move(not_queued)}});
  });
}

Answer Service::set_priority(const std::vector<std::int64_t>& episodes, std::int64_t priority) {
  return impl_->call([&]() -> Answer {
    if (priority < -1'000'000 || priority > 1'000'000) {
      return base::fail(ServiceError::kInvalid, "a priority lies between -1000000 and 1000000");
    }
    auto& context = impl_->scheduler_.context();
    json::array not_queued;
    const auto rows = downloads_of(context, episodes, not_queued);
    if (!rows) return rows.error();
    json::array moved;
    for (const auto& row : *rows) {
      context.downloads.set_turn(row.id, static_cast<int>(priority), 0);
      moved.emplace_back(row.episode_id);
    }
    return json::value(json::object{{"moved", std::move(moved)}, {"not_queued", std::move(not_queued)}});
  });
}

Answer Service::pause(const std::vector<std::int64_t>& episodes, const std::vector<std::string>& feeds, bool paused) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    const auto ids = impl_->feed_ids(feeds);
    if (!ids) return ids.error();
    json::array not_queued;
    const auto rows = downloads_of(scheduler.context(), episodes, not_queued, Seeding::kToo);
    if (!rows) return rows.error();
    json::array done;
    for (const auto& row : *rows) {
      scheduler.pause_download(row.id, paused);
      done.emplace_back(row.episode_id);
    }
    json::array names;
    for (const auto id : *ids) {
      scheduler.pause_feed(id, paused);
      if (const auto feed = scheduler.context().feeds.find(id)) names.emplace_back(feed->name);
    }
    const bool all = episodes.empty() && feeds.empty();
    if (all) scheduler.pause_queue(paused);
    return json::value(json::object{{"queue", all},
                                    {"episodes", std::move(done)},
                                    {"feeds", std::move(names)},
                                    {"not_queued", std::move(not_queued)}});
  });
}

}  // namespace podswarm::scheduler
