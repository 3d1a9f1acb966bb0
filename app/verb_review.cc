// `podswarm review`: episodes that wait for a person: a rule could not tell, or they look like known ones.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"

namespace podswarm::app {

namespace {

int list_held(const Globals& globals, Api& api, const std::string& feed) {
  std::map<std::string, std::string, std::less<>> query{{"state", "held"}, {"limit", "10000"}};
  if (!feed.empty()) query["feed"] = feed;
  const auto answer = api.call("GET", "episodes", {}, std::move(query));
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  Table table({"ID", "FEED", "TITLE", "WHY"});
  for (const auto& value : array_of(answer.document, "episodes")) {
    const auto& episode = value.get_object();
    table.add({std::to_string(number_of(episode, "id")), text_of(episode, "feed"), text_of(episode, "title"),
               text_of(object_of(episode, "decision"), "reason")});
  }
  if (table.empty()) {
    fmt::print("Nothing waits for review.\n");
  } else {
    table.print();
  }
  return kOk;
}

}  // namespace

int run_review(const Globals& globals, const ReviewArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  if (!args.accept && !args.reject) return list_held(globals, *api, args.feed);
  const auto answer =
      api->call("POST", "review", {{"feed", args.feed}, {"verdict", args.accept ? "accept" : "reject"}});
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
  } else if (!globals.quiet) {
    const auto count = array_of(answer.document, "reviewed").size();
    if (args.accept) {
      fmt::print("{} accepted, {} queued\n", count, number_of(answer.document, "queued"));
    } else {
      fmt::print("{} rejected\n", count);
    }
  }
  return kOk;
}

}  // namespace podswarm::app
