// `podswarm rules`: what is in force, what is wrong with a file, why an episode is as it is, and rules of another
// program as ours. `rules test` has a file of its own.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/api.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "feeds/rules/rule_set.h"
#include "feeds/rules/qbittorrent_import.h"
#include "feeds/rules/toml_writer.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxImportBytes = 16u << 20;

void print_trace(const json::object& rule) {
  fmt::print("\n{} ({}{}) {}\n", coloured(Colour::kBold, printable(text_of(rule, "rule"))), text_of(rule, "action"),
             flag_of(rule, "enabled") ? "" : ", off", printable(text_of(rule, "outcome")));
  for (const auto& value : array_of(rule, "predicates")) {
    const auto& row = value.get_object();
    const std::string truth = text_of(row, "truth");
    const Colour colour = truth == "true" ? Colour::kGreen : truth == "false" ? Colour::kRed : Colour::kYellow;
    std::string line = fmt::format("{:<6} {}:{}:{} {}", text_of(row, "clause"), text_of(rule, "file"),
                                   number_of(row, "line"), number_of(row, "column"), text_of(row, "text"));
    if (const auto actual = text_of(row, "actual"); !actual.empty()) line += "  [" + actual + "]";
    if (const auto matched = text_of(row, "matched"); !matched.empty()) line += "  matched \"" + matched + "\"";
    fmt::print("  {} {}\n", coloured(colour, fmt::format("{:<7}", truth)), printable(line));
  }
}

}  // namespace

int run_rules_list(const Globals& globals) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", "rules");
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  Table table({"RULE", "ACTION", "PRIORITY", "FEEDS", "WHERE IT STANDS"});
  for (const auto& value : array_of(answer.document, "rules")) {
    const auto& rule = value.get_object();
    std::string feeds;
    for (const auto& feed : array_of(rule, "feeds"))
      feeds += (feeds.empty() ? "" : ", ") + std::string(feed.get_string());
    table.add({text_of(rule, "id"), text_of(rule, "action") + (flag_of(rule, "enabled") ? "" : " (off)"),
               std::to_string(number_of(rule, "priority")), feeds,
               fmt::format("{}:{}", text_of(rule, "file"), number_of(rule, "line"))});
  }
  if (table.empty()) {
    fmt::print("No rules: every new episode is wanted.\n");
  } else {
    table.print();
  }
  for (const auto& value : array_of(answer.document, "rules")) {
    const auto& rule = value.get_object();
    for (const auto& warning : array_of(rule, "warnings")) {
      complain(fmt::format("rule \"{}\": {}", text_of(rule, "id"), std::string_view(warning.get_string())));
    }
  }
  return kOk;
}

int run_rules_check(const Globals& globals, const FileArgs& args) {
  return print_problems(globals, args.file, scheduler::load_rules(args.file).problems);
}

int run_rules_explain(const Globals& globals, const ExplainArgs& args) {
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("GET", fmt::format("episodes/{}/explain", args.episode));
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  const auto& episode = object_of(answer.document, "episode");
  const auto& decided = object_of(episode, "decision");
  const auto& decision = object_of(answer.document, "decision");
  fmt::print("{}\n", coloured(Colour::kBold, printable(text_of(episode, "title"))));
  fmt::print("then  {}: {}\n", text_of(decided, "action"), printable(text_of(decided, "reason")));
  fmt::print("now   {}: {}\n", text_of(decision, "decision"), printable(text_of(decision, "reason")));
  if (!flag_of(answer.document, "fetchable")) {
    fmt::print("      but there is nothing to download, and so the rules are not asked\n");
  }
  for (const auto& rule : array_of(answer.document, "rules")) print_trace(rule.get_object());
  return kOk;
}

int run_rules_import(const Globals& globals, const RulesImportArgs& args) {
  const auto text = base::read_file(args.file == "-" ? "/dev/stdin" : args.file, kMaxImportBytes);
  if (!text) {
    complain(text.error().message);
    return text.error().code == base::FileError::kNotFound ? kNotFound : kFailure;
  }
  const auto imported = rules::import_qbittorrent(*text, args.file);
  if (!imported) {
    complain(args.file + ": " + imported.error().message);
    return kFailure;
  }
  const std::string toml = rules::to_toml(imported->rules);
  for (const auto& note : imported->notes) fmt::print(stderr, "{}\n", rules::render_with_caret(note, *text));
  if (args.out.empty()) {
    fmt::print("{}", toml);
    return kOk;
  }
  if (std::filesystem::exists(args.out)) {
    complain(args.out.string() + ": exists, and is not overwritten");
    return kFailure;
  }
  const auto written = base::write_file_atomically(args.out, toml);
  if (!written) {
    complain(written.error().message);
    return kFailure;
  }
  if (!globals.quiet) fmt::print("{}: {} rules\n", args.out.string(), imported->rules.size());
  return kOk;
}

}  // namespace podswarm::app
