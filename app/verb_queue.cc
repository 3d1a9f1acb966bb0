// Verbs about the queue and what stands behind it: status, retry, skip, config.

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

std::string bytes_text(const json::object& object, std::string_view key) {
  return base::format_bytes(static_cast<std::uint64_t>(number_of(object, key)));
}

void print_status(const json::object& status) {
  fmt::print("{}\n", flag_of(status, "daemon")       ? coloured(Colour::kGreen, "The daemon is running.")
                     : number_of(status, "jobs") > 0 ? coloured(Colour::kGreen, "A fetch is running.")
                                                     : "No daemon is running; `podswarm run` starts it.");
  const auto& counts = object_of(status, "downloads");
  fmt::print("{} feeds; {} done, {} downloading, {} queued, {} failed\n", number_of(status, "feeds"),
             number_of(counts, "done"), number_of(counts, "downloading"), number_of(counts, "queued"),
             number_of(counts, "failed"));
  fmt::print("library {}\n", printable(text_of(status, "library")));
  if (const auto window = text_of(status, "window"); !window.empty()) fmt::print("window  {}\n", window);
  if (const auto obstacle = text_of(status, "obstacle"); !obstacle.empty()) {
    fmt::print("{}\n", coloured(Colour::kYellow, printable(obstacle)));
  }
  if (flag_of(status, "daemon")) {
    if (const auto next = text_of(status, "next_poll_at"); !next.empty())
      fmt::print("next check {}\n", local_time(next));
  }
  Table table({"STATE", "DONE", "PIECES", "PEERS", "DOWN", "UP", "LEFT", "TITLE"});
  for (const auto& value : array_of(status, "live")) {
    const auto& live = value.get_object();
    const auto total = number_of(live, "bytes_total");
    std::string title = text_of(live, "title");
    if (title.empty()) title = text_of(live, "name");
    const auto pieces = number_of(live, "pieces_total");
    // Web seeds are sources like peers.
    const auto peers = number_of(live, "peers") + number_of(live, "web_seeds");
    table.add({text_of(live, "state"),
               bytes_text(live, "bytes_done") + (total > 0 ? " of " + bytes_text(live, "bytes_total") : ""),
               pieces > 0 ? fmt::format("{}/{}", number_of(live, "pieces_done"), pieces) : "", std::to_string(peers),
               bytes_text(live, "down_rate") + "/s", bytes_text(live, "up_rate") + "/s",
               live.contains("eta_seconds")
                   ? base::format_duration(std::chrono::seconds(number_of(live, "eta_seconds")))
                   : "",
               title});
  }
  if (!table.empty()) table.print();
}

int report_ids(const Globals& globals, const ApiAnswer& answer, std::string_view key, std::string_view what) {
  if (!answer.ok()) return answer.exit_code;
  const auto& impossible = array_of(answer.document, "nothing_to_fetch");
  const auto& there = array_of(answer.document, "already_there");
  if (globals.json) {
    print_json(answer.document);
  } else {
    for (const auto& id : impossible)
      complain(fmt::format("episode {} has nothing to fetch", id.to_number<std::int64_t>()));
    if (!globals.quiet) fmt::print("{} {}\n", array_of(answer.document, key).size(), what);
  }
  if (impossible.empty() && there.empty()) return kOk;
  return array_of(answer.document, key).empty() ? kFailure : kPartial;
}

}  // namespace

int run_status(const Globals& globals) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "status");
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
  } else {
    print_status(answer.document);
  }
  return kOk;
}

int run_retry(const Globals& globals, const IdsArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const json::array ids(args.ids.begin(), args.ids.end());
  return report_ids(globals, api->call("POST", "retry", {{"episodes", ids}}), "queued",
                    api->is_daemon() ? "queued" : "queued; the daemon or `podswarm fetch` downloads them");
}

int run_skip(const Globals& globals, const IdsArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const json::array ids(args.ids.begin(), args.ids.end());
  return report_ids(globals, api->call("POST", "skip", {{"episodes", ids}}), "skipped", "skipped");
}

int run_config_check(const Globals& globals, const FileArgs& args) {
  const auto defaults = config::default_paths();
  std::optional<std::filesystem::path> file = globals.config;
  if (!args.file.empty()) file = args.file;
  if (!file && !std::filesystem::exists(defaults.config_file)) {
    if (globals.json) return print_problems(globals, defaults.config_file.string(), {});
    if (!globals.quiet) fmt::print("{}: not there; the defaults hold\n", defaults.config_file.string());
    return kOk;
  }
  return print_problems(globals, file.value_or(defaults.config_file).string(), scheduler::load_settings(file).problems);
}

int run_config_path(const Globals& globals) {
  const auto settings = settings_or_complain(globals);
  if (!settings) return kFailure;
  const auto library = config::expand_home(settings->config.general.library_dir);
  if (globals.json) {
    print_json(json::object{{"config", settings->paths.config_file.string()},
                            {"data", settings->paths.data_dir.string()},
                            {"library", library.string()}});
  } else {
    fmt::print("config   {}\ndata     {}\nlibrary  {}\n", settings->paths.config_file.string(),
               settings->paths.data_dir.string(), library.string());
  }
  return kOk;
}

}  // namespace podswarm::app
