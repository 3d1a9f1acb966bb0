// `podswarm rules test`: a condition or a file of rules, tried on the episodes that are known, on a feed, or on a file
// of items. Nothing is written.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <functional>

#include "app/api.h"
#include "app/args.h"
#include "app/document_source.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/parse.h"
#include "feeds/rules/json.h"
#include "scheduler/rules_trial.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxItemsBytes = 256u << 20;
constexpr std::size_t kMaxFeedBytes = 64u << 20;
constexpr std::size_t kMaxRulesBytes = 4u << 20;

// The condition or the rules, compiled; complains where they are wrong.
std::optional<rules::RuleSet> compile(const Globals& globals, const RulesTestArgs& args, int& exit_code) {
  if (!args.where.empty()) {
    auto compiled = scheduler::compile_condition(args.where);
    if (compiled) return std::move(*compiled);
    complain(compiled.error().message);
    exit_code = kUsage;
    return std::nullopt;
  }
  auto loaded = scheduler::load_rules(args.rules);
  if (loaded.rules) return std::move(loaded.rules);
  Globals plain = globals;
  plain.json = false;
  exit_code = print_problems(plain, args.rules.string(), loaded.problems);
  return std::nullopt;
}

int print_decisions(const Globals& globals, const json::array& decisions) {
  if (globals.json) {
    print_json(decisions);
    return kOk;
  }
  Table table({"DECISION", "RULE", "TITLE", "REASON"});
  for (const auto& value : decisions) {
    const auto& decision = value.get_object();
    table.add({text_of(decision, "decision"), text_of(decision, "rule"), text_of(decision, "title"),
               text_of(decision, "reason")});
  }
  table.print();
  return kOk;
}

rules::Repeats repeats(const RulesTestArgs& args) {
  return args.where.empty() ? rules::Repeats::kLeftOut : rules::Repeats::kAskedAbout;
}

int test_on_items(const Globals& globals, const RulesTestArgs& args, const rules::RuleSet& rules, base::WallTime now) {
  const auto text = base::read_file(args.items == "-" ? "/dev/stdin" : args.items, kMaxItemsBytes);
  if (!text) {
    complain(text.error().message);
    return text.error().code == base::FileError::kNotFound ? kNotFound : kFailure;
  }
  json::error_code error;
  const json::value items = json::parse(*text, error);
  if (error || !items.is_array()) {
    complain(args.items.string() + ": not a JSON array of items" + (error ? ": " + error.message() : ""));
    return kFailure;
  }
  const auto decisions = rules::test_items(rules, items.get_array(), now, repeats(args));
  if (decisions) return print_decisions(globals, *decisions);
  complain(args.items.string() + ": " + decisions.error().message);
  return kFailure;
}

int test_on_feed(const Globals& globals, const RulesTestArgs& args, const rules::RuleSet& rules, base::WallTime now) {
  int exit_code = kFailure;
  const auto document = read_document(globals, args.feed, kMaxFeedBytes, exit_code);
  if (!document) return exit_code;
  feeds::ParseOptions options;
  options.base_url = document->url;
  options.content_type = document->content_type;
  const auto feed = feeds::parse_feed(document->text, options);
  if (!feed) {
    complain(base::redact_url(args.feed) + ": " + feed.error().message);
    return kFailure;
  }
  return print_decisions(globals, rules::test_feed(rules, *feed, document->url, args.tags, now, repeats(args)));
}

void print_known(const ApiAnswer& answer, const std::vector<std::string>& heads,
                 const std::function<std::vector<std::string>(const json::object&)>& cells) {
  std::vector<std::string> columns{"EPISODE", "PUBLISHED", "STATE"};
  columns.insert(columns.end(), heads.begin(), heads.end());
  Table table(columns);
  for (const auto& value : array_of(answer.document, "episodes")) {
    const auto& row = value.get_object();
    std::vector<std::string> line{std::to_string(number_of(row, "id")), local_time(text_of(row, "published")),
                                  text_of(row, "state")};
    for (auto& cell : cells(row)) line.push_back(std::move(cell));
    table.add(std::move(line));
  }
  if (!table.empty()) table.print();
}

int test_on_known(const Globals& globals, const RulesTestArgs& args) {
  const auto history = base::parse_duration(args.history);
  if (!history || *history < std::chrono::seconds(1)) {
    complain("--history " + args.history + ": not a duration such as 90d");
    return kUsage;
  }
  json::object body{{"history_days", std::chrono::ceil<std::chrono::days>(*history).count()}};
  if (args.where.empty()) {
    int exit_code = kOk;
    if (!compile(globals, args, exit_code)) return exit_code;  // mistakes are shown with their places
    const auto text = base::read_file(args.rules, kMaxRulesBytes);
    if (!text) {
      complain(text.error().message);
      return kFailure;
    }
    body["rules"] = *text;
  } else {
    body["where"] = args.where;
  }
  int exit_code = 0;
  const auto api = open_api(globals, exit_code);
  if (!api) return exit_code;
  const auto answer = api->call("POST", "rules/test", body);
  if (!answer.ok()) return answer.exit_code;
  if (globals.json) {
    print_json(answer.document);
    return kOk;
  }
  const auto examined = number_of(answer.document, "examined");
  const auto since = local_time(text_of(answer.document, "since"));
  if (args.where.empty()) {
    print_known(answer, {"DECISION", "RULE", "FEED", "TITLE"}, [](const json::object& row) {
      return std::vector<std::string>{text_of(row, "decision"), text_of(row, "rule"), text_of(row, "feed"),
                                      text_of(row, "title")};
    });
    if (!globals.quiet) {
      fmt::print("{} of {} episodes since {} would be downloaded\n", number_of(answer.document, "matching"), examined,
                 since);
    }
  } else {
    print_known(answer, {"HOLDS", "FEED", "TITLE"}, [](const json::object& row) {
      return std::vector<std::string>{text_of(row, "truth"), text_of(row, "feed"), text_of(row, "title")};
    });
    const auto unknown = number_of(answer.document, "unknown");
    if (!globals.quiet) {
      fmt::print("{} of {} episodes since {}{}\n", number_of(answer.document, "matching"), examined, since,
                 unknown > 0 ? fmt::format("; {} more where it cannot be told", unknown) : "");
    }
  }
  if (!globals.quiet && flag_of(answer.document, "more")) {
    fmt::print("There are older ones that were not looked at.\n");
  }
  return kOk;
}

}  // namespace

int run_rules_test(const Globals& globals, const RulesTestArgs& args) {
  if (args.where.empty() && args.rules.empty()) {
    complain("rules test needs a condition (--where) or a file of rules (--rules)");
    return kUsage;
  }
  if (args.items.empty() && args.feed.empty()) {
    if (args.now.empty()) return test_on_known(globals, args);
    complain("--now is for --items and --feed: the known episodes are asked about as of now");
    return kUsage;
  }
  base::WallTime now = base::SystemClock().now();
  if (!args.now.empty()) {
    const auto time = base::parse_rfc3339(args.now);
    if (!time) {
      complain("--now " + args.now + ": not a time like 2026-11-20T18:30:00Z");
      return kUsage;
    }
    now = *time;
  }
  int exit_code = kOk;
  const auto rules = compile(globals, args, exit_code);
  if (!rules) return exit_code;
  return args.feed.empty() ? test_on_items(globals, args, *rules, now) : test_on_feed(globals, args, *rules, now);
}

}  // namespace podswarm::app
