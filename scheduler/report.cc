#include "scheduler/report.h"

#include <boost/json/array.hpp>
#include <charconv>
#include <ctime>

#include "base/text.h"
#include "base/units.h"
#include "scheduler/window.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

void put(json::object& object, std::string_view key, std::optional<base::WallTime> time) {
  if (time) object[key] = base::format_rfc3339(*time);
}

json::object entry_of(Context& context, const db::EpisodeRow& episode) {
  json::object entry;
  entry["episode"] = episode.id;
  if (const auto feed = context.feeds.find(episode.feed_id)) entry["feed"] = feed->name;
  entry["title"] = episode.title;
  put(entry, "published_at", episode.published_at);
  return entry;
}

// Midnight at the beginning of the local day that many days before the one of `time`.
base::WallTime local_midnight(base::WallTime time, int days_before) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  local.tm_mday -= days_before;
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;
  return base::WallTime(std::chrono::seconds(std::mktime(&local)));
}

std::optional<base::WallTime> local_date(std::string_view text) {
  if (text.size() != 10 || !base::parse_rfc3339(text)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  std::tm local{};
  local.tm_year = number(0, 4) - 1900;
  local.tm_mon = number(5, 2) - 1;
  local.tm_mday = number(8, 2);
  local.tm_isdst = -1;
  return base::WallTime(std::chrono::seconds(std::mktime(&local)));
}

class Report {
 public:
  Report(Context& context, base::WallTime since) : context_(context), since_(since), now_(context.clock.now()) {}

  json::object make() {
    json::object report;
    put(report, "since", since_);
    put(report, "until", now_);
    report["done"] = done();
    report["failed"] = failed();
    report["held"] = decided(db::Decision::kHold, "held");
    report["notified"] = decided(db::Decision::kNotify, "notified");
    report["deferred"] = decided(db::Decision::kDefer, "deferred");
    report["skipped"] = skipped();
    report["deleted"] = deleted();
    report["feeds"] = failing_feeds();
    const auto counts = context_.downloads.count_by_state();
    const auto queued = counts.find(db::DownloadState::kQueued);
    const auto running = counts.find(db::DownloadState::kDownloading);
    totals_["queued"] = (queued == counts.end() ? 0 : queued->second) + (running == counts.end() ? 0 : running->second);
    totals_["queued_bytes"] = context_.downloads.bytes_outstanding();
    report["totals"] = std::move(totals_);
    return report;
  }

 private:
  json::array done() {
    json::array out;
    std::uint64_t bytes = 0;
    std::chrono::seconds duration{};
    for (const auto& row : context_.downloads.finished_since(db::DownloadState::kDone, since_, kMostReported)) {
      const auto episode = context_.episodes.find(row.episode_id);
      if (!episode) continue;
      json::object entry = entry_of(context_, *episode);
      put(entry, "at", row.finished_at);
      std::uint64_t size = 0;
      const auto files = context_.files.list_episode(episode->id);
      for (const auto& file : files) size += file.size;
      if (!files.empty()) {
        const auto& path = files.front().path;
        entry["path"] = base::repair_utf8((files.size() == 1 ? path : path.parent_path()).string());
      }
      entry["size"] = size;
      if (episode->duration) entry["duration"] = episode->duration->count();
      entry["via"] = db::to_string(row.via);
      if (!episode->decision_rule.empty()) entry["rule"] = episode->decision_rule;
      bytes += size;
      duration += episode->duration.value_or(std::chrono::seconds(0));
      out.push_back(std::move(entry));
    }
    totals_["done"] = out.size();
    totals_["bytes"] = bytes;
    totals_["duration"] = duration.count();
    return out;
  }

  json::array failed() {
    json::array out;
    std::size_t given_up = 0;
    for (const auto& row : context_.downloads.failed_since(since_, kMostReported)) {
      const auto episode = context_.episodes.find(row.episode_id);
      const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
      if (!feed) continue;
      json::object entry = entry_of(context_, *episode);
      put(entry, "at", row.failed_at);
      entry["error"] = row.error;
      entry["failure"] = row.failure_kind;
      entry["attempts"] = row.attempts;
      const bool over = row.state == db::DownloadState::kFailed;
      entry["given_up"] = over;
      const bool paused = row.paused || feed->status == db::FeedStatus::kPaused || context_.remembered.get(kQueuePaused);
      if (paused && !over) entry["paused"] = true;
      if (over) ++given_up;
      if (row.state == db::DownloadState::kQueued && !paused) put(entry, "next_try_at", next_try(row, *feed));
      if (row.state == db::DownloadState::kDownloading) put(entry, "next_try_at", row.started_at);
      out.push_back(std::move(entry));
    }
    totals_["failed"] = out.size();
    totals_["given_up"] = given_up;
    return out;
  }

  // When it is tried again: when its time has come, inside the window.
  std::optional<base::WallTime> next_try(const db::DownloadRow& row, const db::FeedRow& feed) {
    const auto due = std::max(row.next_try_at.value_or(now_), now_);
    const auto& window = context_.settings->for_feed(feed).window;
    return open_at(window, due) ? std::optional(due) : next_change(window, due);
  }

  json::array decided(db::Decision decision, const char* total) {
    db::EpisodeFilter filter;
    filter.decision = decision;
    filter.decided_since = since_;
    filter.limit = kMostReported;
    filter.with_item = false;
    json::array out;
    for (const auto& episode : context_.episodes.list(filter)) {
      json::object entry = entry_of(context_, episode);
      put(entry, "at", episode.decided_at);
      if (!episode.decision_rule.empty()) entry["rule"] = episode.decision_rule;
      entry["reason"] = episode.decision_reason;
      if (decision == db::Decision::kDefer) put(entry, "review_at", episode.review_at);
      out.push_back(std::move(entry));
    }
    totals_[total] = context_.episodes.count(filter);
    return out;
  }

  // By a rule, by hand, because no rule wanted it, or because there was nothing to have.
  json::array skipped() {
    json::array out = decided(db::Decision::kSkip, "skipped");
    auto total = totals_["skipped"].to_number<std::size_t>();
    for (const auto decision : {db::Decision::kNone, db::Decision::kMarkSeen}) {
      for (auto& entry : decided(decision, "skipped")) out.push_back(std::move(entry));
      total += totals_["skipped"].to_number<std::size_t>();
    }
    totals_["skipped"] = total;
    return out;
  }

  json::array deleted() {
    json::array out;
    for (const auto& row : context_.downloads.finished_since(db::DownloadState::kDeleted, since_, kMostReported)) {
      const auto episode = context_.episodes.find(row.episode_id);
      if (!episode) continue;
      json::object entry = entry_of(context_, *episode);
      put(entry, "at", row.finished_at);
      if (!row.error.empty()) entry["reason"] = row.error;
      out.push_back(std::move(entry));
    }
    totals_["deleted"] = out.size();
    return out;
  }

  json::array failing_feeds() {
    json::array out;
    for (const auto& feed : context_.feeds.list()) {
      const bool stopped = feed.status == db::FeedStatus::kStopped;
      if (!stopped && feed.poll_failures == 0) continue;
      json::object entry{{"feed", feed.name}, {"failures", feed.poll_failures}};
      entry["error"] = stopped && !feed.status_reason.empty() ? feed.status_reason : feed.last_error;
      entry["stopped"] = stopped;
      put(entry, "last_ok_at", feed.last_ok_at);
      if (!stopped) put(entry, "next_poll_at", feed.next_poll_at);
      out.push_back(std::move(entry));
    }
    return out;
  }

  Context& context_;
  base::WallTime since_;
  base::WallTime now_;
  json::object totals_;
};

}  // namespace

json::object report_document(Context& context, base::WallTime since) {
  return Report(context, since).make();
}

std::optional<base::WallTime> parse_since(std::string_view text, base::WallTime now) {
  const auto word = base::ascii_lower(base::trim(text));
  if (word == "today") return local_midnight(now, 0);
  if (word == "yesterday") return local_midnight(now, 1);
  if (const auto date = local_date(word)) return date;
  if (const auto time = base::parse_rfc3339(base::trim(text))) return time;
  if (const auto duration = base::parse_duration(word))
    return now - std::chrono::floor<std::chrono::seconds>(*duration);
  return std::nullopt;
}

}  // namespace podswarm::scheduler
