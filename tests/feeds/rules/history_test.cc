// once_per, repack, cooldown, limit, wait and prefer, as sequences of items.
#include <gmock/gmock.h>

#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;

RuleSpec once(const char* repack = "") {
  RuleSpec spec = rule_where("r", "");
  spec.once_per = {"episode", {5, 1}};
  spec.repack = {repack, {6, 1}};
  return spec;
}

TEST(OncePer, takes_each_episode_of_each_show_once) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("A S01E02"), Action::kDownload);
  EXPECT_EQ(shelf.offer("B S01E02"), Action::kDownload);
  EXPECT_EQ(shelf.offer("A S01E03"), Action::kDownload);
  const Decision again = shelf.offer(item("a.s01e02.720p"));
  EXPECT_EQ(again.action, Action::kNone);
  EXPECT_EQ(again.reason, "refused by \"r\": S01E02 of a was accepted before, 2026-11-20T12:00:00Z");
}

TEST(OncePer, knows_dates_however_they_are_written) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X 2017.01.02"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X 2017-1-2"), Action::kNone);
  EXPECT_EQ(shelf.offer("X 2017-1-3"), Action::kDownload);
}

TEST(OncePer, counts_every_episode_of_a_span) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X S01E02-E03"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E03"), Action::kNone);
  EXPECT_EQ(shelf.offer("X S01E02"), Action::kNone);
  EXPECT_EQ(shelf.offer("X S01E03-E04"), Action::kDownload);  // E04 is new
  EXPECT_EQ(shelf.offer("X S01E02-E04"), Action::kNone);
}

TEST(OncePer, refuses_season_packs) {
  Shelf shelf({once()});
  const Decision decision = shelf.offer(item("Show S04 1080p"));
  EXPECT_EQ(decision.action, Action::kNone);
  EXPECT_THAT(decision.reason, HasSubstr("season pack"));
}

TEST(OncePer, uses_the_numbers_of_the_feed_before_those_of_the_title) {
  Shelf shelf({once()});
  auto first = item("Interview, part 1x07");
  first.season = 2;
  first.episode = 5;
  auto same = item("The interview, once more");
  same.season = 2;
  same.episode = 5;
  EXPECT_EQ(shelf.offer(first).action, Action::kDownload);
  EXPECT_EQ(shelf.offer(same).action, Action::kNone);
  same.episode = 7;
  EXPECT_EQ(shelf.offer(same).action, Action::kDownload);
}

TEST(OncePer, a_trailer_is_no_copy_of_the_episode_whose_numbers_it_has) {
  Shelf shelf({once()});
  auto one = item("Soon");
  one.season = 2;
  one.episode = 1;
  one.episode_type = "trailer";
  EXPECT_EQ(shelf.offer(one).action, Action::kDownload);
  one.episode_type = "full";
  EXPECT_EQ(shelf.offer(one).action, Action::kDownload);
  one.episode_type = "";
  EXPECT_EQ(shelf.offer(one).action, Action::kNone);
  one.episode_type = "trailer";
  EXPECT_EQ(shelf.offer(one).action, Action::kNone);
}

TEST(OncePer, lets_items_without_any_number_through) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("Morning news"), Action::kDownload);
  const Decision second = shelf.offer(item("Morning news"));
  EXPECT_EQ(second.action, Action::kDownload);
  EXPECT_THAT(second.reason, HasSubstr("once_per does not apply"));
}

TEST(OncePer, holds_across_rules_but_for_what_was_only_notified_of) {
  auto hd = rule_where("hd", "quality >= 1080p");
  hd.priority = 2;
  auto told = rule_where("told", R"(title : "tell")");
  told.action = {"notify", {}};
  told.priority = 1;
  Shelf shelf({hd, told, once()});
  EXPECT_EQ(shelf.offer("X S01E01 1080p"), Action::kDownload);
  const Decision copy = shelf.offer(item("X S01E01 720p"));
  EXPECT_EQ(copy.action, Action::kNone);
  EXPECT_THAT(copy.reason, HasSubstr("by rule \"hd\""));
  EXPECT_EQ(shelf.offer("X S01E02 tell"), Action::kNotify);
  EXPECT_EQ(shelf.offer("X S01E02"), Action::kDownload);
}

TEST(OncePer, title_and_day_are_keys_too) {
  auto by_title = rule_where("r", "");
  by_title.once_per = {"title", {}};
  Shelf titles({by_title});
  EXPECT_EQ(titles.offer("The Big One!"), Action::kDownload);
  EXPECT_EQ(titles.offer("the big one"), Action::kNone);
  EXPECT_EQ(titles.offer(item("The Big One!"), kNow, "Another feed").action, Action::kDownload);
  auto by_day = rule_where("r", "");
  by_day.once_per = {"day", {}};
  Shelf days({by_day});
  auto morning = item("a");
  morning.published = at("2026-11-20T06:00:00Z");
  auto evening = item("b");
  evening.published = at("2026-11-20T18:00:00Z");
  auto next = item("c");
  next.published = at("2026-11-21T06:00:00Z");
  EXPECT_EQ(days.offer(morning).action, Action::kDownload);
  EXPECT_EQ(days.offer(evening).action, Action::kNone);
  EXPECT_EQ(days.offer(next).action, Action::kDownload);
}

TEST(OncePer, signs_that_carry_meaning_tell_titles_apart) {
  auto by_title = rule_where("r", "");
  by_title.once_per = {"title", {}};
  Shelf shelf({by_title});
  for (const char* title : {"Version 1.10", "Version 11.0", "Version 110", "C++", "C#", "C", "Up 50%", "Up 50",
                            "At 1/2", "At 12", "For $5", "For 5"}) {
    EXPECT_EQ(shelf.offer(title), Action::kDownload) << title;
  }
  for (const char* title : {"version 1.10!", "\"Version\" - 1.10", "'C#'", "Up: 50", "At 12.", "For 5 ..."}) {
    EXPECT_EQ(shelf.offer(title), Action::kNone) << title;
  }
  EXPECT_EQ(shelf.offer("Talk #12: night, waves"), Action::kDownload);
  EXPECT_EQ(shelf.offer("talk 12 Night-Waves"), Action::kNone);
}

TEST(OncePer, what_failed_for_good_may_be_taken_again) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X S01E01"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E01 bis"), Action::kNone);  // reserved
  shelf.last_failed();
  EXPECT_EQ(shelf.offer("X S01E01 bis"), Action::kDownload);
  shelf.last_succeeded();
  shelf.last_failed();  // too late: it was committed
  EXPECT_EQ(shelf.offer("X S01E01 ter"), Action::kNone);
}

TEST(Repack, is_refused_unless_asked_for) {
  Shelf shelf({once()});
  EXPECT_EQ(shelf.offer("X S01E03"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E03 REPACK"), Action::kNone);
}

TEST(Repack, any_takes_each_higher_revision_once) {
  Shelf shelf({once("any")});
  EXPECT_EQ(shelf.offer("Anime 19"), Action::kDownload);
  const Decision second = shelf.offer(item("Anime 19v2"));
  EXPECT_EQ(second.action, Action::kDownload);
  EXPECT_EQ(second.entry.revision, 2);
  EXPECT_THAT(second.reason, HasSubstr("revision 2 of 19 of Anime"));
  EXPECT_EQ(shelf.offer("Anime 19v2"), Action::kNone);
  EXPECT_EQ(shelf.offer("Anime 19"), Action::kNone);
  EXPECT_EQ(shelf.offer("Anime 19v3"), Action::kDownload);
}

TEST(Repack, of_a_held_repack_is_no_news) {
  Shelf shelf({once("any")});
  EXPECT_EQ(shelf.offer("S01E03 REPACK"), Action::kDownload);
  EXPECT_EQ(shelf.offer("S01E03 REPACK"), Action::kNone);
  EXPECT_EQ(shelf.offer("S01E03"), Action::kNone);
  EXPECT_EQ(shelf.offer("S01E03 REPACK2"), Action::kDownload);
}

TEST(Repack, same_group_wants_the_group_to_be_known_and_the_same) {
  Shelf shelf({once("same-group")});
  EXPECT_EQ(shelf.offer("X S01E01 720p WEB-GRP"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E01 REPACK 720p WEB-OTHER"), Action::kNone);
  EXPECT_EQ(shelf.offer("X S01E01 REPACK 720p WEB"), Action::kNone);
  EXPECT_EQ(shelf.offer("X S01E01 REPACK 720p WEB-grp"), Action::kDownload);
}

TEST(Repack, two_downloads_from_the_web_are_not_of_one_group) {
  Shelf shelf({once("same-group")});
  EXPECT_EQ(shelf.offer("X S01E01 1080p WEB-DL"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E01 REPACK 1080p WEB-DL"), Action::kNone);
}

TEST(Repack, implies_once_per_episode) {
  auto spec = rule_where("r", "");
  spec.repack = {"any", {}};
  Shelf shelf({spec});
  EXPECT_EQ(shelf.offer("X S01E01"), Action::kDownload);
  EXPECT_EQ(shelf.offer("X S01E01"), Action::kNone);
  EXPECT_EQ(shelf.offer("X S01E01 PROPER"), Action::kDownload);
}

RuleSpec cooling() {
  RuleSpec spec = rule_where("r", "");
  spec.cooldown = {"20h", {5, 1}};
  return spec;
}

TEST(Cooldown, refuses_what_comes_too_soon_after_an_acceptance) {
  Shelf shelf({cooling()});
  EXPECT_EQ(shelf.offer("A"), Action::kDownload);
  const Decision soon = shelf.offer(item("B"), kNow + hours(19) + minutes(59));
  EXPECT_EQ(soon.action, Action::kNone);
  EXPECT_THAT(soon.reason, HasSubstr("cooling down"));
  EXPECT_EQ(shelf.offer("C", kNow + hours(20)), Action::kDownload);
}

TEST(Cooldown, does_not_count_a_download_that_failed_for_good) {
  Shelf shelf({cooling()});
  EXPECT_EQ(shelf.offer("A"), Action::kDownload);
  shelf.last_failed();
  EXPECT_EQ(shelf.offer("B", kNow + hours(1)), Action::kDownload);
}

TEST(Cooldown, is_each_rules_own) {
  auto other = rule_where("other", R"(title : "other")");
  other.priority = 1;
  Shelf shelf({cooling(), other});
  EXPECT_EQ(shelf.offer("other"), Action::kDownload);
  EXPECT_EQ(shelf.offer("A"), Action::kDownload);
}

TEST(Cooldown, an_item_older_than_the_newest_download_is_still_asked_about) {
  Shelf shelf({rule_where("r", R"(title : "x")")});
  auto newer = item("x2");
  newer.published = kNow - hours(1);
  auto older = item("x1");
  older.published = kNow - hours(100);
  EXPECT_EQ(shelf.offer(newer).action, Action::kDownload);
  EXPECT_EQ(shelf.offer(older).action, Action::kDownload);
}

RuleSpec limited() {
  RuleSpec spec = rule_where("r", "");
  spec.limit = {"3/24h", {5, 1}};
  return spec;
}

TEST(Limit, rolls_and_defers_what_is_over_it) {
  Shelf shelf({limited()});
  EXPECT_EQ(shelf.offer("A", kNow), Action::kDownload);
  EXPECT_EQ(shelf.offer("B", kNow + hours(10)), Action::kDownload);
  EXPECT_EQ(shelf.offer("C", kNow + hours(20)), Action::kDownload);
  const Decision over = shelf.offer(item("D"), kNow + hours(23));
  EXPECT_EQ(over.action, Action::kDefer);
  EXPECT_EQ(over.until, kNow + hours(24));
  EXPECT_TRUE(over.entry.keys.empty());
  EXPECT_EQ(shelf.offer("D", kNow + hours(24)), Action::kDownload);
  const Decision again = shelf.offer(item("E"), kNow + hours(25));
  EXPECT_EQ(again.action, Action::kDefer);
  EXPECT_EQ(again.until, kNow + hours(34));
}

TEST(Limit, a_release_gives_the_quota_back) {
  Shelf shelf({limited()});
  for (const char* title : {"A", "B", "C"}) EXPECT_EQ(shelf.offer(title), Action::kDownload);
  EXPECT_EQ(shelf.offer("D"), Action::kDefer);
  shelf.last_failed();
  EXPECT_EQ(shelf.offer("D"), Action::kDownload);
}

TEST(Limit, holds_in_every_window_when_a_past_is_replayed_backwards) {
  const RuleSet rules = must_compile({limited()});
  MemoryHistory history;
  int accepted = 0;
  for (int hour = 100; hour > 0; --hour) {  // newest first, as feeds list them
    const auto it = item("x" + std::to_string(hour));
    Candidate c = candidate(it, kNow + hours(200));
    c.moment = kNow + hours(hour);
    const Decision decision = rules.decide(c, history);
    if (decision.action != Action::kDownload) continue;
    ++accepted;
    (void)history.reserve(decision.entry);
  }
  EXPECT_EQ(accepted, 15);  // 100 99 98, 76 75 74, 52 51 50, 28 27 26, 4 3 2
  for (int hour = 0; hour < 100; ++hour) {
    const auto from = kNow + hours(hour);
    EXPECT_LE(history.acceptances("r", from, from + hours(24) - std::chrono::seconds(1)).size(), 3u);
  }
}

RuleSpec waiting() {
  RuleSpec spec = rule_where("r", "");
  spec.wait = {"6h", {5, 1}};
  return spec;
}

TEST(Wait, defers_until_the_item_is_old_enough) {
  Shelf shelf({waiting()});
  auto it = item("x");
  it.published = kNow - hours(2);
  const Decision early = shelf.offer(it);
  EXPECT_EQ(early.action, Action::kDefer);
  EXPECT_EQ(early.until, kNow + hours(4));
  EXPECT_EQ(shelf.offer(it, kNow + hours(4)).action, Action::kDownload);
}

TEST(Wait, counts_from_when_an_undated_item_was_first_seen) {
  const RuleSet rules = must_compile({waiting()});
  auto it = item("x");
  Candidate c = candidate(it);
  EXPECT_EQ(rules.decide(c, MemoryHistory()).until, kNow + hours(6));
  c.first_seen = kNow - hours(5);
  EXPECT_EQ(rules.decide(c, MemoryHistory()).until, kNow + hours(1));
  it.published = kNow + hours(1000);  // a date the feed cannot mean
  EXPECT_EQ(rules.decide(c, MemoryHistory()).until, kNow + hours(1));
  c.first_seen = kNow - hours(6);
  EXPECT_EQ(rules.decide(c, MemoryHistory()).action, Action::kDownload);
}

TEST(Wait, is_not_waited_out_for_what_is_preferred) {
  auto spec = waiting();
  spec.once_per = {"episode", {}};
  spec.prefer = texts({"quality >= 1080p"});
  Shelf shelf({spec});
  auto low = item("X S01E01 720p");
  low.published = kNow;
  auto high = item("X S01E01 1080p");
  high.published = kNow + hours(1);
  EXPECT_EQ(shelf.offer(low).action, Action::kDefer);
  EXPECT_EQ(shelf.offer(high, kNow + hours(1)).action, Action::kDownload);
  EXPECT_EQ(shelf.offer(low, kNow + hours(6)).action, Action::kNone);  // the better one is there
  auto alone = item("X S01E02 720p");
  alone.published = kNow;
  EXPECT_EQ(shelf.offer(alone, kNow + hours(6)).action, Action::kDownload);
}

TEST(Wait, keeps_later_rules_from_taking_what_this_one_waits_for) {
  auto first = waiting();
  first.id.value = "first";
  first.priority = 1;
  auto it = item("x");
  it.published = kNow;
  Shelf shelf({first, rule_where("rest", "")});
  EXPECT_EQ(shelf.offer(it).rule, "first");
  EXPECT_EQ(shelf.offer(it).action, Action::kDefer);
}

TEST(MemoryHistory, forgets_released_entries_only_once_and_ignores_strangers) {
  MemoryHistory history;
  const auto first = history.reserve({"r", {"k"}, 1, "", kNow});
  const auto second = history.reserve({"r", {"k"}, 2, "g", kNow});
  EXPECT_EQ(history.copies("k").size(), 2u);
  history.release(first);
  history.release(first);
  history.release(99);
  history.commit(99);
  ASSERT_EQ(history.copies("k").size(), 1u);
  EXPECT_EQ(history.copies("k")[0].group, "g");
  EXPECT_EQ(history.acceptances("r", kNow, kNow).size(), 1u);
  history.commit(second);
  history.release(second);
  EXPECT_EQ(history.copies("k").size(), 1u);
  EXPECT_TRUE(history.copies("none").empty());
  EXPECT_TRUE(history.acceptances("none", kNow, kNow).empty());
}

}  // namespace
}  // namespace podswarm::rules
