// The example file says what the program does: every key, every default.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "config/config.h"

namespace podswarm::config {
namespace {

using testing::HasSubstr;

std::string example() {
  return base::read_file(PODSWARM_SOURCE_DIR "/config.example.toml", 1u << 20).value();
}

// Settings are commented as "#key", prose as "# Text".
std::string uncommented() {
  const std::string text = example();
  std::string out;
  for (const auto line : base::split(text, '\n')) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += setting ? line.substr(1) : line;
    out += '\n';
  }
  return out;
}

Config parse(const std::string& text) {
  auto result = parse_config(text, "config.example.toml");
  for (const auto& problem : result.problems) ADD_FAILURE() << problem.to_string();
  return result.config.value_or(Config{});
}

void expect_defaults(const Config& config) {
  const Config defaults;
  EXPECT_EQ(config.general.library_dir, defaults.general.library_dir);
  EXPECT_EQ(config.general.data_dir, defaults.general.data_dir);
  EXPECT_EQ(config.general.rules_file.value, defaults.general.rules_file.value);
  EXPECT_EQ(config.general.user_agent, defaults.general.user_agent);
  EXPECT_TRUE(config.poll == defaults.poll);
  EXPECT_TRUE(config.download == defaults.download);
  EXPECT_TRUE(config.torrent == defaults.torrent);
  EXPECT_EQ(config.library.name_template.value, defaults.library.name_template.value);
  EXPECT_TRUE(config.library.keep == defaults.library.keep);
  EXPECT_TRUE(config.library.extras == defaults.library.extras);
  EXPECT_TRUE(config.feed_defaults == defaults.feed_defaults);
  EXPECT_TRUE(config.web == defaults.web);
  EXPECT_TRUE(config.serve == defaults.serve);
  EXPECT_TRUE(config.search == defaults.search);
}

TEST(ExampleConfig, ChangesNothingAsItStands) {
  const auto config = parse(example());
  expect_defaults(config);
  EXPECT_TRUE(config.feeds.empty());
  EXPECT_TRUE(config.rules.empty());
  EXPECT_TRUE(config.hooks.empty());
}

TEST(ExampleConfig, ShowsTheDefaultOfEveryKey) {
  const auto config = parse(uncommented());
  expect_defaults(config);
  EXPECT_EQ(config.feeds.size(), 4u);
  ASSERT_EQ(config.rules.size(), 1u);
  EXPECT_EQ(config.rules[0].id->value, "weekly");
  ASSERT_EQ(config.hooks.size(), 2u);
  EXPECT_EQ(config.hooks[0].timeout, HookEntry{}.timeout);
}

// The keys that a table knows, as the message for one that it does not.
std::vector<std::string> known_keys(const std::string& header) {
  const auto result = parse_config(header + "\nzzzzzzzzzzzzzzzzzzzzzzzzzzzz = 1\n", "x");
  EXPECT_EQ(result.problems.size(), 1u) << header;
  const std::string hint = result.problems.empty() ? "" : result.problems[0].hint;
  EXPECT_THAT(hint, HasSubstr("known here: "));
  std::vector<std::string> out;
  for (const auto word : base::split(std::string_view(hint).substr(hint.find(": ") + 2), ' ')) out.emplace_back(word);
  return out;
}

TEST(ExampleConfig, LeavesNoKeyOut) {
  const std::string text = uncommented();
  for (const auto& [header, in_example] :
       std::vector<std::pair<std::string, std::string>>{{"[general]", "\n[general]\n"},
                                                        {"[poll]", "\n[poll]\n"},
                                                        {"[download]", "\n[download]\n"},
                                                        {"[torrent]", "\n[torrent]\n"},
                                                        {"[library]", "\n[library]\n"},
                                                        {"[defaults]", "\n[defaults]\n"},
                                                        {"[web]", "\n[web]\n"},
                                                        {"[serve]", "\n[serve]\n"},
                                                        {"[search]", "\n[search]\n"},
                                                        {"[feeds.x]", "\n[feeds.\"Example Show\"]\n"},
                                                        {"[[rule]]", "\n[[rule]]\n"},
                                                        {"[[hook]]\non = \"new\"\ncommand = \"x\"", "\n[[hook]]\n"}}) {
    const auto begin = text.find(in_example);
    ASSERT_NE(begin, std::string::npos) << in_example;
    auto end = text.find("\n[", begin + in_example.size() - 1);
    // Both ways to a password are shown, each in a table of its own.
    if (header == "[feeds.x]") end = text.find("\n[[rule]]");
    // So are a command and an address.
    if (header.starts_with("[[hook]]")) end = std::string::npos;
    const std::string section = text.substr(begin, end - begin);
    for (const auto& key : known_keys(header)) EXPECT_THAT(section, HasSubstr("\n" + key + " = ")) << header;
  }
}

}  // namespace
}  // namespace podswarm::config
