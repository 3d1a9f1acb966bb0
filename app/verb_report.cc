// `podswarm report`: what came, what did not and why, and what happens next; to be read at breakfast.

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <functional>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/units.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

std::string bytes_text(const json::object& object, std::string_view key) {
  return base::format_bytes(static_cast<std::uint64_t>(number_of(object, key)));
}

std::string duration_text(std::int64_t seconds) {
  return seconds > 0 ? base::format_duration(std::chrono::seconds(seconds)) : std::string();
}

// Entries below the name of their feed, feeds in the order in which they come up.
void print_by_feed(const json::array& entries, const std::function<void(const json::object&)>& print) {
  std::vector<std::string> feeds;
  for (const auto& value : entries) {
    auto name = text_of(value.get_object(), "feed");
    if (std::find(feeds.begin(), feeds.end(), name) == feeds.end()) feeds.push_back(std::move(name));
  }
  for (const auto& feed : feeds) {
    fmt::print("  {}\n", coloured(Colour::kBold, printable(feed)));
    for (const auto& value : entries) {
      if (text_of(value.get_object(), "feed") == feed) print(value.get_object());
    }
  }
}

void print_heading(Colour colour, const std::string& text) {
  fmt::print("\n{}\n", coloured(colour, text));
}

void print_done(const json::object& report) {
  const auto& totals = object_of(report, "totals");
  if (number_of(totals, "done") == 0) return print_heading(Colour::kNone, "Nothing came.");
  const auto length = duration_text(number_of(totals, "duration"));
  print_heading(Colour::kGreen, fmt::format("{} came, {}{}", number_of(totals, "done"), bytes_text(totals, "bytes"),
                                            length.empty() ? "" : ", " + length));
  print_by_feed(array_of(report, "done"), [](const json::object& entry) {
    const auto length_of_one = duration_text(number_of(entry, "duration"));
    fmt::print("    {}  ({}{})\n", printable(text_of(entry, "title")),
               length_of_one.empty() ? "" : length_of_one + ", ", bytes_text(entry, "size"));
    if (const auto path = text_of(entry, "path"); !path.empty()) {
      fmt::print("      {}\n", coloured(Colour::kDim, printable(path)));
    }
  });
}

std::string what_next(const json::object& entry) {
  if (flag_of(entry, "given_up")) {
    return fmt::format("given up; `podswarm retry {}` tries it again", number_of(entry, "episode"));
  }
  if (flag_of(entry, "paused")) return "paused";
  const auto next = local_time(text_of(entry, "next_try_at"));
  return next.empty() ? "to be tried again" : "next try " + next;
}

void print_failed(const json::object& report) {
  const auto& entries = array_of(report, "failed");
  if (entries.empty()) return;
  const auto given_up = number_of(object_of(report, "totals"), "given_up");
  print_heading(Colour::kRed,
                fmt::format("{} failed{}", entries.size(), given_up > 0 ? fmt::format(", {} given up", given_up) : ""));
  print_by_feed(entries, [](const json::object& entry) {
    fmt::print("    {}\n      {}\n      {}\n", printable(text_of(entry, "title")), printable(text_of(entry, "error")),
               what_next(entry));
  });
}

// Entries that have a reason, and perhaps a time when they are looked at again.
void print_decided(const json::object& report, const char* key, Colour colour, const std::string& what) {
  const auto& entries = array_of(report, key);
  if (entries.empty()) return;
  print_heading(colour, fmt::format("{} {}", number_of(object_of(report, "totals"), key), what));
  print_by_feed(entries, [](const json::object& entry) {
    fmt::print("    {}\n", printable(text_of(entry, "title")));
    std::string reason = text_of(entry, "reason");
    if (const auto again = local_time(text_of(entry, "review_at")); !again.empty()) {
      reason += (reason.empty() ? "" : "; ") + ("looked at again " + again);
    }
    if (!reason.empty()) fmt::print("      {}\n", coloured(Colour::kDim, printable(reason)));
  });
}

void print_feeds(const json::object& report) {
  const auto& feeds = array_of(report, "feeds");
  if (feeds.empty()) return;
  print_heading(Colour::kYellow, fmt::format("{} feeds in trouble", feeds.size()));
  for (const auto& value : feeds) {
    const auto& feed = value.get_object();
    const auto next = local_time(text_of(feed, "next_poll_at"));
    fmt::print("  {}\n    {}\n    {}\n", coloured(Colour::kBold, printable(text_of(feed, "feed"))),
               printable(text_of(feed, "error")),
               flag_of(feed, "stopped") ? "not asked any more"
               : next.empty()           ? "asked again soon"
                                        : "asked again " + next);
  }
}

void print_report(const json::object& report) {
  fmt::print("{} to {}\n", local_time(text_of(report, "since")), local_time(text_of(report, "until")));
  print_done(report);
  print_failed(report);
  print_decided(report, "held", Colour::kYellow, "wait for you: `podswarm review`");
  print_decided(report, "notified", Colour::kCyan, "that a rule wants you to know of");
  print_decided(report, "deferred", Colour::kNone, "put off");
  print_decided(report, "skipped", Colour::kNone, "not wanted");
  print_decided(report, "deleted", Colour::kNone, "deleted from the library");
  print_feeds(report);
  const auto& totals = object_of(report, "totals");
  if (const auto queued = number_of(totals, "queued"); queued > 0) {
    print_heading(Colour::kNone,
                  fmt::format("{} in the queue, at least {} to come", queued, bytes_text(totals, "queued_bytes")));
  }
}

}  // namespace

int run_report(const Globals& globals, const ReportArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "report", {}, {{"since", args.since}});
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
  } else {
    print_report(answer.document);
  }
  return kOk;
}

}  // namespace podswarm::app
