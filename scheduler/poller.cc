#include "scheduler/poller.h"

#include <algorithm>

#include "base/log.h"
#include "base/url.h"
#include "scheduler/credentials.h"
#include "scheduler/poll_policy.h"
#include "scheduler/poller_parts.h"

namespace podswarm::scheduler {

namespace {
constexpr std::chrono::minutes kDatabasePatience{5};
}  // namespace

bool Poller::is_waiting_or_running(std::int64_t feed_id) const {
  return running_.contains(feed_id) || is_waiting_.contains(feed_id);
}

void Poller::request(const std::vector<std::int64_t>& feed_ids) {
  for (const auto feed_id : feed_ids) {
    if (is_waiting_or_running(feed_id)) continue;
    if (const auto feed = context_.feeds.find(feed_id)) {
      wait_for_room(*feed, false);
    } else {
      tell_removed(feed_id);
    }
  }
  start_waiting();
}

void Poller::wait_for_room(const db::FeedRow& feed, bool first) {
  const auto errand = errands_.find(feed.id);
  Waiting waiting{feed.id, host_of(errand == errands_.end() ? feed.url : errand->second.url)};
  if (first) {
    waiting_.push_front(std::move(waiting));
  } else {
    waiting_.push_back(std::move(waiting));
  }
  is_waiting_.insert(feed.id);
}

void Poller::request_due(base::WallTime now) {
  // More than can run at once would only wait here instead of in the database.
  const auto room = static_cast<std::size_t>(context_.settings->config.poll.concurrency) * 4;
  if (waiting_.size() >= room) return;
  for (const auto& feed : context_.feeds.due(now, room)) {
    const auto refused = not_before_.find(feed.id);
    if (refused != not_before_.end() && now < refused->second) continue;
    if (!is_waiting_or_running(feed.id)) wait_for_room(feed, false);
  }
  start_waiting();
}

void Poller::forget(std::int64_t feed_id) {
  not_before_.erase(feed_id);
  // Of one that is running, the answer ends it.
  if (running_.contains(feed_id)) return;
  errands_.erase(feed_id);
  if (is_waiting_.erase(feed_id) == 0) return;
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.feed_id == feed_id; });
  tell_removed(feed_id);
}

void Poller::tell_removed(std::int64_t feed_id) {
  PollReport report{.feed_id = feed_id};
  report.message = "the feed was removed";
  on_report_(report);
}

void Poller::start_waiting() {
  const auto& limits = context_.settings->config.poll;
  std::map<std::string, int> by_host;
  for (const auto& [feed, host] : running_) ++by_host[host];
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (running_.size() >= static_cast<std::size_t>(limits.concurrency)) return;
    if (by_host[next->host] >= limits.per_host) {
      ++next;
      continue;
    }
    const auto [feed_id, host] = std::move(*next);
    next = waiting_.erase(next);
    is_waiting_.erase(feed_id);
    const auto feed = context_.feeds.find(feed_id);
    if (!feed) {
      tell_removed(feed_id);
      continue;
    }
    ++by_host[host];
    running_[feed_id] = host;
    port_.fetch(feed_id, request_for(*feed), errands_.contains(feed_id) ? "" : feed->content_hash);
  }
}

// To its own address with the validators and credentials that belong there, or on its errand without.
feeds::FetchRequest Poller::request_for(const db::FeedRow& feed) const {
  const auto settings = context_.settings->for_feed(feed);
  const auto errand = errands_.find(feed.id);
  feeds::FetchRequest request;
  request.url = feed.url;
  if (errand == errands_.end()) {
    request.etag = feed.etag;
    request.last_modified = feed.last_modified;
  } else {
    request.url = errand->second.url;
  }
  request.user_agent = settings.user_agent;
  request.ca_file = settings.ca_file;
  request.allow_private = settings.allow_private;
  request.deadline = context_.settings->config.poll.deadline;
  const auto credentials = credentials_of(settings);
  if (credentials && same_origin(request.url, feed.url)) {
    request.credentials = feeds::BasicCredentials{credentials->user, credentials->password};
  }
  return request;
}

void Poller::on_answer(FeedAnswer answer) {
  running_.erase(answer.feed_id);
  const base::WallTime now = context_.clock.now();
  // The feed may have been removed in the meantime.
  auto errand = errands_.extract(answer.feed_id);
  const auto feed = context_.feeds.find(answer.feed_id);
  if (!feed) {
    tell_removed(answer.feed_id);
  } else {
    std::optional<PollReport> report;
    try {
      report =
          errand.empty() ? handle(*feed, answer, now) : after_errand(*feed, answer, std::move(errand.mapped()), now);
      not_before_.erase(feed->id);
    } catch (const db::DatabaseError& error) {
      report = PollReport{.feed_id = feed->id};
      report->message = error.what();
      not_before_[feed->id] = now + kDatabasePatience;
    }
    if (report) {
      if (report->ok) {
        spdlog::info("{}: {} new, {} wanted{}{}", feed->name, report->intake.added, report->intake.wanted,
                     report->message.empty() ? "" : "; ", report->message);
      } else {
        spdlog::warn("{}: {}", feed->name, report->message);
      }
      on_report_(*report);
    }
  }
  start_waiting();
}

std::optional<PollReport> Poller::handle(const db::FeedRow& feed, FeedAnswer& answer, base::WallTime now) {
  if (!answer.response) return failed(feed, answer.response.error().message, std::nullopt, now);
  const feeds::FetchResponse& response = *answer.response;
  if (response.status == 304 || (response.status == 200 && !answer.document)) {
    PollOutcome outcome;
    outcome.max_age = response.max_age;
    const std::string& etag = response.etag.empty() ? feed.etag : response.etag;
    const std::string& modified = response.last_modified.empty() ? feed.last_modified : response.last_modified;
    context_.feeds.record_success(feed.id, {now, next_time(feed, outcome, now), etag, modified, feed.content_hash});
    PollReport report{.feed_id = feed.id, .ok = true};
    report.message = follow_move(feed, response.permanent_url);
    return report;
  }
  if (response.status == 410) {
    db::Transaction transaction(context_.database);
    auto report =
        failed(feed, "410 Gone: the publisher has ended this feed; it is no longer polled", std::nullopt, now);
    context_.feeds.set_status(feed.id, db::FeedStatus::kStopped, "410 Gone");
    transaction.commit();
    return report;
  }
  if (response.status != 200) return failed(feed, status_message(response.status), response.retry_after, now);
  const auto& document = *answer.document;
  if (document) return took_document(feed, answer, {.feed_id = feed.id, .ok = true, .changed = true}, true, now);
  // What has been a feed before is one in trouble, whatever its server shows instead.
  if (!feed.last_ok_at && !answer.discovered.empty()) return took_page(feed, answer, now);
  return failed(feed, base::redact_url(response.final_url) + ": " + document.error().message, std::nullopt, now);
}

std::optional<PollReport> Poller::took_document(const db::FeedRow& feed, const FeedAnswer& answer, PollReport report,
                                                bool may_move, base::WallTime now) {
  const feeds::FetchResponse& response = *answer.response;
  const feeds::Feed& document = answer.document->value();
  // The validators are recorded with the episodes: a crash in between asks for the document again.
  db::Transaction transaction(context_.database);
  context_.feeds.set_published(feed.id, document.title, document.link, document.image, document.language);
  const auto titled = context_.feeds.find(feed.id);
  report.intake += take_in(context_, titled.value_or(feed), document, now);
  PollOutcome outcome;
  outcome.max_age = response.max_age;
  outcome.hints = document.hints;
  if (report.intake.held > 0) {
    add_notice(report, std::to_string(report.intake.held) + " look like known episodes and are held: podswarm review");
  }
  add_notice(report, follow_move(feed, response.permanent_url));
  Errand errand;
  errand.success = {now, next_time(feed, outcome, now), response.etag, response.last_modified, answer.content_hash};
  errand.next_page = next_page_of(feed, document);
  const auto moved = context_.feeds.find(feed.id).value_or(feed);
  if (may_move) errand.url = new_address_of(moved, document, report);
  errand.kind = errand.url.empty() ? Errand::Kind::kOlderPage : Errand::Kind::kNewAddress;
  if (errand.kind == Errand::Kind::kOlderPage) errand.url = errand.next_page;
  errand.visited.insert(base::canonical_url(response.final_url));
  errand.visited.insert(base::canonical_url(feed.url));
  errand.report = std::move(report);
  auto over = go_on(moved, std::move(errand));
  transaction.commit();
  return over;
}

PollReport Poller::failed(const db::FeedRow& feed, const std::string& error, std::optional<base::WallTime> retry_after,
                          base::WallTime now) {
  PollOutcome outcome;
  outcome.ok = false;
  outcome.failures = feed.poll_failures + 1;
  outcome.retry_after = retry_after;
  context_.feeds.record_failure(feed.id, {now, next_time(feed, outcome, now), error});
  PollReport report{.feed_id = feed.id};
  report.message = error;
  return report;
}

// A chain of permanent redirects changes the address that is asked from now on.
std::string Poller::follow_move(const db::FeedRow& feed, const std::string& url) {
  if (url.empty() || base::canonical_url(url) == base::canonical_url(feed.url)) return {};
  if (!may_go_to(feed, url)) {
    // The password was given to one host; another does not get it by saying that the feed has moved.
    return "says it has moved to " + base::redact_url(url) + "; subscribe to it there if its password may go there";
  }
  const auto moved = context_.feeds.set_url(feed.id, url);
  if (!moved) return "moved to " + base::redact_url(url) + ", but " + moved.error().message;
  return "moved to " + base::redact_url(url);
}

bool Poller::may_go_to(const db::FeedRow& feed, const std::string& url) const {
  return context_.settings->for_feed(feed).user.empty() || host_of(url) == host_of(feed.url);
}

base::WallTime Poller::next_time(const db::FeedRow& feed, const PollOutcome& outcome, base::WallTime now) {
  const auto settings = context_.settings->for_feed(feed);
  const double jitter = context_.settings->config.poll.jitter_percent / 100.0;
  return next_poll({settings.interval, jitter}, outcome, now, context_.random());
}

}  // namespace podswarm::scheduler
