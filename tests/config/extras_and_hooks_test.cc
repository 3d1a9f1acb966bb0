#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace podswarm::config {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

Config parse(std::string_view text) {
  auto result = parse_config(text, "test.toml");
  EXPECT_TRUE(result.config) << (result.problems.empty() ? "" : result.problems[0].to_string());
  return result.config.value_or(Config{});
}

std::string only_problem(std::string_view text) {
  const auto result = parse_config(text, "test.toml");
  EXPECT_EQ(result.problems.size(), 1u);
  return result.problems.empty() ? "" : result.problems[0].to_string();
}

TEST(Extras, AFeedsOwnTableWinsKeyByKey) {
  const auto config = parse(R"(
    [library]
    tags = "missing"
    nfo = true
    cover = false
    [feeds."A"]
    file_tags = "overwrite"
    transcripts = true
    nfo = false
  )");
  const auto global = settings_for(config, "https://b.example/", "B", {}).extras;
  EXPECT_EQ(global.tags, TagPolicy::kMissing);
  EXPECT_TRUE(global.nfo);
  EXPECT_FALSE(global.cover);
  const auto own = settings_for(config, "https://a.example/", "A", {}).extras;
  EXPECT_EQ(own.tags, TagPolicy::kOverwrite);
  EXPECT_TRUE(own.transcripts);
  EXPECT_FALSE(own.nfo);
  EXPECT_FALSE(own.cover);
}

TEST(Extras, APolicyThatIsNoneIsRefused) {
  EXPECT_THAT(only_problem("[library]\ntags = \"always\"\n"), HasSubstr("test.toml:2:"));
}

TEST(Hooks, AreCommandsOrAddresses) {
  const auto config = parse(R"(
    [[hook]]
    on = ["done", "night-finished"]
    command = "true"
    timeout = "5m"
    feeds = ["A", "tag:news"]
    [[hook]]
    on = "new"
    url = "https://home.example/x"
  )");
  ASSERT_EQ(config.hooks.size(), 2u);
  EXPECT_THAT(config.hooks[0].on, ElementsAre("done", "night-finished"));
  EXPECT_EQ(config.hooks[0].command, "true");
  EXPECT_EQ(config.hooks[0].timeout, seconds(300));
  EXPECT_THAT(config.hooks[0].feeds, ElementsAre("A", "tag:news"));
  EXPECT_THAT(config.hooks[1].on, ElementsAre("new"));
  EXPECT_EQ(config.hooks[1].timeout, seconds(30));
}

TEST(Hooks, MistakesAreNamedWithTheirPlace) {
  EXPECT_THAT(only_problem("[[hook]]\non = [\"dome\"]\ncommand = \"x\"\n"),
              testing::AllOf(HasSubstr("test.toml:2:8"), HasSubstr("did you mean \"done\"?")));
  EXPECT_THAT(only_problem("[[hook]]\ncommand = \"x\"\n"), HasSubstr("hook.on"));
  EXPECT_THAT(only_problem("[[hook]]\non = \"done\"\n"), HasSubstr("either command or url"));
  EXPECT_THAT(only_problem("[[hook]]\non = \"done\"\ncommand = \"x\"\nurl = \"http://a/\"\n"),
              HasSubstr("either command or url"));
  EXPECT_THAT(only_problem("[[hook]]\non = \"done\"\nurl = \"ftp://a/\"\n"), HasSubstr("hook.url"));
}

}  // namespace
}  // namespace podswarm::config
