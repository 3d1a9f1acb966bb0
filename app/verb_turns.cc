// Verbs about whose turn it is: queue, pause, resume, schedule.

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/units.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

std::string size_text(const json::object& download) {
  const auto done = static_cast<std::uint64_t>(number_of(download, "bytes_done"));
  const auto total = static_cast<std::uint64_t>(number_of(download, "bytes_total"));
  if (total == 0) return done == 0 ? "" : base::format_bytes(done);
  return (done == 0 ? "" : base::format_bytes(done) + " of ") + base::format_bytes(total);
}

void print_queue(const json::object& queue) {
  if (const auto obstacle = text_of(queue, "obstacle"); !obstacle.empty()) {
    fmt::print("{}\n", coloured(Colour::kYellow, printable(obstacle)));
  }
  if (const auto done_by = text_of(queue, "done_by"); !done_by.empty()) {
    fmt::print("to be done by {}\n", local_time(done_by));
  }
  Table table({"ID", "PRIORITY", "STATE", "SIZE", "FEED", "TITLE", "WAITS FOR"});
  for (const auto& value : array_of(queue, "downloads")) {
    const auto& download = value.get_object();
    std::string why = text_of(download, "why");
    if (const auto next = text_of(download, "next_try_at"); why.starts_with("tried again")) {
      why = "tried again at " + local_time(next);
    }
    if (const auto error = text_of(download, "error"); !error.empty()) why += (why.empty() ? "" : ": ") + error;
    table.add({std::to_string(number_of(download, "episode")), std::to_string(number_of(download, "priority")),
               flag_of(download, "paused") ? "paused" : text_of(download, "state"), size_text(download),
               text_of(download, "feed"), text_of(download, "title"), why});
  }
  if (table.empty()) {
    fmt::print("Nothing is queued.\n");
  } else {
    table.print();
  }
}

// Code and words for what is not in the queue.
int report_not_queued(const Globals& globals, const ApiAnswer& answer, std::size_t done) {
  const auto& not_queued = array_of(answer.document, "not_queued");
  if (globals.json) {
    print_json(answer.document);
  } else {
    for (const auto& id : not_queued) {
      complain(fmt::format("episode {} is not waiting in the queue", id.to_number<std::int64_t>()));
    }
  }
  if (not_queued.empty()) return kOk;
  return done == 0 ? kFailure : kPartial;
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int change_pause(const Globals& globals, const PauseArgs& args, bool pause) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  json::array episodes;
  json::array feeds;
  // Numbers are episodes, as in `show`; feeds go by name or address.
  for (const auto& what : args.what) {
    if (const auto id = number_in(what)) {
      episodes.emplace_back(*id);
    } else {
      feeds.emplace_back(what);
    }
  }
  const auto answer = api->call("POST", pause ? "pause" : "resume", {{"episodes", episodes}, {"feeds", feeds}});
  if (!answer.ok()) return answer.exit_code;
  const auto done = array_of(answer.document, "episodes").size() + array_of(answer.document, "feeds").size();
  if (!globals.json && !globals.quiet) {
    const char* word = pause ? "paused" : "goes on";
    if (flag_of(answer.document, "queue")) fmt::print("the queue {}\n", pause ? "is paused" : "goes on");
    for (const auto& id : array_of(answer.document, "episodes")) {
      fmt::print("episode {} {}\n", id.to_number<std::int64_t>(), word);
    }
    for (const auto& name : array_of(answer.document, "feeds")) {
      fmt::print("{} {}\n", printable(std::string(name.get_string())), word);
    }
  }
  return report_not_queued(globals, answer, done);
}

// "Mon 2026-11-30 01:00", local time.
std::string span_text(const json::object& span, std::string_view begin, std::string_view end) {
  const auto from = local_time(text_of(span, begin));
  const auto until = local_time(text_of(span, end));
  const bool same_day = from.substr(0, 10) == until.substr(0, 10);
  return from + " - " + (same_day ? until.substr(11) : until);
}

void print_windows(const json::array& windows) {
  for (const auto& value : windows) {
    const auto& window = value.get_object();
    const std::string feed = text_of(window, "feed");
    const std::string text = text_of(window, "window");
    fmt::print("{}\n", coloured(Colour::kBold, feed.empty() ? "Window" : "Window of " + printable(feed)));
    if (text.empty() || text == "always") {
      fmt::print("  always open\n");
      continue;
    }
    for (const auto& open : array_of(window, "open")) {
      fmt::print("  {}\n", span_text(open.get_object(), "opens", "closes"));
    }
  }
}

void print_schedule(const json::object& schedule) {
  if (const auto obstacle = text_of(schedule, "obstacle"); !obstacle.empty()) {
    fmt::print("{}\n", coloured(Colour::kYellow, printable(obstacle)));
  }
  print_windows(array_of(schedule, "windows"));
  Table feeds({"FEED", "NEXT CHECK", "CHECKS", "EXPECTED"});
  for (const auto& value : array_of(schedule, "feeds")) {
    const auto& feed = value.get_object();
    const auto& polls = array_of(feed, "polls");
    const auto& expected = array_of(feed, "expected");
    std::string what = expected.empty() ? text_of(feed, "rhythm") : "";
    for (std::size_t i = 0; i < expected.size() && i < 3; ++i) {
      what += (i == 0 ? "" : "; ") + span_text(expected[i].get_object(), "from", "until");
    }
    if (expected.size() > 3) what += fmt::format("; {} more", expected.size() - 3);
    feeds.add({text_of(feed, "feed"), polls.empty() ? "" : local_time(std::string(polls.front().get_string())),
               std::to_string(polls.size()), what});
  }
  if (!feeds.empty()) {
    fmt::print("\n");
    feeds.print();
  }
  Table queue({"STARTS", "DONE", "ID", "FEED", "TITLE"});
  for (const auto& value : array_of(schedule, "queue")) {
    const auto& entry = value.get_object();
    const std::string starts = local_time(text_of(entry, "starts_at"));
    queue.add({starts.empty() ? "later" : starts, local_time(text_of(entry, "done_at")),
               std::to_string(number_of(entry, "episode")), text_of(entry, "feed"), text_of(entry, "title")});
  }
  if (!queue.empty()) {
    fmt::print("\n");
    queue.print();
  }
}

}  // namespace

int run_queue(const Globals& globals, const QueueArgs& args) {
  const bool sets_priority = args.action == "priority";
  const std::size_t least = args.action.empty() ? 0 : sets_priority ? 2 : 1;
  if (args.numbers.size() < least) {
    complain(sets_priority ? "`queue priority` wants a number and episodes"
                           : "`queue " + args.action + "` wants episodes");
    return kUsage;
  }
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  if (args.action.empty()) {
    const auto answer = api->call("GET", "queue");
    if (!answer.ok()) return answer.exit_code;
    if (globals.json) {
      print_json(answer.document);
    } else {
      print_queue(answer.document);
    }
    return kOk;
  }
  const json::array ids(args.numbers.begin() + (sets_priority ? 1 : 0), args.numbers.end());
  const auto answer = sets_priority
                          ? api->call("POST", "queue/priority", {{"episodes", ids}, {"priority", args.numbers.front()}})
                          : api->call("POST", "queue/move", {{"episodes", ids}, {"to", args.action}});
  if (!answer.ok()) return answer.exit_code;
  const auto moved = array_of(answer.document, "moved").size();
  if (!globals.json && !globals.quiet) fmt::print("{} moved\n", moved);
  return report_not_queued(globals, answer, moved);
}

int run_pause(const Globals& globals, const PauseArgs& args) {
  return change_pause(globals, args, true);
}

int run_resume(const Globals& globals, const PauseArgs& args) {
  return change_pause(globals, args, false);
}

int run_schedule(const Globals& globals) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "schedule");
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
  } else {
    print_schedule(answer.document);
  }
  return kOk;
}

}  // namespace podswarm::app
