#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace podswarm::config {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

Config parse(std::string_view text) {
  auto result = parse_config(text, "test.toml");
  EXPECT_TRUE(result.config) << (result.problems.empty() ? "" : result.problems[0].to_string());
  return result.config.value_or(Config{});
}

TEST(FeedSettings, OnlyAFeedThatLiesInThePrivateNetworkItselfMayLeadIntoIt) {
  const auto config = parse(R"(
    [feeds."http://10.0.0.7/strange"]
    allow_private = false
    [feeds."https://podcasts.example/split-horizon"]
    allow_private = true
  )");
  const auto allowed = [&](const char* url) { return settings_for(config, url, "", {}).allow_private; };
  EXPECT_FALSE(allowed("https://podcasts.example/feed"));
  EXPECT_FALSE(allowed("https://127.0.0.1.nip.io/feed"));
  EXPECT_TRUE(allowed("http://192.168.1.5:8080/feed"));
  EXPECT_TRUE(allowed("http://localhost:8000/"));
  EXPECT_TRUE(allowed("http://[fd00::5]/feed"));
  EXPECT_TRUE(allowed("http://NAS.local/feed"));
  EXPECT_FALSE(allowed("http://10.0.0.7/strange"));
  EXPECT_TRUE(allowed("https://podcasts.example/split-horizon"));
}

TEST(FeedSettings, AreTheGlobalsWithoutATable) {
  const auto config = parse(R"(
    [general]
    user_agent = "A/1"
    [poll]
    interval = "2h"
    [download]
    window = "01:00-06:00"
    prefer = "torrent"
    [torrent]
    seed = false
    [defaults]
    backlog = "all"
    allow_private = true
  )");
  const std::vector<std::string> tags = {"x"};
  const auto settings = settings_for(config, "https://a.example/", "A", tags);
  EXPECT_EQ(settings.interval, hours(2));
  EXPECT_EQ(settings.max_interval, hours(24 * 7));
  EXPECT_EQ(settings.window.text, "01:00-06:00");
  EXPECT_EQ(settings.prefer, Prefer::kTorrent);
  EXPECT_EQ(settings.user_agent, "A/1");
  EXPECT_EQ(settings.backlog, "all");
  EXPECT_FALSE(settings.seed);
  EXPECT_TRUE(settings.allow_private);
  EXPECT_EQ(settings.name_template.value, LibraryConfig{}.name_template.value);
  EXPECT_THAT(settings.tags, ElementsAre("x"));
}

TEST(FeedSettings, UrlWinsOverNameOverTagWhateverTheirOrder) {
  const auto config = parse(R"(
    [feeds."https://A.example/feed"]
    interval = "1h"
    [feeds."my show"]
    interval = "2h"
    window = ""
    priority = 2
    [feeds."tag:News"]
    interval = "3h"
    window = "01:00-02:00"
    priority = 3
    seed_ratio = 1
    [feeds."Another"]
    interval = "9h"
  )");
  const std::vector<std::string> tags = {"news"};
  const auto settings = settings_for(config, "https://a.example/feed#x", "My Show", tags);
  EXPECT_EQ(settings.interval, hours(1));
  EXPECT_EQ(settings.max_interval, hours(1));  // who names one interval means it
  EXPECT_TRUE(settings.window.always());
  EXPECT_EQ(settings.priority, 2);
  EXPECT_EQ(settings.seed_ratio, 1.0);
}

TEST(FeedSettings, TagsAddUpWithoutDoubles) {
  const auto config = parse(R"(
    [feeds."A"]
    tags = ["news", "b"]
    [feeds."tag:b"]
    priority = 7
  )");
  const std::vector<std::string> tags = {"a", "news"};
  const auto settings = settings_for(config, "https://a.example/", "A", tags);
  EXPECT_THAT(settings.tags, ElementsAre("a", "news", "b"));
  EXPECT_EQ(settings.priority, 0);
}

TEST(FeedSettings, TheNearerPasswordReplacesTheOther) {
  const auto config = parse(R"(
    [feeds."A"]
    user = "me"
    password_env = "VARIABLE"
    [feeds."https://a.example/"]
    user = "you"
    password_file = "/secret"
  )");
  const auto settings = settings_for(config, "https://a.example/", "A", {});
  EXPECT_EQ(settings.user, "you");
  EXPECT_EQ(settings.password_env, "");
  EXPECT_EQ(settings.password_file, "/secret");
}

TEST(FeedSettings, ATokenReplacesAPasswordAndTheOtherWayRound) {
  const auto config = parse(R"(
    [feeds."A"]
    user = "me"
    password_env = "VARIABLE"
    [feeds."https://a.example/"]
    token_file = "/secret"
    [feeds."B"]
    token_env = "TOKEN"
    [feeds."https://b.example/"]
    user = "you"
  )");
  const auto token = settings_for(config, "https://a.example/", "A", {});
  EXPECT_EQ(token.token_file, "/secret");
  EXPECT_EQ(token.user + token.password_env, "");
  const auto user = settings_for(config, "https://b.example/", "B", {});
  EXPECT_EQ(user.user, "you");
  EXPECT_EQ(user.token_env, "");
}

TEST(Backlog, HasOneNormalForm) {
  EXPECT_EQ(normalise_backlog("3"), "latest:3");
  EXPECT_EQ(normalise_backlog(" Latest:10 "), "latest:10");
  EXPECT_EQ(normalise_backlog("0"), "none");
  EXPECT_EQ(normalise_backlog("ALL"), "all");
  EXPECT_EQ(normalise_backlog("since:2026-02-28"), "since:2026-02-28");
  for (const char* text : {"", "some", "latest:", "latest:-1", "latest:x", "since:", "since:2026-02-30", "since:2026",
                           "99999999999", "since:2026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(normalise_backlog(text)) << text;
  }
}

TEST(FeedSettings, KeepWhatTheNearestTableSaysOfEachBound) {
  const auto config = parse(R"(
    [defaults]
    keep_newest = 10
    keep_for = "30d"
    [feeds."a"]
    keep_newest = 0
    keep_size = "1MiB"
    keep_unplayed = true
  )");
  const auto own = settings_for(config, "https://a.example/", "A", {});
  EXPECT_EQ(own.keep, (KeepConfig{0, hours(24 * 30), 1u << 20}));
  EXPECT_TRUE(own.keep_starred);
  EXPECT_TRUE(own.keep_unplayed);
  const auto other = settings_for(config, "https://b.example/", "B", {});
  EXPECT_EQ(other.keep, (KeepConfig{10, hours(24 * 30), 0}));
  EXPECT_FALSE(other.keep_unplayed);
}

}  // namespace
}  // namespace podswarm::config
