#include "feeds/rules/qbittorrent_import.h"

#include <gmock/gmock.h>

#include "feeds/rules/json_places.h"
#include "feeds/rules/toml_writer.h"
#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

QbittorrentImport import(std::string_view text) {
  auto result = import_qbittorrent(text, "download_rules.json");
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return std::move(*result);
}

// One rule for feed http://f/ with these further members.
QbittorrentImport import_rule(const std::string& members) {
  return import(R"({"R": {"affectedFeeds": ["http://feed.example/rss"], )" + members + "}}");
}

std::vector<std::string> values(const std::vector<Text>& list) {
  std::vector<std::string> out;
  for (const Text& text : list) out.push_back(text.value);
  return out;
}

bool imported_takes(const std::string& members, const std::string& title) {
  const auto it = item(title);
  return must_compile(import_rule(members).rules).decide(candidate(it), MemoryHistory()).action == Action::kDownload;
}

TEST(QbittorrentImport, wildcards_become_words_joined_by_and_and_alternatives_by_any) {
  const auto result = import_rule(R"("mustContain": "foo b?r*|say \"hi\"", "mustNotContain": "a\\b | x")");
  ASSERT_EQ(result.rules.size(), 1u);
  EXPECT_THAT(values(result.rules[0].any),
              ElementsAre(R"(title : "foo" and title like "*b?r**")", R"(title : "say" and title : "\"hi\"")"));
  EXPECT_THAT(values(result.rules[0].none), ElementsAre(R"(title : "a\\b")", R"(title : "x")"));
  EXPECT_THAT(result.notes, IsEmpty());
  EXPECT_TRUE(imported_takes(R"("mustContain": "foo b?r")", "The BAR of FOO"));
  EXPECT_FALSE(imported_takes(R"("mustContain": "foo b?r")", "The br of foo"));
  EXPECT_FALSE(imported_takes(R"("mustContain": "a", "mustNotContain": "INFO")", "a info daily"));
}

TEST(QbittorrentImport, regular_expressions_keep_ignoring_case) {
  const auto result = import_rule(R"("useRegex": true, "mustContain": "^show \"x\" \\d+$")");
  EXPECT_THAT(values(result.rules[0].any), ElementsAre(R"(title ~ r'(?i)^show "x" \d+$')"));
  EXPECT_TRUE(imported_takes(R"("useRegex": true, "mustContain": "^show \\d+ 'a\"b'$")", "SHOW 12 'A\"B'"));
}

TEST(QbittorrentImport, look_around_is_carried_over_to_pcre2) {
  const auto result = import_rule(R"_("useRegex": true, "mustContain": "show(?!x)", "mustNotContain": "(\\d)\\1")_");
  ASSERT_EQ(result.rules.size(), 1u);
  EXPECT_TRUE(result.rules[0].enabled);
  EXPECT_THAT(values(result.rules[0].any), ElementsAre(R"x(title ~ pcre"(?i)show(?!x)")x"));
  EXPECT_THAT(values(result.rules[0].none), ElementsAre(R"(title ~ pcre"(?i)(\d)\1")"));
  ASSERT_EQ(result.notes.size(), 2u);
  EXPECT_THAT(result.notes[0].to_string(), HasSubstr("rule \"R\": look-around"));
  const auto rules = must_compile(result.rules);
  const auto taken = [&](const std::string& title) {
    const auto it = item(title);
    return rules.decide(candidate(it), MemoryHistory()).action;
  };
  EXPECT_EQ(taken("SHOWy"), Action::kDownload);
  EXPECT_EQ(taken("showx"), Action::kNone);
  EXPECT_EQ(taken("showy 11"), Action::kNone);
}

TEST(QbittorrentImport, what_no_engine_reads_is_imported_disabled_and_harmless) {
  auto result = import_rule(R"_("useRegex": true, "mustContain": "show(")_");
  ASSERT_EQ(result.rules.size(), 1u);
  EXPECT_FALSE(result.rules[0].enabled);
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_THAT(result.notes[0].to_string(), HasSubstr("download_rules.json:1:"));
  EXPECT_THAT(result.notes[0].to_string(), HasSubstr("rule \"R\": mustContain: not a regular expression"));
  result.rules[0].enabled = true;
  const auto it = item("showy");
  EXPECT_EQ(must_compile(result.rules).decide(candidate(it), MemoryHistory()).action, Action::kNone);
}

TEST(QbittorrentImport, an_empty_alternative_is_a_diagnostic) {
  for (const char* members :
       {R"("mustContain": "foo|")", R"("mustNotContain": "|foo")", R"("mustContain": "a| |b")",
        R"("useRegex": true, "mustContain": "foo|")", R"_("useRegex": true, "mustContain": "(foo|)")_",
        R"_("useRegex": true, "mustContain": "(?=foo|)bar")_"}) {
    const auto result = import_rule(members);
    ASSERT_EQ(result.notes.size(), 1u) << members;
    EXPECT_THAT(result.notes[0].message, HasSubstr("an empty alternative matches everything"));
    EXPECT_FALSE(result.rules[0].enabled);
  }
  EXPECT_EQ(import_rule(R"("mustContain": "foo|")").notes[0].pos.column, 73u);
}

TEST(QbittorrentImport, a_rule_that_took_everything_is_disabled_until_confirmed) {
  const auto result = import_rule(R"("enabled": true)");
  EXPECT_FALSE(result.rules[0].enabled);
  EXPECT_TRUE(result.rules[0].match_all);
  EXPECT_THAT(result.notes[0].message, HasSubstr("took everything"));
}

TEST(QbittorrentImport, a_rule_without_feeds_goes_on_matching_nothing) {
  auto result = import(R"({"R": {"mustContain": "x", "affectedFeeds": []}})");
  EXPECT_THAT(result.notes[0].message, HasSubstr("names no feed"));
  result.rules[0].enabled = true;
  const auto it = item("x");
  EXPECT_EQ(must_compile(result.rules).decide(candidate(it), MemoryHistory()).action, Action::kNone);
}

TEST(QbittorrentImport, carries_over_priority_history_and_destination) {
  const auto result = import(R"({
    "Mine": {
      "enabled": false, "priority": 3, "affectedFeeds": "http://feed.example/rss", "mustContain": "x",
      "ignoreDays": 2, "smartFilter": true, "lastMatch": "20 Nov 2017 09:05:11 +0000",
      "previouslyMatchedEpisodes": ["1x2", "1x3-REPACK"],
      "torrentParams": {"category": "tv", "tags": ["a", "b"], "save_path": "shows/x", "stopped": true,
                        "add_to_top_of_queue": true, "upload_limit": 5, "ratio_limit": -2}
    },
    "Old": {"affectedFeeds": ["http://feed.example/rss"], "mustContain": "y", "savePath": "/srv/tv",
            "assignedCategory": "c", "addPaused": true}
  })");
  ASSERT_EQ(result.rules.size(), 2u);
  const RuleSpec& mine = result.rules[0];
  EXPECT_EQ(mine.id.value, "Mine");
  EXPECT_FALSE(mine.enabled);
  EXPECT_EQ(mine.priority, -3);
  EXPECT_THAT(values(mine.feeds), ElementsAre("http://feed.example/rss"));
  EXPECT_EQ(mine.cooldown.value, "2d");
  EXPECT_EQ(mine.once_per.value, "episode");
  EXPECT_EQ(mine.repack.value, "any");
  EXPECT_THAT(values(mine.tags), ElementsAre("tv", "a", "b"));
  EXPECT_EQ(mine.dest.value, "shows/x");
  EXPECT_TRUE(mine.paused);
  EXPECT_EQ(mine.queue.value, "top");
  const RuleSpec& old = result.rules[1];
  EXPECT_EQ(old.dest.value, "");
  EXPECT_THAT(values(old.tags), ElementsAre("c"));
  EXPECT_TRUE(old.paused);
  std::vector<std::string> notes;
  for (const auto& note : result.notes) notes.push_back(note.to_string());
  ASSERT_EQ(notes.size(), 6u);
  EXPECT_THAT(notes[0], HasSubstr("download_rules.json:3:37: rule \"Mine\": qBittorrent asks lower numbers first"));
  EXPECT_THAT(notes[1], HasSubstr("download_rules.json:4:59: rule \"Mine\": the time of the last match"));
  EXPECT_THAT(notes[2], HasSubstr("repack = \"any\""));
  EXPECT_THAT(notes[3], HasSubstr("download_rules.json:5:36: rule \"Mine\": 2 episodes matched before"));
  EXPECT_THAT(notes[4], HasSubstr("download_rules.json:6:24: rule \"Mine\": upload_limit has no counterpart"));
  EXPECT_THAT(notes[5],
              HasSubstr("download_rules.json:9:92: rule \"Old\": the folder \"/srv/tv\" is not carried over"));
  EXPECT_TRUE(compile(result.rules, "x").has_value());
}

TEST(QbittorrentImport, a_folder_that_leads_out_of_the_library_is_left_out) {
  for (const char* folder : {"../../etc", "shows/../..", ".. /x", ".."}) {
    const auto result = import_rule(std::string(R"("mustContain": "x", "savePath": ")") + folder + "\"");
    EXPECT_EQ(result.rules[0].dest.value, "") << folder;
    ASSERT_EQ(result.notes.size(), 1u) << folder;
    EXPECT_THAT(result.notes[0].message, HasSubstr("is not carried over")) << folder;
    EXPECT_NE(result.notes[0].pos.line, 0u);
    EXPECT_TRUE(result.rules[0].enabled);
  }
  EXPECT_EQ(import_rule(R"("mustContain": "x", "savePath": "a..b/c")").rules[0].dest.value, "a..b/c");
}

TEST(QbittorrentImport, names_whatever_is_left_out_and_says_something) {
  const auto result = import_rule(R"("mustContain": "x", "torrentContentLayout": "Subfolder", "createSubfolder": null,
    "torrentParams": {"content_layout": "Original", "operating_mode": "AutoManaged", "share_limit_action": "Default",
                      "stop_condition": "MetadataReceived", "download_path": "/tmp", "use_auto_tmm": true,
                      "seeding_time_limit": -2, "ratio_limit": 1.5, "skip_checking": false})");
  std::string notes;
  for (const auto& note : result.notes) notes += note.message + "\n";
  for (const char* named : {"torrentContentLayout", "stop_condition", "download_path", "use_auto_tmm", "ratio_limit"}) {
    EXPECT_THAT(notes, HasSubstr(std::string(named) + " has no counterpart"));
  }
  EXPECT_EQ(result.notes.size(), 5u) << notes;
}

TEST(QbittorrentImport, refuses_other_files_clearly) {
  const auto code = [](std::string_view text) {
    const auto result = import_qbittorrent(text, "f");
    return result ? std::optional<ImportError>() : result.error().code;
  };
  EXPECT_EQ(code(std::string_view("\0\0\0\x05rules", 9)), ImportError::kBinary);
  EXPECT_EQ(code("{"), ImportError::kNotJson);
  EXPECT_EQ(code("[]"), ImportError::kNotRules);
  EXPECT_EQ(code(R"({"a": 1})"), ImportError::kNotRules);
  EXPECT_EQ(code("{}"), std::nullopt);
  EXPECT_EQ(code("\xEF\xBB\xBF{}"), std::nullopt);
  EXPECT_EQ(code(std::string((16u << 20) + 1, ' ')), ImportError::kTooLarge);
}

TEST(EpisodeFilter, is_translated_term_by_term) {
  const auto translated = [](std::string_view filter) {
    const auto result = translate_episode_filter(filter);
    return result ? *result : "error at " + std::to_string(result.error().offset);
  };
  EXPECT_EQ(translated("1x5;"), "ep = S01E05");
  EXPECT_EQ(translated("01x005;"), "ep = S01E05");
  EXPECT_EQ(translated("1x5;8-15;30-;"), "ep = S01E05 or ep in S01E08..S01E15 or ep >= S01E30");
  EXPECT_EQ(translated("1x9-5;"), "error at 2");
  EXPECT_EQ(translated("1x5;9-5;"), "error at 4");
  EXPECT_EQ(translated("1x5"), "error at 3");
  EXPECT_EQ(translated("1x5;6"), "error at 5");
  EXPECT_EQ(translated("1x"), "error at 2");
  EXPECT_EQ(translated("x5;"), "error at 0");
  EXPECT_EQ(translated("S1E5;"), "error at 0");
  EXPECT_EQ(translated("1x5,6;"), "error at 3");
  EXPECT_EQ(translated("1x-5;"), "error at 2");
  EXPECT_EQ(translated("1x5--9;"), "error at 4");
  EXPECT_EQ(translated("12345x5;"), "error at 0");
}

TEST(JsonPlaces, finds_members_at_two_levels) {
  const auto places =
      find_json_places("{ \"a\": {\"x\": [1, {\"x\": 2}], \"y\\u00e9\": \"v\\\"}\",\n \"z\": 5}, \"b\": {}}");
  const auto at_column = [&](const char* outer, const char* inner) { return places.at({outer, inner}).column; };
  EXPECT_EQ(at_column("a", ""), 8u);
  EXPECT_EQ(at_column("a", "x"), 14u);
  EXPECT_EQ(at_column("a", "yé"), 41u);
  EXPECT_EQ(at_column("a", "z"), 7u);
  EXPECT_EQ(places.at({"a", "z"}).line, 2u);
  EXPECT_EQ(at_column("b", ""), 16u);
  EXPECT_EQ(places.size(), 5u);
}

TEST(TomlWriter, writes_what_differs_from_the_defaults) {
  RuleSpec spec;
  spec.id = {"tab\there", {}};
  spec.feeds = texts({"*", "it's \"x\""});
  spec.any = texts({R"(title : "a\\b")"});
  spec.where = {"title : 'x'", {}};
  spec.priority = -2;
  spec.enabled = false;
  spec.continue_ = true;
  spec.limit = {"3/24h", {}};
  EXPECT_EQ(to_toml({spec, rule_where("b", "")}),
            "[[rule]]\n"
            "id = \"tab\\there\"\n"
            "feeds = [\"*\", \"it's \\\"x\\\"\"]\n"
            "enabled = false\n"
            "priority = -2\n"
            "any = ['title : \"a\\\\b\"']\n"
            "where = \"title : 'x'\"\n"
            "continue = true\n"
            "limit = \"3/24h\"\n"
            "\n"
            "[[rule]]\n"
            "id = \"b\"\n"
            "feeds = [\"*\"]\n"
            "match_all = true\n");
}

}  // namespace
}  // namespace podswarm::rules
