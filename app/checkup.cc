#include "app/checkup.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/discovery.h"
#include "scheduler/credentials.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

using Level = Finding::Level;

constexpr std::size_t kWorthPacking = 16 * 1024;
constexpr std::size_t kLargeDocument = 4u << 20;
constexpr std::chrono::hours kClockAllowance{24};

// "3 items have no date"
void add_count(std::vector<Finding>& findings, Level level, std::size_t count, std::string_view what) {
  if (count == 0) return;
  findings.push_back({level, fmt::format("{} {} {}", count, count == 1 ? "item" : "items", what)});
}

std::string format_name(feeds::FeedFormat format) {
  switch (format) {
    case feeds::FeedFormat::kRss2:
      return "RSS 2.0";
    case feeds::FeedFormat::kRss1:
      return "RSS 1.0";
    case feeds::FeedFormat::kRss09x:
      return "RSS 0.9x";
    case feeds::FeedFormat::kAtom1:
      return "Atom 1.0";
    case feeds::FeedFormat::kAtom03:
      return "Atom 0.3";
    case feeds::FeedFormat::kJsonFeed:
      break;
  }
  return "JSON Feed";
}

bool has_source(const feeds::Item& item) {
  return !item.enclosures.empty() || !item.alternate_enclosures.empty() || item.torrent.has_value();
}

// What the first answer says of the server.
void look_at_answer(const feeds::FetchResponse& answer, std::vector<Finding>& findings) {
  for (const auto& hop : answer.redirects) {
    if (hop.status == 301 || hop.status == 308) continue;
    findings.push_back({Level::kNote, fmt::format("{} redirects for the moment only ({}): every poll makes this detour",
                                                  hop.from, hop.status)});
  }
  if (!answer.permanent_url.empty()) {
    findings.push_back({Level::kNote, "has moved for good to " + base::redact_url(answer.permanent_url)});
  }
  if (answer.final_url.starts_with("http://")) {
    findings.push_back({Level::kNote, "is fetched without encryption: anyone on the way can read and change it"});
  }
  if (answer.status != 200) return;
  if (answer.content_encoding.empty() && answer.body.size() > kWorthPacking) {
    findings.push_back({Level::kWarning, fmt::format("the server does not compress: {} each time the feed changes",
                                                     base::format_bytes(answer.body.size()))});
  }
  if (answer.body.size() > kLargeDocument) {
    findings.push_back({Level::kWarning, fmt::format("is large: {}", base::format_bytes(answer.body.size()))});
  }
  if (base::istarts_with(answer.content_type, "text/html")) {
    findings.push_back({Level::kWarning, "is served as text/html, as a web page would be"});
  }
}

void ask_again(feeds::FetchRequest request, const feeds::FetchResponse& first, base::WallTime now, Checkup& checkup) {
  if (first.etag.empty() && first.last_modified.empty()) {
    checkup.findings.push_back(
        {Level::kWarning, "the server gives neither ETag nor Last-Modified: each poll fetches the whole document"});
    return;
  }
  request.etag = first.etag;
  request.last_modified = first.last_modified;
  const auto second = feeds::fetch(request, now);
  if (!second) {
    checkup.findings.push_back({Level::kWarning, "asked a second time: " + second.error().message});
    return;
  }
  checkup.answers_304 = second->status == 304;
  if (second->status == 304) return;
  // A document that is made anew for each request cannot be compared, and neither can one that has just changed.
  checkup.findings.push_back(
      {Level::kWarning, second->status == 200 && second->body == first.body
                            ? "the server answers 200 where 304 was due: each poll fetches the whole document"
                            : fmt::format("the server answers {} to its own validators", second->status)});
}

void ask_for_a_byte(feeds::FetchRequest request, const feeds::Feed& feed, base::WallTime now, Checkup& checkup) {
  for (const auto& item : feed.items) {
    const auto media = std::find_if(item.enclosures.begin(), item.enclosures.end(),
                                    [](const auto& one) { return one.kind == feeds::LinkKind::kHttp; });
    if (media == item.enclosures.end()) continue;
    checkup.enclosure = media->url;
    // As downloads do: what was given for the feed's host stays there.
    if (!scheduler::may_carry_credentials(request.url, media->url)) request.credentials.reset();
    request.url = media->url;
    request.range = "bytes=0-0";
    request.headers_only = true;
    const auto answer = feeds::fetch(request, now);
    const std::string which = "its newest episode (" + base::redact_url(media->url) + ")";
    if (!answer) {
      checkup.findings.push_back({Level::kWarning, which + ": " + answer.error().message});
    } else if (answer->status == 206 || answer->status == 200) {
      checkup.ranges = answer->status == 206;
      if (!*checkup.ranges) {
        checkup.findings.push_back({Level::kWarning, which + " cannot be resumed: its server ignores ranges"});
      }
    } else {
      checkup.findings.push_back({Level::kWarning, fmt::format("{} answers {}", which, answer->status)});
    }
    return;
  }
}

std::string_view level_name(Level level) {
  return level == Level::kError ? "error" : level == Level::kWarning ? "warning" : "note";
}

}  // namespace

std::vector<Finding> look_at(const feeds::Feed& feed, base::WallTime now) {
  std::vector<Finding> findings;
  for (const auto& repair : feed.repairs) findings.push_back({Level::kWarning, "repaired: " + repair});
  if (feed.title.empty()) findings.push_back({Level::kWarning, "has no title"});
  if (feed.items.empty()) findings.push_back({Level::kWarning, "has no items"});
  std::size_t no_guid = 0, twice = 0, undated = 0, ahead = 0, nothing = 0, no_type = 0, no_length = 0;
  std::set<std::string_view> guids;
  for (const auto& item : feed.items) {
    no_guid += item.guid.empty() ? 1 : 0;
    twice += !item.guid.empty() && !guids.insert(item.guid).second ? 1 : 0;
    undated += !item.published && !item.updated ? 1 : 0;
    ahead += item.published && *item.published > now + kClockAllowance ? 1 : 0;
    nothing += has_source(item) ? 0 : 1;
    const auto& media = item.enclosures;
    no_type += std::any_of(media.begin(), media.end(), [](const auto& one) { return one.type.empty(); }) ? 1 : 0;
    no_length += std::any_of(media.begin(), media.end(), [](const auto& one) { return !one.length; }) ? 1 : 0;
  }
  add_count(findings, Level::kWarning, no_guid, "without a guid: known again by address or title");
  add_count(findings, Level::kWarning, twice, "with a guid that another one has");
  add_count(findings, Level::kWarning, undated, "without a date that can be read");
  add_count(findings, Level::kWarning, ahead, "dated in the future");
  add_count(findings, Level::kNote, nothing, "with nothing to download");
  add_count(findings, Level::kNote, no_type, "with an enclosure that does not say its type");
  add_count(findings, Level::kNote, no_length, "with an enclosure that does not say its length");
  if (!feed.new_feed_url.empty()) {
    findings.push_back({Level::kNote, "says that it has moved to " + base::redact_url(feed.new_feed_url)});
  }
  if (feed.hints.complete) findings.push_back({Level::kNote, "says that it is complete: nothing new will come"});
  return findings;
}

Checkup check_up(feeds::FetchRequest request, base::WallTime now) {
  Checkup checkup;
  request.etag.clear();
  request.last_modified.clear();
  auto first = feeds::fetch(request, now);
  if (!first) {
    checkup.findings.push_back({Level::kError, first.error().message});
    return checkup;
  }
  checkup.answer = std::move(*first);
  const auto& answer = *checkup.answer;
  look_at_answer(answer, checkup.findings);
  if (answer.status != 200) {
    checkup.findings.push_back({Level::kError, fmt::format("the server answers {}", answer.status)});
    return checkup;
  }
  feeds::ParseOptions options;
  options.base_url = answer.final_url;
  options.content_type = answer.content_type;
  auto parsed = feeds::parse_feed(answer.body, options);
  if (!parsed) {
    checkup.findings.push_back({Level::kError, parsed.error().message});
    const auto named = feeds::discover_feeds(answer.body, {answer.final_url, answer.content_type});
    if (!named.empty()) {
      checkup.findings.push_back({Level::kNote, "the page names feeds: " + feeds::describe_choices(named)});
    }
    return checkup;
  }
  checkup.feed = std::move(*parsed);
  const auto found = look_at(*checkup.feed, now);
  checkup.findings.insert(checkup.findings.end(), found.begin(), found.end());
  ask_again(request, answer, now, checkup);
  ask_for_a_byte(request, *checkup.feed, now, checkup);
  return checkup;
}

json::object to_document(const Checkup& checkup) {
  json::object document;
  document["readable"] = checkup.readable();
  if (checkup.answer) {
    const auto& answer = *checkup.answer;
    json::object server{{"status", answer.status},
                        {"final_url", base::redact_url(answer.final_url)},
                        {"content_type", answer.content_type},
                        {"etag", !answer.etag.empty()},
                        {"last_modified", !answer.last_modified.empty()},
                        {"content_encoding", answer.content_encoding},
                        {"bytes_sent", answer.bytes_sent},
                        {"tls", answer.final_url.starts_with("https://")}};
    if (checkup.answers_304) server["answers_304"] = *checkup.answers_304;
    if (answer.max_age) server["max_age"] = answer.max_age->count();
    json::array redirects;
    for (const auto& hop : answer.redirects) {
      redirects.push_back(json::object{{"status", hop.status}, {"from", base::redact_url(hop.from)}});
    }
    server["redirects"] = std::move(redirects);
    document["server"] = std::move(server);
  }
  if (checkup.feed) {
    document["document"] = json::object{{"format", format_name(checkup.feed->format)},
                                        {"title", base::repair_utf8(checkup.feed->title)},
                                        {"items", checkup.feed->items.size()},
                                        {"bytes", checkup.answer->body.size()},
                                        {"repairs", checkup.feed->repairs.size()}};
  }
  if (!checkup.enclosure.empty()) {
    json::object enclosure{{"url", base::redact_url(checkup.enclosure)}};
    if (checkup.ranges) enclosure["ranges"] = *checkup.ranges;
    document["enclosure"] = std::move(enclosure);
  }
  json::array findings;
  for (const auto& finding : checkup.findings) {
    findings.push_back(json::object{{"level", level_name(finding.level)}, {"text", base::repair_utf8(finding.text)}});
  }
  document["findings"] = std::move(findings);
  return document;
}

}  // namespace podswarm::app
