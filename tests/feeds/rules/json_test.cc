#include "feeds/rules/json.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> decisions(const RuleSet& rules, std::string_view items) {
  std::vector<std::string> out;
  const auto result = test_items_text(rules, items, kNow);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return out;
  }
  for (const auto& row : *result) out.emplace_back(row.at("decision").as_string());
  return out;
}

TEST(TestItems, gives_one_answer_an_item_in_order) {
  RuleSpec spec = rule_where("news", R"(title ~ r"(?P<who>\w+) news" and duration >= 20m)");
  spec.dest = {"{feed}", {}};
  spec.name = {"{who}", {}};
  spec.tags = texts({"t"});
  const RuleSet rules = must_compile({spec});
  const auto result = test_items_text(rules, R"([
    {"feed": "F", "title": "World news", "guid": "1", "duration_seconds": 1800},
    {"feed": "F", "title": "World news", "guid": "2", "duration_seconds": null}])",
                                      kNow);
  ASSERT_TRUE(result);
  EXPECT_EQ(boost::json::value(*result), boost::json::parse(R"_([
    {"guid": "1", "title": "World news", "decision": "download", "rule": "news",
     "reason": "accepted by \"news\": duration >= 20m is true (30m 00s)",
     "dest": "{feed}", "name": "{who}", "tags": ["t"], "priority": 0, "captures": {
    "who" : "World"}
},
    {"guid": "2", "title": "World news", "decision": "none", "rule": "",
     "reason": "no rule matched; \"news\": duration >= 20m is unknown (the feed does not say)",
     "dest": "", "name": "", "tags": [], "priority": 0}])_"));
}

TEST(TestItems, reads_every_member) {
  const RuleSet rules = must_compile({rule_where("r", R"(
    feed = "F" and feed : "f.example" and tag = "T" and title = "X" and guid = "G" and link = "http://l/" and
    description : "words" and author = "A" and published = 2026-11-20 and duration = 90s and size = 5MB and
    category = "C" and explicit and ep_type = "bonus" and season = 2 and episode = 3.5 and ep = 2x03 or
    enclosure.type = "audio/mpeg" and enclosure.url : "a.mp3" and torrent and language = "en")")});
  const char* full = R"([{"feed": "F", "feed_url": "http://f.example/", "tags": ["T"], "title": "X", "guid": "G",
    "link": "http://l/", "description": "<p>words", "author": "A", "published": "2026-11-20T10:00:00+01:00",
    "duration_seconds": 90.4, "size": 5000000, "categories": ["B", "C"], "explicit": true, "episode_type": "bonus",
    "season": 2, "episode": 3.5, "language": "en", "whatever": {},
    "enclosures": [{"url": "http://x/a.mp3", "type": "audio/mpeg", "length": 1}, {"url": "http://x/A.TORRENT?x=1"}]}])";
  EXPECT_THAT(decisions(rules, full), ElementsAre("download"));
  const auto explained = to_json(rules.explain(candidate(item("x")), MemoryHistory()));
  EXPECT_EQ(explained.at("rules").at(0).at("predicates").as_array().size(), 21u);
}

TEST(TestItems, earlier_and_held_items_are_history) {
  RuleSpec spec = rule_where("r", "");
  spec.once_per = {"episode", {}};
  spec.repack = {"any", {}};
  const RuleSet rules = must_compile({spec});
  EXPECT_THAT(decisions(rules, R"([
    {"feed": "F", "title": "X S01E01"}, {"feed": "F", "title": "X S01E01"},
    {"feed": "F", "title": "X S01E02 REPACK", "held": true}, {"feed": "F", "title": "X S01E02 REPACK"},
    {"feed": "F", "title": "X S01E03", "failed": true}, {"feed": "F", "title": "X S01E03"}])"),
              ElementsAre("download", "none", "none", "none", "download", "download"));
}

TEST(TestItems, what_was_seen_is_not_asked_about_again) {
  const RuleSet rules = must_compile({rule_where("r", "")});
  const auto result = test_items_text(rules, R"([
    {"feed": "F", "title": "A", "guid": "1"}, {"feed": "F", "title": "A, mended", "guid": "1"},
    {"feed": "G", "title": "A", "guid": "1"},
    {"feed": "F", "title": "B", "guid": "2", "held": true}, {"feed": "F", "title": "B", "guid": "2"},
    {"feed": "F", "title": "C", "guid": "3", "enclosures": [{"url": "http://h/c.mp3", "type": "audio/mpeg"}]},
    {"feed": "F", "title": "C again", "guid": "4", "enclosures": [{"url": "http://h/c.mp3", "type": "audio/mpeg"}]},
    {"feed": "F", "title": "D", "guid": "5", "info_hash": "0123456789012345678901234567890123456789"},
    {"feed": "F", "title": "E", "guid": "6", "info_hash": "0123456789012345678901234567890123456789"},
    {"feed": "F", "title": "G", "guid": "7", "enclosures": [{"url": "http://h/art.jpg", "type": "image/jpeg"}]},
    {"feed": "F", "title": "H", "guid": "8", "enclosures": [{"url": "http://h/art.jpg", "type": "image/jpeg"}]}])",
                                      kNow);
  ASSERT_TRUE(result);
  std::vector<std::string> decisions;
  for (const auto& row : *result) decisions.emplace_back(row.at("decision").as_string());
  EXPECT_THAT(decisions, ElementsAre("download", "none", "download", "none", "none", "download", "none", "download",
                                     "none", "download", "download"));
  EXPECT_EQ(result->at(1).at("reason").as_string(), R"(seen before: it has the guid of "A")");
  EXPECT_EQ(result->at(1).at("rule").as_string(), "");
  EXPECT_EQ(result->at(3).at("reason").as_string(), "held already");
  EXPECT_EQ(result->at(6).at("reason").as_string(), R"(seen before: it has the enclosure of "C")");
  EXPECT_EQ(result->at(8).at("reason").as_string(), R"(seen before: it has the info-hash of "D")");
}

TEST(TestItems, a_condition_that_stands_alone_is_asked_about_repeats_too) {
  const auto items = boost::json::parse(R"([{"feed": "F", "title": "A", "guid": "1"},
                                            {"feed": "F", "title": "A", "guid": "1"}])");
  const auto result = test_items(must_compile({rule_where("r", "")}), items, kNow, Repeats::kAskedAbout);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->at(1).at("decision").as_string(), "download");
}

TEST(TestItems, what_each_day_brings_under_one_address_is_new) {
  EXPECT_THAT(decisions(must_compile({rule_where("r", "")}), R"([
    {"feed": "F", "title": "Monday", "guid": "1", "published": "2026-11-02T06:00:00Z",
     "enclosures": [{"url": "http://h/news.mp3"}]},
    {"feed": "F", "title": "Tuesday", "guid": "2", "published": "2026-11-03T06:00:00Z",
     "enclosures": [{"url": "http://h/news.mp3"}]},
    {"feed": "F", "title": "Tuesday, mended", "guid": "3", "published": "2026-11-03T07:00:00Z",
     "enclosures": [{"url": "http://h/news.mp3"}]}])"),
              ElementsAre("download", "download", "none"));
}

TEST(TestItems, what_is_deferred_has_not_been_seen_and_is_taken_once) {
  RuleSpec spec = rule_where("r", "");
  spec.wait = {"6h", {}};
  const RuleSet rules = must_compile({spec});
  const char* items = R"([
    {"feed": "F", "title": "A", "guid": "1", "published": "2026-11-20T02:00:00Z"},
    {"feed": "F", "title": "A", "guid": "1", "published": "2026-11-20T03:00:00Z"}])";
  EXPECT_THAT(decisions(rules, items), ElementsAre("download", "none"));
  const auto waiting = test_items_text(rules, items, at("2026-11-20T04:00:00Z"));
  ASSERT_TRUE(waiting);
  for (const auto& row : *waiting) EXPECT_EQ(row.at("decision").as_string(), "defer");
}

TEST(TestItems, cooldowns_and_limits_go_by_the_items_dates) {
  RuleSpec cooling = rule_where("r", "");
  cooling.cooldown = {"20h", {}};
  const char* items = R"([
    {"feed": "F", "title": "A", "published": "2026-11-01T00:00:00Z"},
    {"feed": "F", "title": "B", "published": "2026-11-01T19:00:00Z"},
    {"feed": "F", "title": "C", "published": "2026-11-01T20:00:00Z"},
    {"feed": "F", "title": "D", "published": "2026-11-10T00:00:00Z", "held": true},
    {"feed": "F", "title": "E", "published": "2026-11-10T01:00:00Z"},
    {"feed": "F", "title": "F"}, {"feed": "F", "title": "G"}])";
  EXPECT_THAT(decisions(must_compile({cooling}), items),
              ElementsAre("download", "none", "download", "none", "none", "download", "none"));
  RuleSpec limited = rule_where("r", "");
  limited.limit = {"2/24h", {}};
  EXPECT_THAT(decisions(must_compile({limited}), items),
              ElementsAre("download", "download", "download", "none", "download", "download", "download"));
}

TEST(TestItems, a_deferred_item_says_until_when) {
  RuleSpec spec = rule_where("r", "");
  spec.wait = {"6h", {}};
  const auto result = test_items_text(must_compile({spec}),
                                      R"([{"feed": "F", "title": "A", "published": "2026-11-20T10:00:00Z"}])", kNow);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->at(0).at("decision").as_string(), "defer");
  EXPECT_EQ(result->at(0).at("until").as_string(), "2026-11-20T16:00:00Z");
}

TEST(TestItems, a_wait_that_is_over_gives_the_best_of_what_had_come_by_then) {
  RuleSpec spec = rule_where("r", "");
  spec.wait = {"6h", {}};
  spec.once_per = {"episode", {}};
  spec.prefer = texts({"quality >= 2160p", "quality >= 1080p", "quality >= 720p"});
  // 720p comes within the first one's wait, 1080p does not; of E02 only one has come, and waits still.
  const char* items = R"([
    {"feed": "F", "title": "X S01E01 480p", "published": "2026-11-20T00:00:00Z"},
    {"feed": "F", "title": "X S01E01 720p", "published": "2026-11-20T03:00:00Z"},
    {"feed": "F", "title": "X S01E01 1080p", "published": "2026-11-20T07:00:00Z"},
    {"feed": "F", "title": "X S01E02 720p", "published": "2026-11-20T11:00:00Z"}])";
  const RuleSet rules = must_compile({spec});
  EXPECT_THAT(decisions(rules, items), ElementsAre("none", "download", "none", "defer"));
  const auto at = [&](const char* time) {
    std::vector<std::string> out;
    const auto result = test_items_text(rules, items, *base::parse_rfc3339(time));
    for (const auto& row : *result) out.emplace_back(row.at("decision").as_string());
    return out;
  };
  EXPECT_THAT(at("2026-11-20T05:59:59Z"), ElementsAre("defer", "defer", "defer", "defer"));
  EXPECT_THAT(at("2026-11-20T06:00:00Z"), ElementsAre("none", "download", "none", "defer"));
}

TEST(TestItems, a_limit_defers_to_the_time_at_which_there_is_room) {
  RuleSpec spec = rule_where("r", "");
  spec.limit = {"2/24h", {}};
  const RuleSet rules = must_compile({spec});
  const char* items = R"([
    {"feed": "F", "title": "A", "published": "2026-11-01T00:00:00Z"},
    {"feed": "F", "title": "B", "published": "2026-11-01T06:00:00Z"},
    {"feed": "F", "title": "C", "published": "2026-11-01T12:00:00Z"},
    {"feed": "F", "title": "D", "published": "2026-11-01T13:00:00Z"},
    {"feed": "F", "title": "E", "published": "2026-11-01T14:00:00Z"}])";
  EXPECT_THAT(decisions(rules, items), ElementsAre("download", "download", "download", "download", "download"));
  // Long after the window in which the third was deferred.
  const auto result = test_items_text(rules, items, at("2026-11-02T23:00:00Z"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->at(3).at("decision").as_string(), "download");
  EXPECT_EQ(result->at(4).at("decision").as_string(), "defer");
  EXPECT_EQ(result->at(4).at("until").as_string(), "2026-11-03T00:00:00Z");
}

TEST(TestItems, a_long_past_under_a_limit_is_not_asked_about_over_and_over) {
  RuleSpec spec = rule_where("r", "");
  spec.limit = {"1/24h", {}};
  std::string items;
  for (int i = 0; i < 20'000; ++i) {
    const auto date = base::format_rfc3339(at("2016-01-01T00:00:00Z") + hours(4 * i));
    items += (i == 0 ? "[" : ",") + (R"({"feed": "F", "title": "A", "published": ")" + date + "\"}");
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto result = test_items_text(must_compile({spec}), items + "]", kNow);
  ASSERT_TRUE(result);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(result->back().at("until").as_string(), "2026-11-21T00:00:00Z");
}

TEST(TestItems, a_wait_ends_before_what_comes_after_it) {
  RuleSpec spec = rule_where("r", "");
  spec.wait = {"6h", {}};
  spec.cooldown = {"5h", {}};
  // Taken at 06:00, so that the second, which is due at 10:00, comes too soon, and the third does not.
  EXPECT_THAT(decisions(must_compile({spec}), R"([
    {"feed": "F", "title": "A", "published": "2026-11-20T00:00:00Z"},
    {"feed": "F", "title": "B", "published": "2026-11-20T04:00:00Z"},
    {"feed": "F", "title": "C", "published": "2026-11-20T05:30:00Z"}])"),
              ElementsAre("download", "none", "download"));
}

TEST(TestItems, without_rules_everything_is_wanted) {
  EXPECT_THAT(decisions(RuleSet(), R"([{"feed": "F", "title": "A"}])"), ElementsAre("download"));
}

TEST(TestItems, says_what_is_wrong_with_an_item) {
  const auto error = [](std::string_view items) {
    const auto result = test_items_text(RuleSet(), items, kNow);
    return result ? std::string() : result.error().message;
  };
  EXPECT_THAT(error("["), HasSubstr("the items are not JSON"));
  EXPECT_EQ(error("{}"), "the items must be an array of objects");
  EXPECT_EQ(error("[1]"), "items[0] must be an object");
  EXPECT_EQ(error(R"([{"title": "x"}])"), "items[0].feed is missing");
  EXPECT_EQ(error(R"([{"feed": "F", "title": 5}])"), "items[0].title must be a string");
  const auto with = [&](const std::string& member) { return error(R"([{"feed":"F","title":"x",)" + member + "}]"); };
  EXPECT_EQ(with(R"("published": "yesterday")"), "items[0].published must be a time such as \"2026-11-20T18:30:00Z\"");
  EXPECT_EQ(with(R"("duration_seconds": "5")"), "items[0].duration_seconds must be a number");
  EXPECT_EQ(with(R"("size": -1)"), "items[0].size must be a number, zero or more");
  EXPECT_EQ(with(R"("size": 1e300)"), "items[0].size is too large");
  EXPECT_EQ(with(R"("tags": [1])"), "items[0].tags must be an array of strings");
  EXPECT_EQ(with(R"("held": 1)"), "items[0].held must be true or false");
  EXPECT_EQ(with(R"("enclosures": [{}])"), "items[0].enclosures[0].url is missing");
  EXPECT_EQ(with(R"("enclosures": [1])"), "items[0].enclosures must be an array of objects");
}

}  // namespace
}  // namespace podswarm::rules
