// `podswarm adopt`: takes over a folder of episodes that came some other way.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <system_error>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

void print_adopted(const json::array& adopted) {
  Table table({"ID", "FEED", "TITLE", "FILE", "BY"});
  for (const auto& value : adopted) {
    const auto& entry = value.get_object();
    const std::string moved = text_of(entry, "moved_to");
    table.add({std::to_string(number_of(entry, "episode")), text_of(entry, "feed"), text_of(entry, "title"),
               moved.empty() ? text_of(entry, "file") : moved, text_of(entry, "reason")});
  }
  if (!table.empty()) table.print();
}

void print_ambiguous(const json::array& ambiguous) {
  for (const auto& value : ambiguous) {
    const auto& entry = value.get_object();
    fmt::print("{}: {}:\n", printable(text_of(entry, "file")), text_of(entry, "reason"));
    for (const auto& candidate : array_of(entry, "candidates")) {
      const auto& episode = candidate.get_object();
      fmt::print("  {}  {}: {}\n", number_of(episode, "episode"), printable(text_of(episode, "feed")),
                 printable(text_of(episode, "title")));
    }
  }
}

void print_files(const json::array& files) {
  for (const auto& value : files) {
    const auto& entry = value.get_object();
    fmt::print("{}: {}\n", printable(text_of(entry, "file")), text_of(entry, "reason"));
  }
}

}  // namespace

int run_adopt(const Globals& globals, const AdoptArgs& args) {
  std::error_code error;
  // The daemon's working folder is another one.
  const auto folder = std::filesystem::absolute(args.folder, error).lexically_normal();
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call_patiently(
      "adopt", {{"folder", folder.string()}, {"feed", args.feed}, {"move", args.move}, {"dry_run", args.dry_run}});
  if (!answer.ok()) return answer.exit_code;
  const auto& adopted = array_of(answer.document, "adopted");
  const auto& ambiguous = array_of(answer.document, "ambiguous");
  const auto& unknown = array_of(answer.document, "unknown");
  const auto& there = array_of(answer.document, "already_there");
  const auto& failed = array_of(answer.document, "failed");
  const auto& passed_over = array_of(answer.document, "passed_over");
  if (globals.json) {
    print_json(answer.document);
  } else {
    for (const auto* messages : {&failed, &passed_over}) {
      for (const auto& message : *messages) complain(std::string(message.get_string()));
    }
    if (!globals.quiet) {
      print_adopted(adopted);
      print_ambiguous(ambiguous);
      print_files(there);
      print_files(unknown);
      fmt::print("{} {}, {} ambiguous, {} unknown, {} in the library already\n", adopted.size(),
                 args.dry_run ? "would be adopted" : "adopted", ambiguous.size(), unknown.size(),
                 there.size() + static_cast<std::size_t>(number_of(answer.document, "known")));
    }
  }
  return failed.empty() && ambiguous.empty() && passed_over.empty() ? kOk : kPartial;
}

}  // namespace podswarm::app
