// The addresses that a poll asks besides the feed's own: the feed that a web page names, the place that a feed says it
// has moved to (itunes:new-feed-url, newLocation), and the pages of its past (RFC 5005). Each errand ends: a page is
// followed once, a move is not followed by another, pages are counted.

#include <algorithm>

#include "base/units.h"
#include "base/url.h"
#include "scheduler/identity.h"
#include "scheduler/poller.h"
#include "scheduler/poller_parts.h"

namespace podswarm::scheduler {

namespace {

constexpr std::size_t kMaxPages = 100;
constexpr std::size_t kMaxPagedItems = 100'000;
constexpr std::size_t kMaxPagedBytes = 256u << 20;
// So many polls that end at a page which cannot be had just now begin the past anew; then the feed does without.
constexpr int kPageTries = 3;

// Why this answer is no feed document; "" where it is one.
std::string obstacle_in(const FeedAnswer& answer) {
  if (!answer.response) return answer.response.error().message;
  if (answer.response->status != 200) return status_message(answer.response->status);
  if (!answer.document) return "there is no document";
  return *answer.document ? std::string() : answer.document->error().message;
}

// Whether asking again later may help.
bool may_pass(const FeedAnswer& answer) {
  if (answer.response) return answer.response->status == 429 || answer.response->status >= 500;
  const auto code = answer.response.error().code;
  return code == feeds::FetchError::kResolve || code == feeds::FetchError::kConnect ||
         code == feeds::FetchError::kTimeout || code == feeds::FetchError::kProtocol;
}

// Whether an episode that is known stands in the document, or none is known with which it could be compared.
bool is_the_same_feed(Context& context, const db::FeedRow& feed, const feeds::Feed& document) {
  db::EpisodeFilter known;
  known.feed_id = feed.id;
  if (context.episodes.count(known) == 0) return true;
  return std::any_of(document.items.begin(), document.items.end(), [&](const feeds::Item& item) {
    const std::string identity = identity_of(item);
    return !identity.empty() && context.episodes.find_by_identity(feed.id, identity);
  });
}

std::string backlog_of(const Context& context, const db::FeedRow& feed) {
  return feed.backlog.empty() ? context.settings->for_feed(feed).backlog : feed.backlog;
}

// A page all of whose items are older than the backlog reaches.
bool is_too_old(const std::string& backlog, const feeds::Feed& document) {
  if (!backlog.starts_with("since:")) return false;
  const auto since = base::parse_rfc3339(backlog.substr(6));
  return since && std::all_of(document.items.begin(), document.items.end(), [&](const feeds::Item& item) {
           const auto date = item.published ? item.published : item.updated;
           return date && *date < *since;
         });
}

}  // namespace

std::optional<PollReport> Poller::go_on(const db::FeedRow& feed, Errand errand) {
  if (errand.url.empty()) {
    context_.feeds.record_success(feed.id, errand.success);
    return std::move(errand.report);
  }
  errands_[feed.id] = std::move(errand);
  wait_for_room(feed.id, feed.url, true);
  return std::nullopt;
}

// The document is a web page's that names feeds.
std::optional<PollReport> Poller::took_page(const db::FeedRow& feed, const FeedAnswer& answer, base::WallTime now) {
  const auto& named = answer.discovered;
  if (named.size() == 1) {
    if (!may_go_to(feed, named.front().url)) {
      return failed(feed,
                    "a web page whose feed is " + base::redact_url(named.front().url) +
                        "; subscribe to it there if its password may go there",
                    std::nullopt, now);
    }
    Errand errand;
    errand.url = named.front().url;
    return go_on(feed, std::move(errand));
  }
  db::Transaction transaction(context_.database);
  auto report = failed(feed,
                       "a web page that names " + std::to_string(named.size()) +
                           " feeds; subscribe to one of them: " + feeds::describe_choices(named),
                       std::nullopt, now);
  // Asking again would bring the same page.
  context_.feeds.set_status(feed.id, db::FeedStatus::kStopped, "a web page that names several feeds");
  report.choices = named;
  transaction.commit();
  return report;
}

std::optional<PollReport> Poller::after_errand(const db::FeedRow& feed, FeedAnswer& answer, Errand errand,
                                               base::WallTime now) {
  switch (errand.kind) {
    case Errand::Kind::kNamedByPage:
      return after_named(feed, answer, errand, now);
    case Errand::Kind::kNewAddress:
      return after_new_address(feed, answer, std::move(errand), now);
    case Errand::Kind::kOlderPage:
      break;
  }
  return after_older_page(feed, answer, std::move(errand), now);
}

std::optional<PollReport> Poller::after_named(const db::FeedRow& feed, const FeedAnswer& answer, const Errand& errand,
                                              base::WallTime now) {
  const std::string start = "a web page; its feed is " + base::redact_url(errand.url);
  if (const auto obstacle = obstacle_in(answer); !obstacle.empty()) {
    return failed(feed, start + ": " + obstacle, answer.response ? answer.response->retry_after : std::nullopt, now);
  }
  db::Transaction transaction(context_.database);
  std::optional<PollReport> over;
  if (const auto renamed = context_.feeds.set_url(feed.id, errand.url); !renamed) {
    over = failed(feed, start + ", but " + renamed.error().message, std::nullopt, now);
    context_.feeds.set_status(feed.id, db::FeedStatus::kStopped, "a web page whose feed is subscribed already");
    over->choices.push_back({errand.url, answer.document->value().title, {}});
  } else {
    PollReport report{.feed_id = feed.id, .ok = true, .changed = true};
    report.message = start;
    over = took_document(context_.feeds.find(feed.id).value_or(feed), answer, std::move(report), true, now);
  }
  transaction.commit();
  return over;
}

std::string Poller::new_address_of(const db::FeedRow& feed, const feeds::Feed& document, PollReport& report) const {
  const std::string url = base::sanitize_url(document.new_feed_url);
  if (!is_plain_address(url)) return {};
  const std::string canonical = base::canonical_url(url);
  if (canonical == base::canonical_url(feed.url) || left_.contains({feed.id, canonical})) return {};
  if (may_go_to(feed, url)) return url;
  add_notice(report,
             "says it has moved to " + base::redact_url(url) + "; subscribe to it there if its password may go there");
  return {};
}

std::optional<PollReport> Poller::after_new_address(const db::FeedRow& feed, const FeedAnswer& answer, Errand errand,
                                                    base::WallTime now) {
  const std::string where = base::redact_url(errand.url);
  std::string obstacle = obstacle_in(answer);
  db::Transaction transaction(context_.database);
  if (obstacle.empty() && !is_the_same_feed(context_, feed, answer.document->value())) {
    obstacle = "the feed there has no episode in common with this one";
  }
  if (obstacle.empty()) {
    if (const auto moved = context_.feeds.set_url(feed.id, errand.url); !moved) obstacle = moved.error().message;
  }
  std::optional<PollReport> over;
  if (obstacle.empty()) {
    left_.insert({feed.id, base::canonical_url(feed.url)});
    add_notice(errand.report, "moved to " + where);
    over = took_document(context_.feeds.find(feed.id).value_or(feed), answer, std::move(errand.report), false, now);
  } else {
    add_notice(errand.report, "says it has moved to " + where + "; not followed: " + obstacle);
    errand.kind = Errand::Kind::kOlderPage;
    errand.url = errand.next_page;
    over = go_on(feed, std::move(errand));
  }
  transaction.commit();
  return over;
}

// Where the past goes on, of a feed that is read for the first time by someone who wants its past.
std::string Poller::next_page_of(const db::FeedRow& feed, const feeds::Feed& document) const {
  const std::string backlog = backlog_of(context_, feed);
  if (feed.last_ok_at || (backlog != "all" && !backlog.starts_with("since:"))) return {};
  if (!is_plain_address(document.next_url) || is_too_old(backlog, document)) return {};
  const std::string url = base::sanitize_url(document.next_url);
  return page_address(url) == page_address(feed.url) ? std::string() : url;
}

std::optional<PollReport> Poller::after_older_page(const db::FeedRow& feed, const FeedAnswer& answer, Errand errand,
                                                   base::WallTime now) {
  errand.visited.insert(page_address(errand.url));
  if (const auto obstacle = obstacle_in(answer); !obstacle.empty()) {
    const std::string what = "its older pages end at " + base::redact_url(errand.url) + ": " + obstacle;
    if (may_pass(answer) && (offline_ || feed.poll_failures + 1 < kPageTries)) {
      auto report = failed(feed, what, answer.response ? answer.response->retry_after : std::nullopt, now);
      report.intake = errand.report.intake;
      report.changed = errand.report.changed;
      return report;
    }
    add_notice(errand.report, what);
    errand.url.clear();
    return go_on(feed, std::move(errand));
  }
  const feeds::Feed& document = answer.document->value();
  const bool seen = !errand.visited.insert(page_content(document)).second;
  db::Transaction transaction(context_.database);
  if (!seen) errand.report.intake += take(feed, document, now, DocumentKind::kOlderPage);
  ++errand.pages;
  errand.bytes += answer.bytes;
  const std::string next = seen ? std::string() : next_page_of(feed, document);
  errand.url = errand.visited.contains(page_address(next)) ? std::string() : next;
  const bool enough =
      errand.pages >= kMaxPages || errand.report.intake.items >= kMaxPagedItems || errand.bytes >= kMaxPagedBytes;
  if (!errand.url.empty() && enough) {
    add_notice(errand.report, "only the first " + std::to_string(errand.pages) + " older pages were read");
    errand.url.clear();
  }
  auto over = go_on(feed, std::move(errand));
  transaction.commit();
  return over;
}

}  // namespace podswarm::scheduler
