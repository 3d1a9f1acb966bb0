// The rules tried on what is known: explanations and dry runs, neither of which may change anything.

#include "scheduler/rules_trial.h"

#include <boost/json/serialize.hpp>

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view key) {
  return std::string(object.at(key).get_string());
}

class RulesTrial : public SchedulerTest {
 protected:
  // What a trial must not touch, as one text.
  std::string everything() {
    std::string out;
    for (const auto& row : episodes()) {
      out += std::to_string(row.id) + row.title + std::string(db::to_string(row.decision)) + row.decision_reason + "\n";
      for (const auto& entry : context().history.list_episode(row.id)) out += entry.rule_id + entry.key + "\n";
    }
    for (const auto& row : context().downloads.list()) out += std::string(db::to_string(row.state)) + row.source_url;
    return out;
  }
  std::vector<std::string> titles(const std::string& where, std::chrono::seconds history = std::chrono::days(90)) {
    const auto trial = try_condition(context(), where, history, clock_.now());
    if (!trial) return {trial.error().message};
    std::vector<std::string> out;
    for (const auto& row : trial->at("episodes").get_array()) {
      out.push_back(text(row.get_object(), "title") + " " + text(row.get_object(), "truth"));
    }
    return out;
  }
};

TEST_F(RulesTrial, ATrialTellsWhatHoldsAndWhatCannotBeToldNewestFirst) {
  subscribe();
  auto longer = make_item("Long tides", "2026-11-03T00:00:00Z");
  longer.duration_seconds = 3600;
  auto shorter = make_item("Short tides", "2026-11-02T00:00:00Z");
  shorter.duration_seconds = 60;
  poll(make_feed({longer, shorter, make_item("Silent tides", "2026-11-04T00:00:00Z"),
                  make_item("Other", "2026-11-05T00:00:00Z")}));
  const std::string before = everything();
  EXPECT_EQ(titles("title : \"TIDES\" and duration > 20m"),
            (std::vector<std::string>{"Silent tides unknown", "Long tides true"}));
  EXPECT_EQ(everything(), before);
}

TEST_F(RulesTrial, ATrialLooksAsFarBackAsItIsTold) {
  subscribe();
  poll(make_feed({make_item("new", "2026-11-19T00:00:00Z"), make_item("old", "2026-01-01T00:00:00Z")}));
  EXPECT_EQ(titles("has(title)", std::chrono::days(7)), (std::vector<std::string>{"new true"}));
  EXPECT_EQ(titles("has(title)", std::chrono::days(700)).size(), 2u);
}

TEST_F(RulesTrial, ATrialSaysWhatIsDownloadedAlready) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  const auto trial = try_condition(context(), "title = \"a\"", std::chrono::days(90), clock_.now());
  ASSERT_TRUE(trial);
  EXPECT_EQ(trial->at("matching").to_number<int>(), 1);
  EXPECT_EQ(text(trial->at("episodes").get_array().at(0).get_object(), "state"), "done");
}

TEST_F(RulesTrial, AMistakeInAConditionIsShownWithItsPlace) {
  const auto trial = try_condition(context(), "title : ", std::chrono::days(90), clock_.now());
  ASSERT_FALSE(trial);
  EXPECT_NE(trial.error().message.find("where:1:"), std::string::npos) << trial.error().message;
  EXPECT_NE(trial.error().message.find("^"), std::string::npos) << trial.error().message;
  EXPECT_FALSE(try_condition(context(), "  ", std::chrono::days(90), clock_.now()));
}

TEST_F(RulesTrial, AnExplanationTellsEveryPredicateWithValueAndPlace) {
  configure(R"(
[[rule]]
id = "long"
feeds = ["*"]
all = ['duration >= 20m', 'title : "tides"']
)");
  subscribe();
  auto item = make_item("High tides");
  item.duration_seconds = 600;
  poll(make_feed({item}));
  const std::string before = everything();
  const auto document = explain_episode(context(), episode("High tides"), clock_.now());
  ASSERT_TRUE(document);
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(text(document->at("decision").get_object(), "decision"), "none");
  const auto& rule = document->at("rules").get_array().at(0).get_object();
  EXPECT_EQ(text(rule, "rule"), "long");
  EXPECT_EQ(text(rule, "file"), (dir_ / "config.toml").string());
  const auto& rows = rule.at("predicates").get_array();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(text(rows[0].get_object(), "text"), "duration >= 20m");
  EXPECT_EQ(text(rows[0].get_object(), "truth"), "false");
  EXPECT_EQ(text(rows[0].get_object(), "actual"), "10m 00s");
  EXPECT_EQ(rows[0].get_object().at("line").to_number<int>(), 7);
  EXPECT_EQ(text(rows[1].get_object(), "matched"), "tides");
  EXPECT_EQ(text(rows[1].get_object(), "truth"), "true");
}

TEST_F(RulesTrial, AnEpisodeDoesNotStandInItsOwnWay) {
  configure(R"(
[[rule]]
id = "once"
feeds = ["*"]
match_all = true
once_per = "episode"
cooldown = "7d"
limit = "1/7d"
)");
  subscribe();
  poll(make_feed({make_item("Show S01E01")}));
  ASSERT_EQ(episode("Show S01E01").decision, db::Decision::kDownload);
  const auto own = explain_episode(context(), episode("Show S01E01"), clock_.now());
  EXPECT_EQ(text(own->at("decision").get_object(), "decision"), "download") << json::serialize(*own);

  clock_.advance(std::chrono::hours(1));
  poll(make_feed({make_item("Show S01E02"), make_item("Show S01E01")}));
  const auto other = explain_episode(context(), episode("Show S01E02"), clock_.now());
  EXPECT_EQ(text(other->at("decision").get_object(), "decision"), "none");
  EXPECT_NE(text(other->at("decision").get_object(), "reason").find("cooling down"), std::string::npos);
}

TEST_F(RulesTrial, FeedsThatNobodySubscribedToAreNamed) {
  configure(R"(
[[rule]]
id = "r"
feeds = ["*", "show", "Shwo", "tag:news", "http://feeds.example/show", "http://user:secret@other.example/rss"]
match_all = true
)");
  const auto& rule = settings_->config.rules.at(0);
  EXPECT_TRUE(unknown_feeds(context(), rule).empty()) << "with no subscription yet, the rules may come first";
  subscribe();
  poll(make_feed({}));
  const auto warnings = unknown_feeds(context(), rule);
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_EQ(warnings[0], "no feed is called \"Shwo\"");
  EXPECT_EQ(warnings[1], "no feed has the tag \"news\"");
  EXPECT_EQ(warnings[2].find("secret"), std::string::npos) << warnings[2];
}

rules::RuleSet rules_of(const std::string& toml) {
  auto read = read_rules(toml, "rules");
  for (const auto& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return read.rules ? std::move(*read.rules) : rules::RuleSet();
}

TEST_F(RulesTrial, RulesAreTriedInTheOrderOfPublicationAndWriteNothing) {
  subscribe();
  poll(make_feed({make_item("Tides S01E01 again", "2026-11-04T00:00:00Z"),
                  make_item("Tides S01E01", "2026-11-03T00:00:00Z"), make_item("Rerun", "2026-11-02T00:00:00Z"),
                  make_item("Other", "2026-11-05T00:00:00Z")}));
  const std::string before = everything();
  const auto rules = rules_of(R"(
[[rule]]
id = "tides"
feeds = ["*"]
where = 'title : "tides"'
once_per = "episode"
[[rule]]
id = "no"
feeds = ["*"]
where = 'title : "rerun"'
action = "skip")");
  const auto trial = try_rules(context(), rules, std::chrono::days(90), clock_.now());
  EXPECT_EQ(trial.at("examined").to_number<int>(), 4);
  EXPECT_EQ(trial.at("matching").to_number<int>(), 1);
  std::vector<std::string> rows;
  for (const auto& row : trial.at("episodes").get_array()) {
    rows.push_back(text(row.get_object(), "title") + ": " + text(row.get_object(), "decision") + " " +
                   text(row.get_object(), "state"));
  }
  EXPECT_EQ(rows, (std::vector<std::string>{"Tides S01E01: download downloading", "Rerun: skip queued"}));
  EXPECT_EQ(everything(), before);
}

const char* const kTagging = R"(
[[rule]]
id = "news"
feeds = ["*"]
where = 'title : "news"'
tags = ["Daily", "short"]
continue = true
[[rule]]
id = "rest"
feeds = ["*"]
match_all = true
tags = ["short", "all"])";

TEST_F(RulesTrial, TagsOfTheRulesAreKeptWithTheEpisode) {
  configure(kTagging);
  subscribe();
  poll(make_feed({make_item("News"), make_item("Talk")}));
  EXPECT_EQ(context().episodes.tags(episode("News").id), (std::vector<std::string>{"all", "Daily", "short"}));
  EXPECT_EQ(context().episodes.tags(episode("Talk").id), (std::vector<std::string>{"all", "short"}));
  db::EpisodeFilter filter;
  filter.tag = "daily";
  ASSERT_EQ(context().episodes.list(filter).size(), 1u);
  EXPECT_EQ(context().episodes.list(filter)[0].title, "News");
  EXPECT_EQ(context().episodes.count(filter), 1u);
  EXPECT_EQ(titles("tag = \"daily\""), (std::vector<std::string>{"News true"}));
}

TEST_F(RulesTrial, TagsMayNameAFile) {
  configure(std::string("[library]\ntemplate = \"{tags}/{title}.{ext}\"\n") + kTagging);
  subscribe();
  poll(make_feed({make_item("News")}));
  scheduler_->tick();
  engine_finishes(0);
  ASSERT_FALSE(files_.requests.empty());
  EXPECT_EQ(files_.requests.front().second.relative, "all Daily short/News.mp3");
}

class PreferredCopy : public SchedulerTest {
 protected:
  PreferredCopy() {
    configure(R"(
[[rule]]
id = "best"
feeds = ["*"]
match_all = true
once_per = "episode"
wait = "6h"
prefer = ["quality >= 1080p", "quality >= 720p"])");
  }
  std::string decision(const std::string& title) { return std::string(db::to_string(episode(title).decision)); }
};

TEST_F(PreferredCopy, TheBestOfWhatHasComeIsTakenWhenTheFirstHasWaited) {
  subscribe();
  poll(make_feed(
      {make_item("X S01E01 480p", "2026-11-20T11:00:00Z"), make_item("X S01E01 720p", "2026-11-20T11:30:00Z"),
       make_item("X S01E01 576p", "2026-11-20T11:40:00Z"), make_item("X S01E02 720p", "2026-11-20T11:50:00Z")}));
  EXPECT_EQ(decision("X S01E01 480p"), "defer");
  EXPECT_EQ(decision("X S01E01 720p"), "defer");
  clock_.set(*base::parse_rfc3339("2026-11-20T17:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(decision("X S01E01 720p"), "download");
  EXPECT_NE(episode("X S01E01 720p").decision_reason.find("preferred"), std::string::npos);
  EXPECT_EQ(decision("X S01E01 480p"), "none");
  EXPECT_EQ(decision("X S01E02 720p"), "defer") << "another episode has its own time";
  clock_.set(*base::parse_rfc3339("2026-11-20T18:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(decision("X S01E01 576p"), "none");
  EXPECT_EQ(decision("X S01E02 720p"), "download");
}

TEST_F(PreferredCopy, WhatIsPreferredInAllDoesNotWait) {
  subscribe();
  poll(make_feed(
      {make_item("X S01E01 480p", "2026-11-20T11:00:00Z"), make_item("X S01E01 1080p", "2026-11-20T11:30:00Z")}));
  EXPECT_EQ(decision("X S01E01 1080p"), "download");
  clock_.set(*base::parse_rfc3339("2026-11-20T17:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(decision("X S01E01 480p"), "none");
}

}  // namespace
}  // namespace podswarm::scheduler
