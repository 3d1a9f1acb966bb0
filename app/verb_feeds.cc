// Verbs about subscriptions: add, rm, list, show, episodes, import, export.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "app/api.h"
#include "app/args.h"
#include "app/document_source.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/charset.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxOpmlBytes = 32u << 20;

// What a check of one feed brought, as a line.
void print_poll(const json::object& poll) {
  const std::string name = printable(text_of(poll, "feed"));
  if (!flag_of(poll, "ok")) {
    complain(name + ": " + text_of(poll, "message"));
    return;
  }
  std::string line = flag_of(poll, "changed")
                         ? fmt::format("{} new, {} wanted", number_of(poll, "new"), number_of(poll, "wanted"))
                         : "nothing new";
  if (const auto skipped = number_of(poll, "skipped"); skipped > 0) line += fmt::format(", {} not wanted", skipped);
  if (const auto backlog = number_of(poll, "backlog"); backlog > 0) line += fmt::format(", {} older", backlog);
  if (const auto held = number_of(poll, "held"); held > 0) line += fmt::format(", {} held", held);
  if (const auto message = text_of(poll, "message"); !message.empty()) line += "; " + printable(message);
  fmt::print("{}: {}\n", name, line);
}

// Which feeds a web page names, of which a person must choose one.
void print_choices(const Globals& globals, const std::string& page, const json::object& poll) {
  const auto& choices = array_of(poll, "choices");
  if (choices.size() < 2 || globals.json || globals.quiet) {
    complain(page + ": " + text_of(poll, "message"));
    return;
  }
  complain(fmt::format("{} is a web page that names {} feeds; add one of them:", page, choices.size()));
  Table table({"TITLE", "ADDRESS"});
  for (const auto& value : choices) {
    table.add({text_of(value.get_object(), "title"), text_of(value.get_object(), "url")});
  }
  table.print();
}

// All well, nothing well, or something in between.
int exit_code_of(std::size_t good, std::size_t bad) {
  return bad == 0 ? kOk : good == 0 ? kFailure : kPartial;
}

std::size_t count_ok(const json::array& reports) {
  std::size_t count = 0;
  for (const auto& report : reports) count += flag_of(report.get_object(), "ok") ? 1 : 0;
  return count;
}

int exit_code_of_polls(const json::array& polls) {
  const std::size_t good = count_ok(polls);
  return exit_code_of(good, polls.size() - good);
}

void print_field(std::string_view label, const std::string& value) {
  if (!value.empty()) fmt::print("{:<12} {}\n", label, printable(value));
}

void print_feed(const json::object& feed) {
  fmt::print("{}\n", coloured(Colour::kBold, printable(text_of(feed, "name"))));
  print_field("title", text_of(feed, "title"));
  print_field("address", text_of(feed, "url"));
  print_field("site", text_of(feed, "site"));
  std::string status = text_of(feed, "status");
  if (const auto reason = text_of(feed, "status_reason"); !reason.empty()) status += " (" + reason + ")";
  print_field("status", status);
  std::string tags;
  for (const auto& tag : array_of(feed, "tags")) tags += (tags.empty() ? "" : ", ") + std::string(tag.get_string());
  print_field("tags", tags);
  print_field("backlog", text_of(feed, "backlog"));
  print_field("last check", local_time(text_of(feed, "last_poll_at")));
  print_field("next check", local_time(text_of(feed, "next_poll_at")));
  if (const auto error = text_of(feed, "last_error"); !error.empty()) {
    print_field("error", fmt::format("{} ({} in a row)", error, number_of(feed, "poll_failures")));
  }
  print_field(
      "episodes",
      fmt::format("{} known, {} done, {} queued, {} failed", number_of(feed, "episodes"), number_of(feed, "done"),
                  number_of(feed, "queued") + number_of(feed, "downloading"), number_of(feed, "failed")));
}

void print_download(const json::object& download) {
  std::string progress = base::format_bytes(static_cast<std::uint64_t>(number_of(download, "bytes_done")));
  if (const auto total = number_of(download, "bytes_total"); total > 0) {
    progress += " of " + base::format_bytes(static_cast<std::uint64_t>(total));
  }
  print_field("source", text_of(download, "kind") + " " + text_of(download, "url"));
  print_field("received", progress);
  if (text_of(download, "via") == "swarm") {
    print_field("swarm", fmt::format("{} peers, {} sent{}", number_of(download, "peers"),
                                     base::format_bytes(static_cast<std::uint64_t>(number_of(download, "uploaded"))),
                                     flag_of(download, "seeding") ? ", seeding" : ""));
  }
  print_field("attempts", std::to_string(number_of(download, "attempts")));
  print_field("error", text_of(download, "error"));
  print_field("next try", local_time(text_of(download, "next_try_at")));
  print_field("finished", local_time(text_of(download, "finished_at")));
}

void print_episode(const json::object& episode) {
  fmt::print("{}\n", coloured(Colour::kBold, printable(text_of(episode, "title"))));
  print_field("feed", text_of(episode, "feed"));
  print_field("published", local_time(text_of(episode, "published_at")));
  if (const auto seconds = number_of(episode, "duration"); seconds > 0) {
    print_field("duration", base::format_duration(std::chrono::seconds(seconds)));
  }
  print_field("state", text_of(episode, "state"));
  print_field("starred", local_time(text_of(episode, "starred_at")));
  print_field("played", local_time(text_of(episode, "played_at")));
  const auto& decision = object_of(episode, "decision");
  std::string why = text_of(decision, "action");
  if (const auto rule = text_of(decision, "rule"); !rule.empty()) why += " by rule \"" + rule + "\"";
  if (const auto reason = text_of(decision, "reason"); !reason.empty()) why += ": " + reason;
  print_field("decision", why);
  if (const auto& download = object_of(episode, "download"); !download.empty()) print_download(download);
  for (const auto& file : array_of(episode, "files")) print_field("file", text_of(file.get_object(), "path"));
  print_field("guid", text_of(episode, "guid"));
  print_field("link", text_of(episode, "link"));
}

// "*" is a star, "p" played.
std::string marks_of(const json::object& episode) {
  return std::string(flag_of(episode, "starred") ? "*" : "") + (flag_of(episode, "played") ? "p" : "");
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

int run_add(const Globals& globals, const AddArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  ProgressLine progress(!globals.quiet && !globals.json);
  json::array results;
  std::size_t failures = 0;
  for (const auto& url : args.urls) {
    json::object body{{"url", url}, {"name", args.name}, {"backlog", args.backlog}};
    body["tags"] = json::array(args.tags.begin(), args.tags.end());
    auto added = api->call("POST", "feeds", body);
    if (!added.ok()) {
      exit_code = added.exit_code;
      ++failures;
      continue;
    }
    const auto job = api->wait_for_job(number_of(added.document, "job"), progress);
    if (!job.ok()) return job.exit_code;
    const auto& polls = array_of(job.document, "polls");
    const auto id = number_of(object_of(added.document, "feed"), "id");
    // A page that names several feeds, or one that is there already, is nothing to stay subscribed to.
    if (!polls.empty() && !array_of(polls.front().get_object(), "choices").empty()) {
      print_choices(globals, url, polls.front().get_object());
      (void)api->call("DELETE", "feeds/" + std::to_string(id));
      results.emplace_back(json::object{{"poll", polls.front()}});
      exit_code = kFailure;
      ++failures;
      continue;
    }
    const auto feed = api->call("GET", "feeds/" + std::to_string(id));
    json::object result{{"feed", object_of(feed.document, "feed")}};
    if (!polls.empty()) result["poll"] = polls.front();
    if (exit_code_of_polls(polls) != kOk) {
      exit_code = kFailure;
      ++failures;
    }
    if (!globals.json && !polls.empty()) {
      const auto& poll = polls.front().get_object();
      if (flag_of(poll, "ok")) {
        if (!globals.quiet) print_poll(poll);
      } else {
        // It stays, for servers come back; whoever has mistyped wants to know how it goes away.
        const std::string name = text_of(object_of(feed.document, "feed"), "name");
        complain(text_of(poll, "message") + " (asked again later; `podswarm rm \"" + name + "\"` ends that)");
      }
    }
    results.emplace_back(std::move(result));
  }
  if (globals.json) print_json(json::object{{"added", std::move(results)}});
  if (failures == 0) return kOk;
  return failures < args.urls.size() ? kPartial : exit_code;
}

int run_rm(const Globals& globals, const RmArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  exit_code = kOk;
  json::array results;
  for (const auto& feed : args.feeds) {
    auto removed = api->call("DELETE", "feeds/" + feed, {}, {{"files", args.delete_files ? "delete" : "keep"}});
    if (!removed.ok()) {
      exit_code = removed.exit_code;
      continue;
    }
    if (!globals.json && !globals.quiet) {
      fmt::print("removed {}; {} files deleted, {} kept\n", printable(text_of(removed.document, "removed")),
                 array_of(removed.document, "deleted").size(), number_of(removed.document, "files_kept"));
    }
    for (const auto& failure : array_of(removed.document, "failed")) {
      complain(std::string(failure.get_string()));
      exit_code = kPartial;
    }
    results.emplace_back(std::move(removed.document));
  }
  if (globals.json) print_json(json::object{{"removed", std::move(results)}});
  return exit_code;
}

int run_list(const Globals& globals) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "feeds");
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  Table table({"NAME", "EPISODES", "DONE", "QUEUED", "FAILED", "LAST CHECK", "STATUS"});
  for (const auto& value : array_of(answer.document, "feeds")) {
    const auto& feed = value.get_object();
    std::string status = text_of(feed, "status");
    if (const auto error = text_of(feed, "last_error"); !error.empty()) status = error;
    table.add({text_of(feed, "name"), std::to_string(number_of(feed, "episodes")),
               std::to_string(number_of(feed, "done")),
               std::to_string(number_of(feed, "queued") + number_of(feed, "downloading")),
               std::to_string(number_of(feed, "failed")), local_time(text_of(feed, "last_poll_at")), status});
  }
  if (table.empty()) {
    fmt::print("No subscriptions yet. Add one with: podswarm add URL\n");
  } else {
    table.print();
  }
  return kOk;
}

int run_show(const Globals& globals, const ShowArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  // Numbers are episodes, as `episodes` prints them; feeds go by name or address.
  const bool episode = is_number(args.what);
  const auto answer = api->call("GET", (episode ? "episodes/" : "feeds/") + args.what);
  if (!answer.ok()) return answer.exit_code;
  const auto& document = object_of(answer.document, episode ? "episode" : "feed");
  if (globals.json) {
    print_json(document);
  } else if (episode) {
    print_episode(document);
  } else {
    print_feed(document);
  }
  return kOk;
}

int run_episodes(const Globals& globals, const EpisodesArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  std::map<std::string, std::string, std::less<>> query{{"limit", std::to_string(args.limit)}};
  if (!args.feed.empty()) query["feed"] = args.feed;
  if (!args.state.empty()) query["state"] = args.state;
  if (!args.tag.empty()) query["tag"] = args.tag;
  if (!args.text.empty()) query["text"] = args.text;
  if (!args.since.empty()) query["since"] = args.since;
  if (args.starred) query["starred"] = "true";
  if (args.played || args.unplayed) query["played"] = args.played ? "true" : "false";
  const auto answer = api->call("GET", "episodes", {}, std::move(query));
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  Table table({"ID", "PUBLISHED", "STATE", "MARK", "FEED", "TITLE"});
  for (const auto& value : array_of(answer.document, "episodes")) {
    const auto& episode = value.get_object();
    table.add({std::to_string(number_of(episode, "id")), local_time(text_of(episode, "published_at")).substr(0, 10),
               text_of(episode, "state"), marks_of(episode), text_of(episode, "feed"), text_of(episode, "title")});
  }
  if (table.empty()) {
    fmt::print("No episodes.\n");
    return kOk;
  }
  table.print();
  const auto shown = static_cast<std::int64_t>(array_of(answer.document, "episodes").size());
  if (const auto total = number_of(answer.document, "total"); total > shown) {
    fmt::print("{}\n", coloured(Colour::kDim, fmt::format("{} of {}; --limit shows more", shown, total)));
  }
  return kOk;
}

int run_check(const Globals& globals, const CheckArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto started = api->call("POST", "check", {{"feeds", json::array(args.feeds.begin(), args.feeds.end())}});
  if (!started.ok()) return started.exit_code;
  ProgressLine progress(!globals.quiet && !globals.json);
  const auto job = api->wait_for_job(number_of(started.document, "job"), progress);
  if (!job.ok()) return job.exit_code;
  const auto& polls = array_of(job.document, "polls");
  if (globals.json) {
    print_json(json::object{{"polls", polls}});
  } else if (!globals.quiet) {
    for (const auto& poll : polls) print_poll(poll.get_object());
  }
  return exit_code_of_polls(polls);
}

int run_fetch(const Globals& globals, const FetchArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code, true);
  if (!api) return exit_code;
  const auto started = api->call(
      "POST", "fetch", {{"feeds", json::array(args.feeds.begin(), args.feeds.end())}, {"window", args.window}});
  if (!started.ok()) return started.exit_code;
  ProgressLine progress(!globals.quiet && !globals.json);
  const auto job = api->wait_for_job(number_of(started.document, "job"), progress);
  if (!job.ok()) return job.exit_code;
  const auto& polls = array_of(job.document, "polls");
  const auto& downloads = array_of(job.document, "downloads");
  const std::string obstacle = text_of(job.document, "obstacle");
  if (globals.json) {
    print_json(json::object{{"polls", polls}, {"downloads", downloads}, {"obstacle", obstacle}});
  } else {
    for (const auto& poll : polls) {
      if (!flag_of(poll.get_object(), "ok") || !globals.quiet) print_poll(poll.get_object());
    }
    for (const auto& value : downloads) {
      const auto& download = value.get_object();
      const bool ok = flag_of(download, "ok");
      if (ok && globals.quiet) continue;
      fmt::print("{} {}: {}{}\n", ok ? coloured(Colour::kGreen, "got") : coloured(Colour::kRed, "failed"),
                 printable(text_of(download, "title")), printable(text_of(download, "message")),
                 flag_of(download, "will_retry") ? " (will be tried again)" : "");
    }
    if (!obstacle.empty()) complain(obstacle);
  }
  const std::size_t good = count_ok(polls) + count_ok(downloads);
  const std::size_t bad = polls.size() + downloads.size() - good + (obstacle.empty() ? 0 : 1);
  return exit_code_of(good, bad);
}

int run_import(const Globals& globals, const FileArgs& args) {
  int exit_code = 0;
  const auto document = read_document(globals, args.file, kMaxOpmlBytes, exit_code);
  if (!document) return exit_code;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  // JSON is UTF-8; what the list was served as is known here alone.
  feeds::DecodedText decoded;
  feeds::decode_text(document->text, document->content_type, decoded);
  const auto answer = api->call("POST", "import", {{"opml", decoded.view}, {"url", document->url}});
  if (!answer.ok()) return answer.exit_code;
  ProgressLine progress(!globals.quiet && !globals.json);
  json::object result = answer.document;
  if (const auto job_id = number_of(answer.document, "job"); job_id != 0) {
    const auto job = api->wait_for_job(job_id, progress);
    if (!job.ok()) return job.exit_code;
    result["polls"] = array_of(job.document, "polls");
  }
  const auto& failed = array_of(result, "failed");
  for (const auto& repair : array_of(result, "repairs")) complain(std::string(repair.get_string()));
  if (globals.json) {
    print_json(result);
  } else {
    for (const auto& failure : failed) {
      complain(text_of(failure.get_object(), "url") + ": " + text_of(failure.get_object(), "message"));
    }
    if (!globals.quiet) {
      for (const auto& poll : array_of(result, "polls")) print_poll(poll.get_object());
      fmt::print("{} added, {} known already, {} not usable\n", array_of(result, "added").size(),
                 array_of(result, "known").size(), failed.size());
    }
  }
  if (!failed.empty()) return array_of(result, "added").empty() ? kFailure : kPartial;
  return exit_code_of_polls(array_of(result, "polls")) == kOk ? kOk : kPartial;
}

int run_export(const Globals& globals, const FileArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "export");
  if (!answer.ok()) return answer.exit_code;
  const std::string opml = text_of(answer.document, "opml");
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  if (args.file == "-") {
    fmt::print("{}", opml);
    return kOk;
  }
  const auto written = base::write_file_atomically(args.file, opml);
  if (written) return kOk;
  complain(written.error().message);
  return kFailure;
}

}  // namespace podswarm::app
