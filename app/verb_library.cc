// Verbs about what is in the library: star, played, mark, delete, tidy, rename.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/units.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

// All well, nothing well, or something in between.
int exit_code_of(std::size_t good, std::size_t bad) {
  return bad == 0 ? kOk : good == 0 ? kFailure : kPartial;
}

void complain_of_each(const json::array& messages) {
  for (const auto& message : messages) complain(std::string(message.get_string()));
}

void append(json::array& to, const json::array& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string bytes_text(std::int64_t bytes) {
  return base::format_bytes(static_cast<std::uint64_t>(bytes));
}

}  // namespace

int run_mark(const Globals& globals, const std::string& mark, const MarkArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer =
      api->call("POST", mark, {{"episodes", json::array(args.ids.begin(), args.ids.end())}, {"off", args.off}});
  if (!answer.ok()) return answer.exit_code;
  const auto& marked = array_of(answer.document, "marked");
  const auto& unchanged = array_of(answer.document, "unchanged");
  if (globals.json) {
    print_json(answer.document);
  } else {
    for (const auto& id : unchanged) {
      complain(fmt::format("episode {} {}", id.to_number<std::int64_t>(),
                           args.off ? "was not marked as seen" : "has been downloaded already"));
    }
    if (!globals.quiet) {
      const char* what = mark == "star" ? "starred" : mark == "played" ? "played" : "seen";
      fmt::print("{} {}{}\n", marked.size(), args.off ? "not " : "", what);
    }
  }
  return exit_code_of(marked.size(), unchanged.size());
}

int run_delete(const Globals& globals, const IdsArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("POST", "delete", {{"episodes", json::array(args.ids.begin(), args.ids.end())}});
  if (!answer.ok()) return answer.exit_code;
  const auto& deleted = array_of(answer.document, "deleted");
  const auto& nothing = array_of(answer.document, "nothing_there");
  const auto& failed = array_of(answer.document, "failed");
  if (globals.json) {
    print_json(answer.document);
  } else {
    for (const auto& id : nothing)
      complain(fmt::format("episode {} has no file in the library", id.to_number<std::int64_t>()));
    complain_of_each(failed);
    if (!globals.quiet) fmt::print("{} deleted\n", deleted.size());
  }
  return exit_code_of(deleted.size(), nothing.size() + failed.size());
}

int run_tidy(const Globals& globals, const TidyArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  json::array deleted;
  json::array failed;
  std::int64_t bytes = 0;
  // Each call does a part of what there is to do.
  for (bool more = true; more;) {
    const auto answer = api->call(
        "POST", "tidy", {{"feeds", json::array(args.feeds.begin(), args.feeds.end())}, {"dry_run", args.dry_run}});
    if (!answer.ok()) return answer.exit_code;
    append(deleted, array_of(answer.document, "deleted"));
    failed = array_of(answer.document, "failed");
    bytes += number_of(answer.document, "bytes");
    more = flag_of(answer.document, "more");
  }
  const int result = exit_code_of(deleted.size(), failed.size());
  if (globals.json) {
    print_json(json::object{{"dry_run", args.dry_run},
                            {"bytes", bytes},
                            {"deleted", std::move(deleted)},
                            {"failed", std::move(failed)}});
    return result;
  }
  complain_of_each(failed);
  if (globals.quiet) return result;
  Table table({"ID", "SIZE", "FEED", "TITLE", "WHY"});
  for (const auto& value : deleted) {
    const auto& episode = value.get_object();
    table.add({std::to_string(number_of(episode, "episode")), bytes_text(number_of(episode, "size")),
               text_of(episode, "feed"), text_of(episode, "title"), text_of(episode, "reason")});
  }
  if (!table.empty()) table.print();
  if (deleted.empty()) {
    fmt::print("Nothing is beyond its bounds.\n");
  } else {
    fmt::print("{} {}, {}\n", deleted.size(), args.dry_run ? "would be deleted" : "deleted", bytes_text(bytes));
  }
  return result;
}

int run_rename(const Globals& globals, const TidyArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  json::array renamed;
  json::array kept;
  json::array failed;
  for (bool more = true; more;) {
    const auto answer = api->call(
        "POST", "rename", {{"feeds", json::array(args.feeds.begin(), args.feeds.end())}, {"dry_run", args.dry_run}});
    if (!answer.ok()) return answer.exit_code;
    append(renamed, array_of(answer.document, "renamed"));
    kept = array_of(answer.document, "kept");
    failed = array_of(answer.document, "failed");
    more = flag_of(answer.document, "more");
  }
  const int result = exit_code_of(renamed.size(), failed.size());
  if (globals.json) {
    print_json(json::object{{"dry_run", args.dry_run},
                            {"renamed", std::move(renamed)},
                            {"kept", std::move(kept)},
                            {"failed", std::move(failed)}});
    return result;
  }
  for (const auto& value : failed) complain(text_of(value.get_object(), "reason"));
  if (globals.quiet) return result;
  for (const auto& value : kept) {
    const auto& entry = value.get_object();
    fmt::print("{}\n  stays as it is: {}\n", printable(text_of(entry, "from")), text_of(entry, "reason"));
  }
  for (const auto& value : renamed) {
    const auto& entry = value.get_object();
    fmt::print("{}\n  -> {}\n", printable(text_of(entry, "from")), printable(text_of(entry, "to")));
  }
  if (renamed.empty()) {
    fmt::print("Every name is as the templates say.\n");
  } else {
    fmt::print("{} {}\n", renamed.size(), args.dry_run ? "would be renamed" : "renamed");
  }
  return result;
}

}  // namespace podswarm::app
