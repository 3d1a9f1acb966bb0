// `podswarm doctor`: what a feed and its server do, what is wrong with them, and when the feed is asked next and why.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/api.h"
#include "app/args.h"
#include "app/checkup.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/discovery.h"
#include "scheduler/credentials.h"
#include "scheduler/documents.h"
#include "scheduler/poll_policy.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

void line(std::string_view label, const std::string& text) {
  fmt::print("{:<12} {}\n", label, printable(text));
}

std::string yes_or_no(bool yes) {
  return yes ? "yes" : "no";
}

void print_server(const json::object& server, const json::object& document) {
  for (const auto& hop : array_of(server, "redirects")) {
    line("redirect",
         fmt::format("{} from {}", number_of(hop.get_object(), "status"), text_of(hop.get_object(), "from")));
  }
  line("answer", fmt::format("{} at {}", number_of(server, "status"), text_of(server, "final_url")));
  std::string validators = flag_of(server, "etag") ? "ETag" : "";
  if (flag_of(server, "last_modified")) validators += validators.empty() ? "Last-Modified" : ", Last-Modified";
  if (server.contains("answers_304")) {
    validators += flag_of(server, "answers_304") ? "; answers 304 when nothing is new" : "; does not answer 304";
  }
  line("validators", validators.empty() ? "none" : validators);
  const std::string coding = text_of(server, "content_encoding");
  const auto sent = base::format_bytes(static_cast<std::uint64_t>(number_of(server, "bytes_sent")));
  const auto bytes = base::format_bytes(static_cast<std::uint64_t>(number_of(document, "bytes")));
  line("compression", coding.empty() ? "none (" + sent + ")" : fmt::format("{} ({} for {})", coding, sent, bytes));
  line("encryption", flag_of(server, "tls") ? "TLS" : "none");
}

void print_report(const json::object& report) {
  fmt::print("{}\n", coloured(Colour::kBold, printable(text_of(report, "url"))));
  const auto& document = object_of(report, "document");
  if (report.contains("server")) print_server(object_of(report, "server"), document);
  if (!document.empty()) {
    line("document", fmt::format("{}, \"{}\", {} items", text_of(document, "format"), text_of(document, "title"),
                                 number_of(document, "items")));
  }
  if (const auto& enclosure = object_of(report, "enclosure"); enclosure.contains("ranges")) {
    line("resumable", yes_or_no(flag_of(enclosure, "ranges")));
  }
  for (const auto& value : array_of(report, "findings")) {
    const auto& finding = value.get_object();
    const std::string level = text_of(finding, "level");
    const Colour colour = level == "error" ? Colour::kRed : level == "warning" ? Colour::kYellow : Colour::kDim;
    fmt::print("{} {}\n", coloured(colour, fmt::format("{:<12}", level)), printable(text_of(finding, "text")));
  }
  const auto& poll = object_of(report, "poll");
  if (const auto at = text_of(poll, "next_poll_at"); !at.empty()) {
    line(flag_of(report, "subscribed") ? "next check" : "would check", local_time(at));
  }
  for (const auto& value : array_of(poll, "reasons")) {
    const auto& reason = value.get_object();
    fmt::print("{:<12}   {:>9}  {}: {}\n", "",
               base::format_duration(std::chrono::seconds(number_of(reason, "seconds"))), text_of(reason, "kind"),
               printable(text_of(reason, "text")));
  }
}

// Of a feed that is not subscribed to: as if this had been its first poll, the random part left out.
json::object would_be_polled(const Checkup& checkup, const config::FeedSettings& settings, base::WallTime now) {
  scheduler::PollOutcome outcome;
  outcome.max_age = checkup.answer->max_age;
  outcome.hints = checkup.feed->hints;
  std::vector<base::WallTime> releases;
  for (const auto& item : checkup.feed->items) {
    if (item.published) releases.push_back(*item.published);
  }
  outcome.rhythm = scheduler::rhythm_of(std::move(releases), outcome.hints, now);
  const auto plan = scheduler::plan_poll({settings.interval, settings.max_interval, 0}, outcome, now, 0);
  return {{"next_poll_at", base::format_rfc3339(plan.at)}, {"reasons", scheduler::reasons_document(plan.reasons)}};
}

}  // namespace

int run_doctor(const Globals& globals, const DoctorArgs& args) {
  const auto settings = settings_or_complain(globals);
  if (!settings) return kFailure;
  const std::string address = feeds::feed_address(args.feed);
  const auto url = base::parse_url(address);
  const bool is_address = url && (url->scheme == "http" || url->scheme == "https");

  // What is subscribed is looked for by name and address; an address need not be.
  db::FeedRow row;
  row.url = address;
  json::object poll;
  int exit_code = kOk;
  {
    const auto api = open_api(globals, exit_code);
    if (!api) return exit_code;
    const auto known = api->call("GET", "feeds");
    if (!known.ok()) return known.exit_code;
    const auto& list = array_of(known.document, "feeds");
    const auto same = [&](const json::value& value) {
      const auto& feed = value.get_object();
      return is_address ? base::canonical_url(text_of(feed, "url")) == base::canonical_url(address)
                        : db::slug(text_of(feed, "name")) == db::slug(args.feed) ||
                              std::to_string(number_of(feed, "id")) == args.feed;
    };
    const auto found = std::find_if(list.begin(), list.end(), same);
    if (found != list.end()) {
      const auto& feed = found->get_object();
      row.url = text_of(feed, "url");
      row.name = text_of(feed, "name");
      for (const auto& tag : array_of(feed, "tags")) row.tags.emplace_back(tag.get_string());
      poll["next_poll_at"] = text_of(feed, "next_poll_at");
      poll["reasons"] = array_of(feed, "poll_reasons");
    } else if (!is_address) {
      complain("there is no feed \"" + args.feed + "\", and it is not an address");
      return kNotFound;
    }
  }

  const auto own = settings->for_feed(row);
  feeds::FetchRequest request;
  request.url = row.url;
  request.user_agent = own.user_agent;
  request.ca_file = own.ca_file;
  request.allow_private = own.allow_private;
  request.deadline = settings->config.poll.deadline;
  if (const auto credentials = scheduler::credentials_of(own)) {
    request.credentials = *credentials;
  }
  const base::WallTime now = base::SystemClock().now();
  const Checkup checkup = check_up(std::move(request), now);
  json::object report = to_document(checkup);
  report["url"] = base::redact_url(row.url);
  report["subscribed"] = !row.name.empty();
  if (row.name.empty() && checkup.readable()) poll = would_be_polled(checkup, own, now);
  report["poll"] = std::move(poll);
  if (globals.json) {
    print_json(report);
  } else {
    print_report(report);
  }
  return checkup.readable() ? kOk : kFailure;
}

}  // namespace podswarm::app
