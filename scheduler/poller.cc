#include "scheduler/poller.h"

#include <algorithm>

#include "base/log.h"
#include "base/url.h"
#include "scheduler/credentials.h"
#include "scheduler/poller_parts.h"

namespace podswarm::scheduler {

namespace {
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kDatabasePatience{5};
// What is due is read from the database when nothing waits any more, or after so long.
constexpr minutes kReadAgain{1};
// The clock is looked at more often than that: who has not been looking was asleep.
constexpr minutes kAsleep{5};
// So many may be due at once after that; more are spread, one a second, within the longest spread.
constexpr std::size_t kFew = 20;
constexpr minutes kLongestSpread{5};
}  // namespace

bool Poller::is_waiting_or_running(std::int64_t feed_id) const {
  return queue_.is_running(feed_id) || queue_.is_waiting(feed_id);
}

PollQueue::Limits Poller::limits() const {
  const auto& poll = context_.settings->config.poll;
  return {static_cast<std::size_t>(poll.concurrency), static_cast<std::size_t>(poll.per_host), poll.host_spacing};
}

void Poller::request(const std::vector<std::int64_t>& feed_ids) {
  for (const auto feed_id : feed_ids) {
    if (is_waiting_or_running(feed_id)) continue;
    if (const auto feed = context_.feeds.find(feed_id)) {
      wait_for_room(feed->id, feed->url, false);
    } else {
      tell_removed(feed_id);
    }
  }
  start_waiting();
}

void Poller::wait_for_room(std::int64_t feed_id, const std::string& url, bool first) {
  const auto errand = errands_.find(feed_id);
  std::vector<std::string> hosts{host_of(errand == errands_.end() ? url : errand->second.url)};
  const auto behind = behind_.find(feed_id);
  if (behind != behind_.end() && errand == errands_.end() && behind->second != hosts.front()) {
    hosts.push_back(behind->second);
  }
  queue_.add(feed_id, std::move(hosts), first);
}

void Poller::request_due(base::WallTime now) {
  const bool slept = !looked_at_ || now - *looked_at_ > kAsleep;
  looked_at_ = now;
  const bool fresh = read_at_ && *read_at_ <= now && now - *read_at_ < kReadAgain;
  if (!slept && fresh && queue_.waiting() != 0) return;
  read_at_ = now;
  auto due = context_.feeds.due(now);
  if (slept && due.size() > kFew) {
    const auto spread = std::min<seconds>(seconds(due.size()), kLongestSpread);
    context_.feeds.spread_due(now, spread);
    due = context_.feeds.due(now);
  }
  for (const auto& feed : due) {
    const auto refused = not_before_.find(feed.id);
    if (refused != not_before_.end() && now < refused->second) continue;
    if (!is_waiting_or_running(feed.id)) wait_for_room(feed.id, feed.url, false);
  }
  start_waiting();
}

std::optional<base::WallTime> Poller::next_chance() const {
  if (queue_.waiting() == 0) return std::nullopt;
  // Where an answer must come first, its host may still want its spacing then: look again soon.
  const base::WallTime now = context_.clock.now();
  return queue_.next_chance(now, limits()).value_or(now + seconds(1));
}

void Poller::forget(std::int64_t feed_id) {
  not_before_.erase(feed_id);
  behind_.erase(feed_id);
  // Of one that is running, the answer ends it.
  if (queue_.is_running(feed_id)) return;
  errands_.erase(feed_id);
  if (queue_.remove(feed_id)) tell_removed(feed_id);
}

void Poller::give_up_waiting(const std::string& why) {
  for (const auto feed_id : queue_.waiting_feeds()) {
    queue_.remove(feed_id);
    errands_.erase(feed_id);
    PollReport report{.feed_id = feed_id};
    report.message = why;
    on_report_(report);
  }
}

void Poller::tell_removed(std::int64_t feed_id) {
  PollReport report{.feed_id = feed_id};
  report.message = "the feed was removed";
  on_report_(report);
}

void Poller::start_waiting() {
  const base::WallTime now = context_.clock.now();
  while (const auto feed_id = queue_.next(now, limits())) {
    const auto feed = context_.feeds.find(*feed_id);
    if (!feed) {
      queue_.ended(*feed_id);
      tell_removed(*feed_id);
      continue;
    }
    port_.fetch(*feed_id, request_for(*feed), errands_.contains(*feed_id) ? "" : feed->content_hash);
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
    request.credentials = *credentials;
  }
  return request;
}

void Poller::on_answer(FeedAnswer answer) {
  queue_.ended(answer.feed_id);
  const base::WallTime now = context_.clock.now();
  // The feed may have been removed in the meantime.
  auto errand = errands_.extract(answer.feed_id);
  const auto feed = context_.feeds.find(answer.feed_id);
  if (!feed) {
    tell_removed(answer.feed_id);
  } else {
    if (errand.empty() && answer.response) note_redirect(*feed, answer.response->final_url);
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

void Poller::note_redirect(const db::FeedRow& feed, const std::string& final_url) {
  auto host = host_of(final_url);
  if (host.empty() || host == host_of(feed.url)) {
    behind_.erase(feed.id);
  } else {
    behind_[feed.id] = std::move(host);
  }
}

std::optional<PollReport> Poller::handle(const db::FeedRow& feed, FeedAnswer& answer, base::WallTime now) {
  if (!answer.response) return failed(feed, answer.response.error().message, std::nullopt, now);
  const feeds::FetchResponse& response = *answer.response;
  if (response.status == 304 || (response.status == 200 && !answer.document)) {
    PollOutcome outcome;
    outcome.max_age = response.max_age;
    const auto next = plan(feed, std::move(outcome), now);
    const std::string& etag = response.etag.empty() ? feed.etag : response.etag;
    const std::string& modified = response.last_modified.empty() ? feed.last_modified : response.last_modified;
    context_.feeds.record_success(
        feed.id, {now, next.at, etag, modified, feed.content_hash, feed.update_hints, write_reasons(next.reasons)});
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
  report.intake += take(titled.value_or(feed), document, now, DocumentKind::kCurrent);
  PollOutcome outcome;
  outcome.max_age = response.max_age;
  // The hints count for this poll and, as the publisher's last word, for those that bring no document.
  db::FeedRow hinted = titled.value_or(feed);
  hinted.update_hints = write_hints(document.hints);
  const auto next = plan(hinted, std::move(outcome), now);
  if (report.intake.held > 0) {
    add_notice(report, std::to_string(report.intake.held) + " look like known episodes and are held: podswarm review");
  }
  add_notice(report, follow_move(feed, response.permanent_url));
  Errand errand;
  errand.success = {now,
                    next.at,
                    response.etag,
                    response.last_modified,
                    answer.content_hash,
                    hinted.update_hints,
                    write_reasons(next.reasons)};
  errand.next_page = next_page_of(feed, document);
  const auto moved = context_.feeds.find(feed.id).value_or(feed);
  if (may_move) errand.url = new_address_of(moved, document, report);
  errand.kind = errand.url.empty() ? Errand::Kind::kOlderPage : Errand::Kind::kNewAddress;
  if (errand.kind == Errand::Kind::kOlderPage) errand.url = errand.next_page;
  errand.visited = {page_address(response.final_url), page_address(feed.url), page_content(document)};
  errand.bytes = answer.bytes;
  errand.report = std::move(report);
  auto over = go_on(moved, std::move(errand));
  transaction.commit();
  return over;
}

PollReport Poller::failed(const db::FeedRow& feed, const std::string& error, std::optional<base::WallTime> retry_after,
                          base::WallTime now) {
  PollReport report{.feed_id = feed.id};
  report.message = error;
  if (offline_) {
    // It stays due, behind the others.
    context_.feeds.set_next_poll(feed.id, now);
    return report;
  }
  PollOutcome outcome;
  outcome.ok = false;
  outcome.failures = feed.poll_failures + 1;
  outcome.retry_after = retry_after;
  const auto next = plan(feed, std::move(outcome), now);
  context_.feeds.record_failure(feed.id, {now, next.at, error, write_reasons(next.reasons)});
  return report;
}

IntakeResult Poller::take(const db::FeedRow& feed, const feeds::Feed& document, base::WallTime now, DocumentKind kind) {
  auto intake = take_in(context_, feed, document, now, kind);
  if (intake.wanted > 0) ++finds_;
  return intake;
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
  return !has_credentials(context_.settings->for_feed(feed)) || host_of(url) == host_of(feed.url);
}

PollPlan Poller::plan(const db::FeedRow& feed, PollOutcome outcome, base::WallTime now) {
  outcome.hints = read_hints(feed.update_hints);
  std::vector<base::WallTime> releases;
  for (const auto& release : context_.episodes.releases(feed.id, kRhythmMemory)) {
    releases.push_back(release_time(release.published_at, release.first_seen_at));
  }
  outcome.rhythm = rhythm_of(std::move(releases), outcome.hints, now);
  const auto settings = context_.settings->for_feed(feed);
  const double jitter = context_.settings->config.poll.jitter_percent / 100.0;
  return plan_poll({settings.interval, settings.max_interval, jitter}, outcome, now, context_.random());
}

}  // namespace podswarm::scheduler
