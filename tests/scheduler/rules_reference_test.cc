// The rule language by its description: the cases of rules_reference.txt, whose head says how they are written. They go
// the way that a file of rules and a file of items go on the command line.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "feeds/rules/json.h"
#include "scheduler/settings.h"

namespace podswarm::scheduler {
namespace {

namespace json = boost::json;

struct ItemLine {
  json::object item;
  std::string expected;  // "download r until …"; the rule and the time are optional
};

struct Case {
  std::string name;
  int line = 0;
  std::string rules;
  base::WallTime now = *base::parse_rfc3339("2026-11-20T12:00:00Z");
  std::vector<ItemLine> items;
  std::vector<std::string> problems;  // "4:9 words", "4: words"
};

std::vector<Case> read_cases() {
  const auto text = base::read_file(PODSWARM_SOURCE_DIR "/tests/scheduler/rules_reference.txt", 1u << 20).value();
  std::vector<Case> out;
  int number = 0;
  for (const auto raw : base::split(text, '\n')) {
    ++number;
    const std::string line(raw);
    if (line.starts_with("#") || line.empty()) continue;
    if (line.starts_with("@ ")) {
      out.emplace_back();
      out.back().name = line.substr(2);
      out.back().line = number;
      continue;
    }
    Case& one = out.back();
    if (line.starts_with("where ") && line.find("where =") != 0) {
      one.rules = "[[rule]]\nid = \"r\"\nfeeds = [\"*\"]\nwhere = '''" + line.substr(6) + "'''\n";
    } else if (line.starts_with("%now ")) {
      one.now = *base::parse_rfc3339(line.substr(5));
    } else if (line.starts_with("! ")) {
      one.problems.push_back(line.substr(2));
    } else if (line.starts_with("{")) {
      const auto arrow = line.rfind(" => ");
      ItemLine item{json::parse(line.substr(0, arrow)).get_object(), line.substr(arrow + 4)};
      if (!item.item.contains("feed")) item.item["feed"] = "Feed";
      one.items.push_back(std::move(item));
    } else {
      one.rules += line + "\n";
    }
  }
  return out;
}

class RulesReference : public testing::TestWithParam<Case> {
 protected:
  RulesReference() {
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-reference-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~RulesReference() override { std::filesystem::remove_all(dir_); }

  RulesFile load(const std::string& rules) const {
    std::ofstream(dir_ / "rules.toml") << rules;
    return load_rules(dir_ / "rules.toml");
  }

  std::filesystem::path dir_;
};

void expect_problem(const base::Diagnostic& problem, const std::string& expected) {
  const auto colon = expected.find(':');
  const auto blank = expected.find(' ');
  EXPECT_EQ(problem.pos.line, std::stoul(expected.substr(0, colon))) << problem.to_string();
  if (blank > colon + 1) {
    EXPECT_EQ(problem.pos.column, std::stoul(expected.substr(colon + 1, blank))) << problem.to_string();
  }
  EXPECT_NE(problem.to_string().find(expected.substr(blank + 1)), std::string::npos)
      << problem.to_string() << " lacks " << expected.substr(blank + 1);
}

TEST_P(RulesReference, Holds) {
  const Case& one = GetParam();
  const auto loaded = load(one.rules);
  if (!one.problems.empty()) {
    EXPECT_FALSE(loaded.rules);
    ASSERT_EQ(loaded.problems.size(), one.problems.size());
    for (std::size_t i = 0; i < one.problems.size(); ++i) expect_problem(loaded.problems[i], one.problems[i]);
    return;
  }
  for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
  ASSERT_TRUE(loaded.rules);
  json::array items;
  for (const auto& line : one.items) items.push_back(line.item);
  const auto decisions = rules::test_items(*loaded.rules, items, one.now);
  ASSERT_TRUE(decisions) << decisions.error().message;
  ASSERT_EQ(decisions->size(), one.items.size());
  for (std::size_t i = 0; i < one.items.size(); ++i) {
    const auto& decision = decisions->at(i).get_object();
    const auto words = base::split(one.items[i].expected, ' ');
    std::string got(decision.at("decision").get_string());
    if (words.size() >= 2) got += " " + std::string(decision.at("rule").get_string());
    if (words.size() == 4) {
      const auto* until = decision.if_contains("until");
      got += until == nullptr ? " without a time" : " until " + std::string(until->get_string());
    }
    EXPECT_EQ(got, one.items[i].expected) << "item " << i + 1 << ": " << json::serialize(one.items[i].item) << "\n"
                                          << std::string_view(decision.at("reason").get_string());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, RulesReference, testing::ValuesIn(read_cases()), [](const auto& info) {
  std::string name;
  for (const char c : info.param.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name + "_line_" + std::to_string(info.param.line);
});

}  // namespace
}  // namespace podswarm::scheduler
