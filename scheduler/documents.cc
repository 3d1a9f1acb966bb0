#include "scheduler/documents.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/units.h"
#include "base/url.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

void put(json::object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}
void put(json::object& object, std::string_view key, std::optional<base::WallTime> time) {
  if (time) object[key] = base::format_rfc3339(*time);
}
void put(json::object& object, std::string_view key, std::optional<std::uint64_t> number) {
  if (number) object[key] = *number;
}

json::object decision_document(const db::EpisodeRow& episode) {
  json::object decision;
  decision["action"] = db::to_string(episode.decision);
  put(decision, "rule", episode.decision_rule);
  put(decision, "reason", episode.decision_reason);
  put(decision, "at", episode.decided_at);
  put(decision, "review_at", episode.review_at);
  return decision;
}

json::object poll_document(Context& context, const PollReport& report) {
  json::object poll;
  if (const auto feed = context.feeds.find(report.feed_id)) poll["feed"] = feed->name;
  poll["ok"] = report.ok;
  poll["changed"] = report.changed;
  put(poll, "message", report.message);
  poll["items"] = report.intake.items;
  poll["new"] = report.intake.added;
  poll["wanted"] = report.intake.wanted;
  poll["skipped"] = report.intake.skipped;
  poll["backlog"] = report.intake.backlog;
  poll["held"] = report.intake.held;
  if (!report.choices.empty()) {
    json::array choices;
    for (const auto& choice : report.choices) {
      json::object entry{{"url", base::redact_url(choice.url)}};
      put(entry, "title", choice.title);
      choices.push_back(std::move(entry));
    }
    poll["choices"] = std::move(choices);
  }
  return poll;
}

}  // namespace

std::string_view episode_state(const db::EpisodeRow& episode) {
  // What was queued when it was marked has a row that says "skipped".
  const bool seen = episode.decision == db::Decision::kMarkSeen;
  if (seen && episode.download_state == db::DownloadState::kSkipped) return "seen";
  if (episode.download_state) return db::to_string(*episode.download_state);
  switch (episode.decision) {
    case db::Decision::kSkip:
      return "skipped";
    case db::Decision::kHold:
      return "held";
    case db::Decision::kDefer:
      return "deferred";
    case db::Decision::kNotify:
      return "notified";
    case db::Decision::kMarkSeen:
      return "seen";
    case db::Decision::kBacklog:
      return "backlog";
    case db::Decision::kDownload:
    case db::Decision::kNone:
      break;
  }
  return "none";
}

json::array reasons_document(const std::vector<PollReason>& reasons) {
  json::array out;
  for (const auto& reason : reasons) {
    out.push_back(
        json::object{{"kind", to_string(reason.kind)}, {"seconds", reason.wait.count()}, {"text", reason.text}});
  }
  return out;
}

json::object feed_document(Context& context, const db::FeedRow& feed) {
  json::object document;
  document["id"] = feed.id;
  document["name"] = feed.name;
  document["url"] = base::redact_url(feed.url);
  put(document, "title", feed.title);
  put(document, "site", feed.site_link);
  put(document, "image", feed.image);
  document["tags"] = json::array(feed.tags.begin(), feed.tags.end());
  document["status"] = db::to_string(feed.status);
  put(document, "status_reason", feed.status_reason);
  document["backlog"] = feed.backlog;
  put(document, "added_at", std::optional(feed.added_at));
  put(document, "last_poll_at", feed.last_poll_at);
  put(document, "last_ok_at", feed.last_ok_at);
  put(document, "next_poll_at", feed.next_poll_at);
  document["poll_reasons"] = reasons_document(read_reasons(feed.poll_reasons));
  document["poll_failures"] = feed.poll_failures;
  put(document, "last_error", feed.last_error);
  db::EpisodeFilter filter;
  filter.feed_id = feed.id;
  document["episodes"] = context.episodes.count(filter);
  for (const auto state : {db::DownloadState::kQueued, db::DownloadState::kDownloading, db::DownloadState::kDone,
                           db::DownloadState::kFailed}) {
    filter.download_state = state;
    document[db::to_string(state)] = context.episodes.count(filter);
  }
  document["bytes"] = context.files.feed_bytes(feed.id);
  return document;
}

json::object download_document(Context&, const db::DownloadRow& row) {
  json::object document;
  document["id"] = row.id;
  document["state"] = db::to_string(row.state);
  document["paused"] = row.paused;
  document["priority"] = row.priority;
  document["kind"] = db::to_string(row.source_kind);
  document["url"] = base::redact_url(row.source_url);
  put(document, "via", std::string(db::to_string(row.via)));
  put(document, "queued_at", std::optional(row.queued_at));
  put(document, "started_at", row.started_at);
  put(document, "finished_at", row.finished_at);
  put(document, "next_try_at", row.next_try_at);
  document["attempts"] = row.attempts;
  put(document, "error", row.error);
  put(document, "failure", row.failure_kind);
  document["bytes_done"] = row.bytes_done;
  put(document, "bytes_total", row.bytes_total);
  put(document, "info_hash", row.info_hash);
  if (row.via == db::Via::kSwarm) document["peers"] = row.peers;
  document["rate"] = row.rate_bytes_per_s;
  document["uploaded"] = row.uploaded;
  document["seeding"] = row.seeding;
  return document;
}

json::object episode_document(Context& context, const db::EpisodeRow& episode, bool whole) {
  json::object document;
  document["id"] = episode.id;
  if (const auto feed = context.feeds.find(episode.feed_id)) document["feed"] = feed->name;
  document["title"] = episode.title;
  put(document, "guid", episode.guid);
  put(document, "link", episode.link);
  put(document, "published_at", episode.published_at);
  put(document, "first_seen_at", std::optional(episode.first_seen_at));
  if (episode.duration) document["duration"] = episode.duration->count();
  put(document, "size", episode.size);
  document["state"] = episode_state(episode);
  document["starred"] = episode.starred_at.has_value();
  document["played"] = episode.played_at.has_value();
  put(document, "starred_at", episode.starred_at);
  put(document, "played_at", episode.played_at);
  document["decision"] = decision_document(episode);
  if (const auto tags = context.episodes.tags(episode.id); !tags.empty()) {
    document["tags"] = json::array(tags.begin(), tags.end());
  }
  if (const auto download = context.downloads.find_by_episode(episode.id)) {
    document["download"] = download_document(context, *download);
  }
  json::array files;
  for (const auto& file : context.files.list_episode(episode.id)) {
    files.push_back(json::object{{"path", file.path.string()}, {"size", file.size}});
  }
  document["files"] = std::move(files);
  if (whole) {
    document["identity"] = episode.identity;
    json::error_code error;
    json::value item = json::parse(episode.item, error);
    if (!error) document["item"] = std::move(item);
  }
  return document;
}

json::object live_document(const engine::DownloadStatus& status) {
  static constexpr const char* kStates[] = {"starting", "metadata", "checking", "downloading",
                                            "seeding",  "paused",   "finished", "failed",
                                            "queued"};
  json::object document;
  document["id"] = status.id;
  document["state"] = kStates[static_cast<std::size_t>(status.state)];
  put(document, "name", status.name);
  put(document, "info_hash", status.info_hash);
  document["bytes_done"] = status.done_bytes;
  put(document, "bytes_total", status.total_bytes);
  document["down_rate"] = status.down_rate;
  document["up_rate"] = status.up_rate;
  if (const auto left = engine::time_left(status)) document["eta_seconds"] = left->count();
  document["downloaded"] = status.downloaded;
  document["uploaded"] = status.uploaded;
  document["wasted"] = status.wasted;
  document["pieces_done"] = status.pieces_done;
  document["pieces_total"] = status.pieces_total;
  document["peers"] = status.peers;
  document["seeds"] = status.seeds;
  document["web_seeds"] = status.web_seeds;
  put(document, "tracker_seeds", status.tracker_seeds);
  put(document, "tracker_leechers", status.tracker_leechers);
  put(document, "tracker_message", status.tracker_message);
  put(document, "web_seed_message", status.web_seed_message);
  return document;
}

json::object job_document(Context& context, const Job& job) {
  json::object document;
  document["id"] = job.id;
  document["done"] = job.done;
  document["polls_left"] = job.polls_left.size();
  json::array polls;
  for (const auto& report : job.polls) polls.push_back(poll_document(context, report));
  document["polls"] = std::move(polls);
  json::array downloads;
  for (const auto& report : job.downloads) {
    json::object download;
    download["episode"] = report.episode_id;
    if (const auto episode = context.episodes.find(report.episode_id)) {
      download["title"] = episode->title;
      if (const auto feed = context.feeds.find(episode->feed_id)) download["feed"] = feed->name;
    }
    download["ok"] = report.ok;
    download["will_retry"] = report.will_retry;
    download["message"] = report.message;
    if (const auto row = context.downloads.find(report.download_id))
      download["download"] = download_document(context, *row);
    downloads.push_back(std::move(download));
  }
  document["downloads"] = std::move(downloads);
  put(document, "obstacle", job.obstacle);
  return document;
}

}  // namespace podswarm::scheduler
