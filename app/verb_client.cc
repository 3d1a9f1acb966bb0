// `podswarm client`: players that may read the served library, each by addresses of its own.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"

namespace podswarm::app {

namespace {

void warn_where_off(const ApiAnswer& answer) {
  if (flag_of(answer.document, "serving")) return;
  complain("nothing is served yet: set enabled = true in [serve] and start the daemon anew");
}

}  // namespace

int run_client_add(const Globals& globals, const ClientArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("POST", "clients", {{"name", args.name}});
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  if (!globals.quiet) {
    fmt::print("Give one of these to {}. They are not shown again; whoever has one can read the library.\n\n",
               printable(text_of(object_of(answer.document, "client"), "name")));
  }
  Table table({"WHAT", "ADDRESS"});
  table.add({"everything", text_of(answer.document, "all")});
  for (const auto& value : array_of(answer.document, "feeds")) {
    const auto& feed = value.get_object();
    table.add({text_of(feed, "name"), text_of(feed, "url")});
  }
  table.add({"all feeds as a list (OPML)", text_of(answer.document, "opml")});
  table.print();
  warn_where_off(answer);
  return kOk;
}

int run_client_list(const Globals& globals) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "clients");
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  Table table({"CLIENT", "ADDED", "LAST SEEN"});
  for (const auto& value : array_of(answer.document, "clients")) {
    const auto& client = value.get_object();
    const auto seen = local_time(text_of(client, "last_seen_at"));
    table.add({text_of(client, "name"), local_time(text_of(client, "added_at")), seen.empty() ? "never" : seen});
  }
  if (table.empty()) {
    fmt::print("No clients; `podswarm client add NAME` makes one.\n");
    return kOk;
  }
  table.print();
  warn_where_off(answer);
  return kOk;
}

int run_client_rm(const Globals& globals, const ClientArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("DELETE", "clients/" + args.name);
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
  } else if (!globals.quiet) {
    fmt::print("{}: its addresses lead nowhere any more\n", printable(text_of(answer.document, "removed")));
  }
  return kOk;
}

}  // namespace podswarm::app
