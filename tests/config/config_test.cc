#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace podswarm::config {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

Config parse(std::string_view text) {
  auto result = parse_config(text, "test.toml");
  for (const auto& problem : result.problems) ADD_FAILURE() << problem.to_string();
  return result.config.value_or(Config{});
}

// All problems, as they are printed.
std::vector<std::string> problems(std::string_view text) {
  const auto result = parse_config(text, "test.toml");
  EXPECT_EQ(result.config.has_value(), result.problems.empty());
  std::vector<std::string> out;
  for (const auto& problem : result.problems) out.push_back(problem.to_string());
  return out;
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  const auto config = parse("");
  EXPECT_EQ(config.poll.interval, hours(1));
  EXPECT_EQ(config.download.max, 4);
  EXPECT_EQ(config.feed_defaults.backlog, "latest:1");
  EXPECT_EQ(config.web.listen, "127.0.0.1");
}

TEST(Config, ReadsEveryTable) {
  const auto config = parse(R"(
[general]
library_dir = "/srv/p"
data_dir = "/var/lib/p"
user_agent = "Me/2"
[poll]
interval = "90m"
jitter = "25%"
concurrency = 3
per_host = 1
deadline = "30s"
[download]
window = "Mon-Fri 01:00-06:00"
max = 2
per_host = 1
stall_timeout = "20s"
prefer = "http"
limit = "2MB"
min_free = 0
[torrent]
enabled = false
listen = "::1"
port = 6881
up_limit = "100KiB/s"
up_limit_outside = "10KiB"
max_peers = 10
max_peers_per_torrent = 5
upload_slots = 3
max_half_open = 20
connects_per_second = 7
memory = "16MiB"
max_seeding = 9
seed = false
seed_ratio = 1
seed_time = "2d"
[library]
template = "{title}"
keep_newest = 500
keep_for = "2w"
keep_size = "100GiB"
[defaults]
backlog = 5
keep_newest = 7
keep_for = "1d"
keep_size = "2MB"
keep_starred = false
keep_unplayed = true
allow_private = true
ca_file = "/ca.pem"
[web]
enabled = false
listen = "0.0.0.0"
port = 8080
)");
  EXPECT_EQ(config.general.library_dir, "/srv/p");
  EXPECT_EQ(config.general.data_dir, "/var/lib/p");
  EXPECT_EQ(config.general.user_agent, "Me/2");
  EXPECT_EQ(config.poll.interval, minutes(90));
  EXPECT_EQ(config.poll.jitter_percent, 25);
  EXPECT_EQ(config.poll.concurrency, 3);
  EXPECT_EQ(config.poll.per_host, 1);
  EXPECT_EQ(config.poll.deadline, seconds(30));
  EXPECT_THAT(config.download.window.spans, ElementsAre(WindowSpan{0x1f, 60, 360}));
  EXPECT_EQ(config.download.max, 2);
  EXPECT_EQ(config.download.per_host, 1);
  EXPECT_EQ(config.download.stall_timeout, seconds(20));
  EXPECT_EQ(config.download.prefer, Prefer::kHttp);
  EXPECT_EQ(config.download.limit, 2'000'000u);
  EXPECT_EQ(config.download.min_free, 0u);
  EXPECT_FALSE(config.torrent.enabled);
  EXPECT_EQ(config.torrent.listen, "::1");
  EXPECT_EQ(config.torrent.port, 6881);
  EXPECT_EQ(config.torrent.up_limit, 102'400u);
  EXPECT_EQ(config.torrent.up_limit_outside, 10'240u);
  EXPECT_EQ(config.torrent.max_peers, 10);
  EXPECT_EQ(config.torrent.max_peers_per_torrent, 5);
  EXPECT_EQ(config.torrent.upload_slots, 3);
  EXPECT_EQ(config.torrent.max_half_open, 20);
  EXPECT_EQ(config.torrent.connects_per_second, 7);
  EXPECT_EQ(config.torrent.memory, 16u << 20);
  EXPECT_EQ(config.torrent.max_seeding, 9);
  EXPECT_FALSE(config.torrent.seed);
  EXPECT_EQ(config.torrent.seed_ratio, 1.0);
  EXPECT_EQ(config.torrent.seed_time, hours(48));
  EXPECT_EQ(config.library.name_template.value, "{title}");
  EXPECT_EQ(config.library.name_template.pos.line, 37u);
  EXPECT_EQ(config.library.name_template.pos.column, 13u);
  EXPECT_EQ(config.library.keep, (KeepConfig{500, hours(24 * 14), 100ull << 30}));
  EXPECT_EQ(config.feed_defaults.backlog, "latest:5");
  EXPECT_EQ(config.feed_defaults.keep, (KeepConfig{7, hours(24), 2'000'000}));
  EXPECT_FALSE(config.feed_defaults.keep_starred);
  EXPECT_TRUE(config.feed_defaults.keep_unplayed);
  EXPECT_TRUE(config.feed_defaults.allow_private);
  EXPECT_EQ(config.feed_defaults.ca_file, "/ca.pem");
  EXPECT_FALSE(config.web.enabled);
  EXPECT_EQ(config.web.listen, "0.0.0.0");
  EXPECT_EQ(config.web.port, 8080);
}

TEST(Config, PointsAtAMisspeltKeyWithAHint) {
  EXPECT_THAT(problems("[poll]\nintervall = \"1h\"\n"),
              ElementsAre("test.toml:2:1: poll.intervall: unknown key (did you mean \"interval\"?)"));
  EXPECT_THAT(problems("[downloads]\n"), ElementsAre(HasSubstr("did you mean \"download\"?")));
  EXPECT_THAT(problems("[[rule]]\nid = 'x'\n  wehre = 'y'\n"),
              ElementsAre(testing::AllOf(HasSubstr("test.toml:3:3"), HasSubstr("\"where\""))));
}

TEST(Config, FindsEveryProblemInOneGo) {
  const auto found = problems(R"([poll]
interval = 5
jitter = "200%"
concurrency = 0
deadline = "soon"
[download]
window = "night"
max = "four"
prefer = "torrents"
limit = -1
min_free = "lots"
[torrent]
port = 70000
seed = "yes"
seed_ratio = -1
[general]
library_dir = " "
[defaults]
backlog = "some"
)");
  EXPECT_THAT(
      found,
      testing::UnorderedElementsAre(
          HasSubstr("test.toml:2:12: poll.interval: wants a duration"), HasSubstr("test.toml:3:10: poll.jitter"),
          HasSubstr("test.toml:4:15: poll.concurrency: is 0, wants 1 to 64"),
          HasSubstr("test.toml:5:12: poll.deadline: \"soon\" is no duration"),
          HasSubstr("test.toml:7:11: download.window"),
          HasSubstr("test.toml:8:7: download.max: wants an integer, got a text"),
          HasSubstr("did you mean \"torrent\"?"), HasSubstr("test.toml:10:9: download.limit: must not be negative"),
          HasSubstr("download.min_free: \"lots\" is no size"), HasSubstr("torrent.port: is 70000, wants 0 to 65535"),
          HasSubstr("torrent.seed: wants true or false, got a text"), HasSubstr("torrent.seed_ratio"),
          HasSubstr("general.library_dir: is empty"), HasSubstr("defaults.backlog")));
}

TEST(Config, ReportsBrokenTomlWithItsPlace) {
  EXPECT_THAT(problems("[poll]\ninterval = \n"), ElementsAre(HasSubstr("test.toml:2:")));
  EXPECT_THAT(problems("a = \"\xff\"\n"), testing::SizeIs(1));
  EXPECT_THAT(problems("[poll]\n[poll]\n"), testing::SizeIs(1));
}

TEST(Config, SurvivesDeepNesting) {
  const std::string deep = "a = " + std::string(100'000, '[');
  EXPECT_THAT(problems(deep), testing::SizeIs(1));
}

TEST(Config, BoundsTheNumberOfProblems) {
  std::string text = "[poll]\n";
  for (int i = 0; i < 5000; ++i) text += "zzzzzzzzzzzz" + std::to_string(i) + " = 1\n";
  EXPECT_LE(problems(text).size(), 100u);
}

TEST(Config, RefusesATableWhereAnArrayOfTablesBelongs) {
  EXPECT_THAT(problems("[rule]\nid = 'x'\n"), ElementsAre(HasSubstr("[[rule]]")));
  EXPECT_THAT(problems("poll = 5\n"), ElementsAre(HasSubstr("wants a table, [poll]")));
  EXPECT_THAT(problems("[feeds]\nx = 1\n"), ElementsAre(HasSubstr("feeds.x: wants a table")));
}

TEST(Config, KeepsSecretsOut) {
  EXPECT_THAT(problems("[feeds.x]\nuser = 'u'\npassword = 'p'\n"), ElementsAre(HasSubstr("password_env")));
  EXPECT_THAT(problems("[feeds.x]\ntoken = 't'\n"), ElementsAre(HasSubstr("token_env")));
  EXPECT_THAT(problems("[feeds.x]\ntoken_env = 'T'\ntoken_file = 'f'\n"), ElementsAre(HasSubstr("beside token_env")));
  EXPECT_THAT(problems("[feeds.x]\nuser = 'u'\ntoken_env = 'T'\n"), ElementsAre(HasSubstr("beside user")));
  EXPECT_THAT(problems("[feeds.x]\npassword_env = 'P'\n"), ElementsAre(HasSubstr("without user")));
  EXPECT_THAT(problems("[feeds.x]\nuser='u'\npassword_env = 'P'\npassword_file = 'f'\n"),
              ElementsAre(HasSubstr("test.toml:4:17: feeds.\"x\".password_file: is given beside password_env")));
}

TEST(Config, RefusesTwoTablesForOneFeed) {
  EXPECT_THAT(problems("[feeds.\"News\"]\n[feeds.\"news\"]\n"), ElementsAre(HasSubstr("another table")));
  EXPECT_THAT(problems("[feeds.\"https://a.example\"]\n[feeds.\"https://A.example/\"]\n"),
              ElementsAre(HasSubstr("another table")));
}

TEST(Config, ReadsFeedTablesInTheirOrder) {
  const auto config = parse("[feeds.\"Z\"]\ninterval = '2h'\n[feeds.\"A\"]\ntags = 'one'\nbacklog = 'none'\n");
  ASSERT_EQ(config.feeds.size(), 2u);
  EXPECT_EQ(config.feeds[0].key.value, "Z");
  EXPECT_EQ(config.feeds[0].interval, hours(2));
  EXPECT_FALSE(config.feeds[0].tags);
  EXPECT_THAT(*config.feeds[1].tags, ElementsAre("one"));
  EXPECT_EQ(config.feeds[1].backlog, "none");
}

TEST(Rules, KeepEveryTextWithThePlaceOfItsFirstCharacter) {
  const auto result = parse_rules(R"([[rule]]
id = "weekly"
feeds = ["tag:news", "größe", 'x']
priority = 10
any = 'title : "full"'
where = """
ep >= S01E30"""
none = ["""a"""]
match_all = true
continue = false
)",
                                  "rules.toml");
  EXPECT_TRUE(result.problems.empty());
  ASSERT_EQ(result.rules.size(), 1u);
  const auto& rule = result.rules[0];
  EXPECT_EQ(rule.file, "rules.toml");
  EXPECT_EQ(rule.pos.line, 1u);
  EXPECT_EQ(rule.id->value, "weekly");
  EXPECT_EQ(rule.id->pos.line, 2u);
  EXPECT_EQ(rule.id->pos.column, 7u);
  ASSERT_EQ(rule.feeds.size(), 3u);
  EXPECT_EQ(rule.feeds[1].value, "größe");
  EXPECT_EQ(rule.feeds[1].pos.column, 23u);
  EXPECT_EQ(rule.feeds[2].pos.column, 32u);
  EXPECT_EQ(rule.priority->value, 10);
  ASSERT_EQ(rule.any.size(), 1u);
  EXPECT_EQ(rule.any[0].value, "title : \"full\"");
  EXPECT_EQ(rule.where->value, "ep >= S01E30");
  EXPECT_EQ(rule.where->pos.line, 7u);
  EXPECT_EQ(rule.where->pos.column, 1u);
  EXPECT_EQ(rule.none[0].pos.column, 12u);
  EXPECT_TRUE(rule.match_all->value);
  EXPECT_FALSE(rule.continue_->value);
  EXPECT_FALSE(rule.enabled);
  EXPECT_TRUE(rule.all.empty());
}

TEST(Rules, ReportWrongTypesInsideArrays) {
  const auto result = parse_rules("[[rule]]\nany = ['a', 5]\nwhere = 1\n[poll]\n", "rules.toml");
  ASSERT_EQ(result.problems.size(), 3u);
  EXPECT_EQ(result.problems[0].to_string(), "rules.toml:2:13: rule.any: wants texts only, got an integer");
  EXPECT_THAT(result.problems[2].message, HasSubstr("poll: unknown key"));
}

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    std::string name = (fs::temp_directory_path() / "podswarm-config-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~LoadTest() override { fs::remove_all(folder_); }
  void write(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }
  fs::path folder_;
};

TEST_F(LoadTest, AddsTheRulesFileAfterTheRulesOfTheFileItself) {
  write("config.toml", "[general]\nrules_file = \"rules.toml\"\n[[rule]]\nid = 'first'\n");
  write("rules.toml", "[[rule]]\nid = 'second'\n");
  const auto result = load_config(folder_ / "config.toml");
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->rules.size(), 2u);
  EXPECT_EQ(result.config->rules[1].id->value, "second");
  EXPECT_EQ(result.config->rules[1].file, (folder_ / "rules.toml").string());
  EXPECT_EQ(result.config->file, folder_ / "config.toml");
}

TEST_F(LoadTest, PointsAtARulesFileThatIsMissingOrWrong) {
  write("config.toml", "[general]\nrules_file = \"rules.toml\"\n");
  auto result = load_config(folder_ / "config.toml");
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].pos.line, 2u);
  write("rules.toml", "[[rule]]\nidd = 'x'\n");
  result = load_config(folder_ / "config.toml");
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].file, (folder_ / "rules.toml").string());
}

TEST_F(LoadTest, AMissingFileIsAProblem) {
  const auto result = load_config(folder_ / "none.toml");
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_string(), HasSubstr("none.toml"));
}

TEST(ConfigNights, WindowsMayBeAListAndEachMistakeHasItsPlace) {
  const auto read = parse_config(R"([download]
window = ["mon-fri 01:00-06:30", "sat,sun 00:00-08:00"]
finish = "complete"
done_by = "window"
limit_outside = "1MB"
http_limit = 100
metered = "pause"
prefer = "smallest"
[torrent]
down_limit = "2MB"
down_limit_outside = ""
[library]
quota = "20GiB"
[defaults]
quota = "3GiB"
[feeds."Show"]
window = ["fri 22:00-02:00"]
finish = "pause"
quota = "1GiB"
)",
                                 "test.toml");
  ASSERT_TRUE(read.config) << read.problems.front().to_string();
  const auto& config = *read.config;
  EXPECT_EQ(config.download.window.spans.size(), 2u);
  EXPECT_EQ(config.download.finish, Finish::kComplete);
  EXPECT_TRUE(config.download.done_by && config.download.done_by->window_end);
  EXPECT_EQ(config.download.limit_outside, 1'000'000u);
  EXPECT_EQ(config.download.http_limit, 100u);
  EXPECT_EQ(config.download.prefer, Prefer::kSmallest);
  EXPECT_EQ(config.torrent.down_limit, 2'000'000u);
  EXPECT_FALSE(config.torrent.down_limit_outside);
  EXPECT_EQ(config.library.quota, 20ull << 30);
  const auto feed = settings_for(config, "http://x.example/", "Show", {});
  EXPECT_EQ(feed.finish, Finish::kPause);
  EXPECT_EQ(feed.quota, 1ull << 30);
  EXPECT_EQ(settings_for(config, "http://y.example/", "Other", {}).quota, 3ull << 30);
  EXPECT_EQ(feed.window.spans.size(), 1u);

  const auto bad = parse_config(R"([download]
window = ["01:00-06:30", "night"]
finish = "paus"
done_by = "25:00"
metered = "pause"
metered_command = ""
)",
                                "test.toml");
  EXPECT_FALSE(bad.config);
  ASSERT_EQ(bad.problems.size(), 4u);
  EXPECT_THAT(bad.problems[0].to_string(), HasSubstr("test.toml:2:27: download.window"));
  EXPECT_THAT(bad.problems[1].to_string(), HasSubstr("did you mean \"pause\""));
  EXPECT_THAT(bad.problems[2].to_string(), HasSubstr("download.done_by"));
  EXPECT_THAT(bad.problems[3].to_string(), HasSubstr("metered_command"));
}

}  // namespace
}  // namespace podswarm::config
