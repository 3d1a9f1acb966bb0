#include "feeds/rules/rule_set.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Decision decide(const std::vector<RuleSpec>& specs, const feeds::Item& of) {
  return must_compile(specs).decide(candidate(of), MemoryHistory());
}

RuleSpec with(RuleSpec spec, const char* action, int priority = 0) {
  spec.action = {action, {4, 11}};
  spec.priority = priority;
  return spec;
}

TEST(RuleSet, without_rules_everything_is_wanted) {
  const Decision decision = decide({}, item("x"));
  EXPECT_EQ(decision.action, Action::kDownload);
  EXPECT_THAT(decision.reason, HasSubstr("no rules"));
  EXPECT_FALSE(decision.entry.keys.empty());
}

TEST(RuleSet, where_no_rule_accepts_the_item_is_not_wanted_and_the_reason_says_why) {
  auto it = item("short");
  it.duration_seconds = 60;
  const Decision decision = decide({rule_where("long", "duration >= 20m")}, it);
  EXPECT_EQ(decision.action, Action::kNone);
  EXPECT_EQ(decision.rule, "");
  EXPECT_EQ(decision.reason, R"(no rule matched; "long": duration >= 20m is false (1m 00s))");
  EXPECT_EQ(decide({rule_where("long", "duration >= 20m")}, item("x")).reason,
            R"(no rule matched; "long": duration >= 20m is unknown (the feed does not say))");
}

TEST(RuleSet, a_disabled_rule_never_accepts_yet_is_a_rule) {
  auto spec = rule_where("r", "");
  spec.enabled = false;
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kNone);
}

TEST(RuleSet, any_all_none_and_where_must_agree) {
  RuleSpec spec = rule_where("r", R"(title : "w")");
  spec.any = texts({R"(title : "a")", R"(title : "b")"});
  spec.all = texts({R"(title : "c")", R"(title : "d")"});
  spec.none = texts({R"(title : "x")", R"(title : "y")"});
  EXPECT_EQ(decide({spec}, item("a c d w")).action, Action::kDownload);
  EXPECT_EQ(decide({spec}, item("b c d w")).action, Action::kDownload);
  EXPECT_EQ(decide({spec}, item("c d w")).action, Action::kNone);
  EXPECT_EQ(decide({spec}, item("a c w")).action, Action::kNone);
  EXPECT_EQ(decide({spec}, item("a c d")).action, Action::kNone);
  EXPECT_EQ(decide({spec}, item("a c d w y")).action, Action::kNone);
}

TEST(RuleSet, on_unknown_decides_what_cannot_be_told) {
  RuleSpec spec = rule_where("r", "not duration < 20m");
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kNone);
  spec.on_unknown = {"hold", {5, 1}};
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kHold);
  EXPECT_EQ(decide({spec}, item("x")).rule, "r");
  spec.on_unknown = {"accept", {5, 1}};
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kDownload);
  auto known = item("x");
  known.duration_seconds = 60;
  EXPECT_EQ(decide({spec}, known).action, Action::kNone);
}

TEST(RuleSet, an_unknown_in_none_is_unknown_too) {
  RuleSpec spec = rule_where("r", R"(title : "x")");
  spec.none = texts({"duration < 5m"});
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kNone);
  spec.on_unknown = {"accept", {}};
  EXPECT_EQ(decide({spec}, item("x")).action, Action::kDownload);
}

TEST(RuleSet, rules_apply_to_feeds_by_name_url_tag_or_all) {
  const auto takes_feed = [](const char* selector, std::string_view name, std::string_view url,
                             std::vector<std::string> tags) {
    RuleSpec spec = rule_where("r", "");
    spec.feeds = texts({selector});
    const auto it = item("x");
    const Candidate c{name, url, tags, "", it, kNow};
    return must_compile({spec}).decide(c, MemoryHistory()).action == Action::kDownload;
  };
  EXPECT_TRUE(takes_feed("*", "A", "http://a/", {}));
  EXPECT_TRUE(takes_feed("my feed", "My Feed", "http://a/", {}));
  EXPECT_FALSE(takes_feed("my", "My Feed", "http://a/", {}));
  EXPECT_TRUE(takes_feed("HTTP://A.example:80/rss", "n", "http://a.example/rss", {}));
  EXPECT_FALSE(takes_feed("http://a.example/rss", "n", "http://a.example/rss2", {}));
  EXPECT_TRUE(takes_feed("tag:news", "n", "http://a/", {"x", "News"}));
  EXPECT_FALSE(takes_feed("tag:news", "news", "http://a/", {"x"}));
  RuleSpec spec = rule_where("r", "");
  spec.feeds = texts({"other"});
  EXPECT_THAT(decide({spec}, item("x")).reason, HasSubstr("no rule is for this feed"));
}

TEST(RuleSet, higher_priority_is_asked_first_then_file_order) {
  const auto order = [](std::vector<RuleSpec> specs) { return must_compile(specs).ids(); };
  auto a = rule_where("a", "");
  auto b = rule_where("b", "");
  auto c = with(rule_where("c", ""), "download", 5);
  EXPECT_THAT(order({a, b, c}), ElementsAre("c", "a", "b"));
  EXPECT_THAT(order({b, a, c}), ElementsAre("c", "b", "a"));
}

TEST(RuleSet, at_equal_priority_skip_beats_download_wherever_it_stands) {
  const auto take = rule_where("take", R"(title : "a")");
  const auto skip = with(rule_where("skip", R"(title : "b")"), "skip");
  EXPECT_EQ(decide({take, skip}, item("a b")).action, Action::kSkip);
  EXPECT_EQ(decide({skip, take}, item("a b")).action, Action::kSkip);
  EXPECT_EQ(decide({skip, take}, item("a")).action, Action::kDownload);
  const auto urgent = with(rule_where("urgent", R"(title : "a")"), "download", 1);
  EXPECT_EQ(decide({skip, urgent}, item("a b")).action, Action::kDownload);
}

TEST(RuleSet, specific_rules_and_rules_for_all_feeds_keep_their_order) {
  auto narrow = rule_where("narrow", "");
  narrow.feeds = texts({"Feed", "tag:none"});
  auto wide = with(rule_where("wide", ""), "notify", 1);
  EXPECT_EQ(decide({narrow, wide}, item("x")).rule, "wide");
  wide.priority = -1;
  EXPECT_EQ(decide({wide, narrow}, item("x")).rule, "narrow");
}

TEST(RuleSet, a_rule_that_continues_leaves_the_last_word_and_its_tags) {
  auto tagger = with(rule_where("tagger", ""), "notify", 9);
  tagger.continue_ = true;
  tagger.tags = texts({"all", "both"});
  auto taker = rule_where("taker", R"(title : "a")");
  taker.tags = texts({"both", "mine"});
  const Decision taken = decide({tagger, taker}, item("a"));
  EXPECT_EQ(taken.action, Action::kDownload);
  EXPECT_EQ(taken.rule, "taker");
  EXPECT_THAT(taken.tags, ElementsAre("all", "both", "mine"));
  ASSERT_EQ(taken.also.size(), 1u);
  EXPECT_EQ(taken.also[0].rule, "tagger");
  EXPECT_EQ(taken.also[0].action, Action::kNotify);
  EXPECT_EQ(taken.also[0].entry.rule, "tagger");
  EXPECT_TRUE(taken.also[0].entry.keys.empty());
  const Decision alone = decide({tagger, taker}, item("b"));
  EXPECT_EQ(alone.action, Action::kNotify);
  EXPECT_EQ(alone.rule, "tagger");
  EXPECT_TRUE(alone.also.empty());
}

TEST(RuleSet, of_rules_that_all_continue_the_last_decides_but_for_skip) {
  auto teller = with(rule_where("teller", ""), "notify", 9);
  auto taker = rule_where("taker", R"(title : "a")");
  auto skipper = with(rule_where("skipper", R"(title : "b")"), "skip", 0);
  for (auto* rule : {&teller, &taker, &skipper}) rule->continue_ = true;
  const Decision taken = decide({teller, taker, skipper}, item("a"));
  EXPECT_EQ(taken.action, Action::kDownload);
  EXPECT_EQ(taken.rule, "taker");
  ASSERT_EQ(taken.also.size(), 1u);
  EXPECT_EQ(taken.also[0].rule, "teller");
  // Of one priority, though asked first.
  const Decision skipped = decide({teller, taker, skipper}, item("a b"));
  EXPECT_EQ(skipped.rule, "skipper");
  ASSERT_EQ(skipped.also.size(), 2u);
  EXPECT_EQ(skipped.also[0].rule, "teller");
  EXPECT_EQ(skipped.also[1].rule, "taker");
  skipper.priority = 1;
  EXPECT_EQ(decide({teller, taker, skipper}, item("a b")).rule, "taker");
}

TEST(RuleSet, the_decision_carries_what_the_rule_says) {
  auto spec = rule_where("r", R"(title ~ r"(?P<who>\w+) and (?P<whom>\w+)(?P<not>!)?")");
  spec.priority = 7;
  spec.dest = {"{feed}", {}};
  spec.name = {"{who}", {}};
  spec.paused = true;
  spec.queue = {"top", {}};
  const Decision decision = decide({spec}, item("tom and jerry"));
  EXPECT_EQ(decision.action, Action::kDownload);
  EXPECT_EQ(decision.dest, "{feed}");
  EXPECT_EQ(decision.name, "{who}");
  EXPECT_EQ(decision.priority, 7);
  EXPECT_TRUE(decision.paused);
  EXPECT_TRUE(decision.queue_top);
  EXPECT_THAT(decision.captures, ElementsAre(Pair("who", "tom"), Pair("whom", "jerry")));
}

TEST(RuleSet, notify_mark_seen_and_skip_are_decisions_of_their_own) {
  EXPECT_EQ(decide({with(rule_where("r", ""), "notify")}, item("x")).action, Action::kNotify);
  EXPECT_EQ(decide({with(rule_where("r", ""), "mark-seen")}, item("x")).action, Action::kMarkSeen);
  EXPECT_EQ(decide({with(rule_where("r", R"(title : "x")"), "skip")}, item("x")).reason,
            R"(skipped by "r": title : "x" is true (x))");
}

TEST(RuleSet, decisions_do_not_depend_on_what_was_asked_before) {
  const RuleSet rules = must_compile({rule_where("r", R"(title : "a")")});
  const auto a = item("a");
  const auto b = item("b");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rules.decide(candidate(a), MemoryHistory()).action, Action::kDownload);
    EXPECT_EQ(rules.decide(candidate(b), MemoryHistory()).action, Action::kNone);
  }
}

TEST(Explain, shows_every_predicate_with_place_value_and_match) {
  RuleSpec spec = rule_where("r", R"(title : "NEWS" or duration > 5m)");
  spec.none = texts({R"(title ~ r"r.run")"});
  auto it = item("Daily News rerun");
  const Explanation all = must_compile({spec}).explain(candidate(it), MemoryHistory());
  ASSERT_EQ(all.rules.size(), 1u);
  const auto& rows = all.rules[0].predicates;
  ASSERT_EQ(rows.size(), 3u);  // nothing is cut short, though `none` settles it and the first half of `or` is true
  EXPECT_EQ(rows[0].clause, "none");
  EXPECT_EQ(rows[0].truth, Truth::kTrue);
  EXPECT_EQ(rows[0].matched, "rerun");
  EXPECT_EQ(rows[0].pos.line, 10u);
  EXPECT_EQ(rows[0].pos.column, 5u);
  EXPECT_EQ(rows[1].clause, "where");
  EXPECT_EQ(rows[1].matched, "News");
  EXPECT_EQ(rows[1].actual, "Daily News rerun");
  EXPECT_EQ(rows[2].text, "duration > 5m");
  EXPECT_EQ(rows[2].truth, Truth::kUnknown);
  EXPECT_EQ(rows[2].pos.line, 3u);
  EXPECT_EQ(rows[2].pos.column, 10u + 18u);
  EXPECT_FALSE(all.rules[0].accepts);
  EXPECT_EQ(all.decision.action, Action::kNone);
  EXPECT_THAT(all.to_text(),
              HasSubstr("true    none   10:5 title ~ r\"r.run\"  [Daily News rerun]  matched \"rerun\""));
}

TEST(Explain, goes_on_after_the_deciding_rule_and_names_those_that_do_not_apply) {
  auto other = rule_where("other", "");
  other.feeds = texts({"Elsewhere"});
  auto off = rule_where("off", "");
  off.enabled = false;
  const Explanation all = must_compile({rule_where("first", ""), rule_where("second", ""), other, off})
                              .explain(candidate(item("x")), MemoryHistory());
  EXPECT_EQ(all.decision.rule, "first");
  ASSERT_EQ(all.rules.size(), 4u);
  EXPECT_TRUE(all.rules[0].accepts);
  EXPECT_TRUE(all.rules[1].accepts);
  EXPECT_EQ(all.rules[2].outcome, "is not for this feed");
  EXPECT_EQ(all.rules[3].outcome, "is disabled");
}

TEST(Explain, shows_values_on_one_line_and_without_credentials) {
  auto it = item("two\nlines\t" + std::string(300, 'x'));
  it.link = "http://user:secret@host.example/a";
  const Explanation all = must_compile({rule_where("r", R"(title : "two" and link : "host" and feed : "http")")})
                              .explain(candidate(it), MemoryHistory());
  const auto& rows = all.rules.at(0).predicates;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].actual, testing::StartsWith("two lines xxx"));
  EXPECT_LT(rows[0].actual.size(), 130u);
  EXPECT_THAT(rows[1].actual, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(rows[2].actual, "Feed");
  EXPECT_EQ(rows[2].truth, Truth::kTrue);
}

TEST(Compile, reports_every_error_not_only_the_first) {
  RuleSpec a = rule_where("a", R"(titel : "x")");
  a.any = texts({"title", "size > 5m"});
  a.action = {"downlod", {6, 11}};
  RuleSpec b = rule_where("a", "(");
  b.limit = {"3 per day", {7, 10}};
  std::vector<std::string> lines;
  for (const auto& error : errors_of({a, b})) lines.push_back(error.to_string());
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_THAT(lines[0], HasSubstr("rules.toml:10:10: rule \"a\": any: an operator was expected"));
  EXPECT_THAT(lines[1], HasSubstr("rules.toml:11:12: rule \"a\": any: `size` is compared"));
  EXPECT_THAT(lines[2], HasSubstr("rules.toml:3:10: rule \"a\": where: there is no field `titel`"));
  EXPECT_THAT(lines[3],
              HasSubstr("rules.toml:6:11: rule \"a\": action cannot be \"downlod\" (did you mean \"download\"?)"));
  EXPECT_THAT(lines[4], HasSubstr("a field was expected"));
  EXPECT_THAT(lines[5], HasSubstr("rules.toml:7:10: rule \"a\": limit cannot be"));
  EXPECT_THAT(lines[6], HasSubstr("rules.toml:2:7: the id \"a\" is taken since line 2"));
}

std::string first_error(const RuleSpec& spec) {
  const auto errors = errors_of({spec});
  return errors.empty() ? "" : errors[0].to_string();
}

TEST(Compile, refuses_rules_that_would_surprise) {
  RuleSpec spec = rule_where("r", "");
  spec.match_all = false;
  EXPECT_THAT(first_error(spec), HasSubstr("without any condition would take everything"));
  spec = rule_where("", R"(title : "x")");
  EXPECT_THAT(first_error(spec), HasSubstr("needs an id"));
  spec = rule_where("r", R"(title : "x")");
  spec.feeds.clear();
  EXPECT_THAT(first_error(spec), HasSubstr("which feeds"));
  spec.feeds = texts({"tag:"});
  EXPECT_THAT(first_error(spec), HasSubstr("a tag is missing"));
  spec = rule_where("r", R"(title : "x")");
  spec.any = texts({""});
  EXPECT_THAT(first_error(spec), HasSubstr("the expression is empty"));
  spec = rule_where("r", R"(title : "x")");
  spec.prefer = texts({"quality >= 1080p"});
  EXPECT_THAT(first_error(spec), HasSubstr("prefer needs wait"));
  spec = with(rule_where("r", R"(title : "x")"), "skip");
  spec.once_per = {"episode", {}};
  EXPECT_THAT(first_error(spec), HasSubstr("once_per has no meaning with action = \"skip\""));
  spec = rule_where("r", R"(title : "x")");
  spec.once_per = {"title", {}};
  spec.repack = {"any", {}};
  EXPECT_THAT(first_error(spec), HasSubstr("repack goes with once_per = \"episode\" only"));
}

TEST(Compile, checks_durations_limits_and_choices) {
  const auto error_with = [](auto set) {
    RuleSpec spec = rule_where("r", R"(title : "x")");
    set(spec);
    return first_error(spec);
  };
  for (const char* good : {"1/1s", "3/24h", " 10 / 7d"}) {
    EXPECT_EQ(error_with([&](RuleSpec& s) { s.limit = {good, {}}; }), "") << good;
  }
  for (const char* bad :
       {"3", "0/24h", "-1/24h", "3/", "/24h", "3/0s", "x/24h", "3.5/24h", "99999999999999999999/1h"}) {
    EXPECT_THAT(error_with([&](RuleSpec& s) { s.limit = {bad, {}}; }), HasSubstr("limit cannot be")) << bad;
  }
  EXPECT_THAT(error_with([](RuleSpec& s) { s.cooldown = {"soon", {}}; }), HasSubstr("cooldown cannot be"));
  EXPECT_THAT(error_with([](RuleSpec& s) { s.wait = {"0s", {}}; }), HasSubstr("wait cannot be"));
  EXPECT_THAT(error_with([](RuleSpec& s) { s.on_unknown = {"rejct", {}}; }), HasSubstr("did you mean \"reject\"?"));
  EXPECT_THAT(error_with([](RuleSpec& s) { s.once_per = {"epsode", {}}; }), HasSubstr("did you mean \"episode\"?"));
  EXPECT_THAT(error_with([](RuleSpec& s) {
                s.repack = {"sometimes", {}};
              }),
              HasSubstr("one of \"none\" \"same-group\" \"any\""));
  EXPECT_THAT(error_with([](RuleSpec& s) { s.queue = {"middle", {}}; }), HasSubstr("queue cannot be"));
}

TEST(Compile, takes_a_rule_with_every_key) {
  RuleSpec spec = rule_where("weekly", "ep in S01E08..S01E15 or ep >= S01E30");
  spec.feeds = texts({"tag:news"});
  spec.priority = 10;
  spec.any = texts({R"(title : "full show")"});
  spec.all = texts({"duration >= 20m"});
  spec.none = texts({R"(title ~ r"\brerun\b")"});
  spec.action = {"download", {}};
  spec.dest = {"{feed}/{published:%Y}", {}};
  spec.name = {"{show} {ep} {title}", {}};
  spec.tags = texts({"news"});
  spec.once_per = {"episode", {}};
  spec.repack = {"same-group", {}};
  spec.cooldown = {"20h", {}};
  spec.limit = {"3/24h", {}};
  spec.wait = {"6h", {}};
  spec.prefer = texts({"quality >= 1080p"});
  spec.on_unknown = {"reject", {}};
  const RuleSet rules = must_compile({spec});
  auto it = item("Weekly S01E09 the full show 1080p");
  it.duration_seconds = 1800;
  it.published = kNow;
  const std::vector<std::string> tags = {"news"};
  Candidate c{"Weekly", "http://feed.example/rss", tags, "", it, kNow};
  const Decision decision = rules.decide(c, MemoryHistory());
  EXPECT_EQ(decision.action, Action::kDownload);
  EXPECT_EQ(decision.dest, "{feed}/{published:%Y}");
  it.title = "Weekly S01E09 the full show, a rerun 1080p";
  EXPECT_EQ(rules.decide(c, MemoryHistory()).action, Action::kNone);
}

TEST(Compile, names_the_file_of_the_rule_where_there_are_several) {
  RuleSpec spec = rule_where("r", "titel");
  spec.file = "more.toml";
  EXPECT_THAT(first_error(spec), HasSubstr("more.toml:3:10:"));
}

TEST(Diagnostics, are_drawn_with_a_caret_under_the_column) {
  const base::Diagnostic error{"r.toml", {2, 10}, "there is no field `titel`", "did you mean `title`?"};
  EXPECT_EQ(render_with_caret(error, "[[rule]]\nwhere = \"titel : 'x'\"\n"),
            "r.toml:2:10: there is no field `titel`\n"
            "  where = \"titel : 'x'\"\n"
            "           ^\n"
            "  did you mean `title`?\n");
  EXPECT_EQ(render_with_caret({"r.toml", {2, 4}, "m", ""}, "a\n\té x y\r\n"), "r.toml:2:4: m\n  \té x y\n  \t  ^\n");
  EXPECT_EQ(render_with_caret({"r.toml", {9, 4}, "m", ""}, "a\n"), "r.toml:9:4: m\n");
  EXPECT_EQ(render_with_caret({"r.toml", {}, "m", "h"}, "a\n"), "r.toml: m\n  h\n");
}

}  // namespace
}  // namespace podswarm::rules
