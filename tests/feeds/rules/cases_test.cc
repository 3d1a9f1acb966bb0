// The cases by which rule systems go wrong, each as a person would meet it: items in, decisions out.
#include <gmock/gmock.h>

#include <clocale>

#include "feeds/rules/qbittorrent_import.h"
#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;

// A rule imported from qBittorrent with this episode filter.
std::vector<RuleSpec> imported(const std::string& filter, std::vector<base::Diagnostic>* notes = nullptr) {
  auto result = import_qbittorrent(
      R"({"R": {"affectedFeeds": ["http://feed.example/rss"], "mustContain": "show", "episodeFilter": ")" + filter +
          "\"}}",
      "rules.json");
  if (notes != nullptr) *notes = result->notes;
  return result->rules;
}

Action with_filter(const std::string& filter, const std::string& title) {
  return Shelf(imported(filter)).offer(title);
}

TEST(Cases, episode_filter_of_episode_5_does_not_take_season_12) {
  EXPECT_EQ(with_filter("1x5;", "Show S12E05"), Action::kNone);
  EXPECT_EQ(with_filter("1x5;", "Show S01E15"), Action::kNone);
  EXPECT_EQ(with_filter("1x5;", "Show S01E50"), Action::kNone);
}
TEST(Cases, episode_filter_does_not_mind_leading_zeros) {
  EXPECT_EQ(with_filter("1x5;", "Show S01E005"), Action::kDownload);
  EXPECT_EQ(with_filter("01x5;", "Show S1E5"), Action::kDownload);
  EXPECT_EQ(with_filter("1x005;", "Show 1x05"), Action::kDownload);
}
TEST(Cases, open_episode_filter_goes_on_in_later_seasons) {
  EXPECT_EQ(with_filter("1x30-;", "Show S02E01"), Action::kDownload);
  EXPECT_EQ(with_filter("1x30-;", "Show S01E30"), Action::kDownload);
  EXPECT_EQ(with_filter("1x30-;", "Show S01E29"), Action::kNone);
  EXPECT_EQ(with_filter("2x30-;", "Show S01E31"), Action::kNone);
}
TEST(Cases, episode_filter_counts_every_episode_of_a_span) {
  EXPECT_EQ(with_filter("1x3;", "Show S01E02-E03"), Action::kDownload);
  EXPECT_EQ(with_filter("1x8-15;", "Show S01E15-E16"), Action::kDownload);
  EXPECT_EQ(with_filter("1x8-15;", "Show S01E16-E17"), Action::kNone);
}
TEST(Cases, an_inverted_episode_range_is_an_error_with_its_place) {
  std::vector<base::Diagnostic> notes;
  const auto rules = imported("1x9-5;", &notes);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].pos.line, 1u);
  EXPECT_EQ(notes[0].pos.column, 97u);  // the 9
  EXPECT_THAT(notes[0].message, HasSubstr("upside down"));
  EXPECT_EQ(Shelf(rules).offer("Show S01E07"), Action::kNone);
}
TEST(Cases, an_episode_filter_without_its_end_is_diagnosed_and_never_matches) {
  std::vector<base::Diagnostic> notes;
  auto rules = imported("1x5", &notes);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0].message, HasSubstr("the final ; is missing"));
  EXPECT_EQ(Shelf(rules).offer("Show S01E05"), Action::kNone);
  rules[0].enabled = true;
  EXPECT_EQ(Shelf(rules).offer("Show S01E05"), Action::kNone);
}

RuleSpec once(const char* repack = "") {
  RuleSpec spec = rule_where("r", "");
  spec.once_per = {"episode", {}};
  spec.repack = {repack, {}};
  return spec;
}

TEST(Cases, shows_of_one_rule_do_not_block_each_other) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("A S01E02"), Action::kDownload);
  EXPECT_EQ(shelf.offer("B S01E02"), Action::kDownload);
}
TEST(Cases, a_held_repack_posted_again_is_refused) {
  Shelf shelf({once("any")});
  EXPECT_EQ(shelf.offer("S01E03 REPACK"), Action::kDownload);
  EXPECT_EQ(shelf.offer("S01E03 REPACK"), Action::kNone);
}
TEST(Cases, a_date_is_the_same_however_it_is_written) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X 2017.01.02"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X 2017-1-2"), Action::kNone);
}
TEST(Cases, an_episode_within_a_span_that_is_there_is_refused) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X S01E02-E03"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E03"), Action::kNone);
}
TEST(Cases, a_second_version_is_a_revision) {
  Shelf shelf({once("any")});
  EXPECT_EQ(shelf.offer("Anime 19"), Action::kDownload);
  const Decision second = shelf.offer(item("Anime 19v2"));
  EXPECT_EQ(second.action, Action::kDownload);
  EXPECT_EQ(second.entry.revision, 2);
}
TEST(Cases, a_season_pack_is_no_episode) {
  const Decision decision = Shelf({once()}).offer(item("Show S04 1080p"));
  EXPECT_EQ(decision.action, Action::kNone);
  EXPECT_THAT(decision.reason, HasSubstr("season pack"));
}
TEST(Cases, a_long_item_without_the_word_is_refused) {
  RuleSpec spec = rule_where("r", R"(title : "foo" and duration >= 10m)");
  auto it = item("bar");
  it.duration_seconds = 1200;
  EXPECT_EQ(Shelf({spec}).offer(it).action, Action::kNone);
  it.title = "Foo bar";
  EXPECT_EQ(Shelf({spec}).offer(it).action, Action::kDownload);
  it.duration_seconds = 599;
  EXPECT_EQ(Shelf({spec}).offer(it).action, Action::kNone);
}
TEST(Cases, a_missing_duration_is_not_a_long_one) {
  const Decision decision = Shelf({rule_where("r", "not duration < 20m")}).offer(item("x"));
  EXPECT_EQ(decision.action, Action::kNone);
  EXPECT_THAT(decision.reason, HasSubstr("unknown"));
}
TEST(Cases, a_broken_exclusion_refuses_the_configuration) {
  RuleSpec spec = rule_where("r", "");
  spec.none = texts({R"(title ~ "(")"});
  const auto errors = errors_of({rule_where("good", ""), spec});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].pos.line, 10u);
  EXPECT_EQ(errors[0].pos.column, 13u);
}
TEST(Cases, an_imported_empty_alternative_is_diagnosed) {
  const auto result =
      import_qbittorrent(R"({"R": {"affectedFeeds": ["http://feed.example/rss"], "mustContain": "foo|"}})", "f");
  ASSERT_EQ(result->notes.size(), 1u);
  EXPECT_EQ(Shelf(result->rules).offer("anything"), Action::kNone);
}
TEST(Cases, a_slash_is_an_ordinary_character_to_like) {
  EXPECT_TRUE(takes(R"(title like "*A*B*")", item("A / C / B")));
}
TEST(Cases, the_locale_changes_nothing) {
  RuleSpec spec = rule_where("r", "");
  spec.none = texts({R"(title : "INFO")"});
  const char* previous = std::setlocale(LC_ALL, nullptr);
  const std::string before = previous != nullptr ? previous : "C";
  // Without that locale on this machine the environment's stays, and the expectation with it.
  (void)std::setlocale(LC_ALL, "tr_TR.UTF-8");
  EXPECT_EQ(Shelf({spec}).offer("info daily"), Action::kNone);
  std::setlocale(LC_ALL, before.c_str());
}
TEST(Cases, a_failed_download_does_not_cool_down) {
  RuleSpec spec = rule_where("r", "");
  spec.cooldown = {"20h", {}};
  Shelf shelf({spec});
  EXPECT_EQ(shelf.offer("A"), Action::kDownload);
  shelf.last_failed();
  EXPECT_EQ(shelf.offer("B", kNow + hours(1)), Action::kDownload);
}
TEST(Cases, an_item_older_than_the_newest_download_is_evaluated) {
  Shelf shelf({rule_where("r", "")});
  auto newest = item("b");
  newest.published = kNow;
  auto older = item("a");
  older.published = kNow - hours(500);
  EXPECT_EQ(shelf.offer(newest).action, Action::kDownload);
  EXPECT_EQ(shelf.offer(older).action, Action::kDownload);
}

}  // namespace
}  // namespace podswarm::rules
