#include "feeds/rules/expression.h"

#include <gmock/gmock.h>

#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using ::testing::HasSubstr;

constexpr Truth T = Truth::kTrue;
constexpr Truth U = Truth::kUnknown;
constexpr Truth F = Truth::kFalse;

TEST(Truth, follows_the_three_valued_tables) {
  EXPECT_EQ(T & T, T);
  EXPECT_EQ(T & U, U);
  EXPECT_EQ(U & U, U);
  EXPECT_EQ(F & U, F);
  EXPECT_EQ(F & T, F);
  EXPECT_EQ(T | U, T);
  EXPECT_EQ(U | F, U);
  EXPECT_EQ(F | F, F);
  EXPECT_EQ(!T, F);
  EXPECT_EQ(!U, U);
  EXPECT_EQ(!F, T);
}

TEST(Expression, not_binds_tighter_than_and_and_and_tighter_than_or) {
  const auto it = item("alpha beta");
  // (alpha or (gamma and delta)): with `or` binding tighter this would be false.
  EXPECT_EQ(truth(R"(title : "alpha" or title : "gamma" and title : "delta")", it), T);
  EXPECT_EQ(truth(R"((title : "alpha" or title : "gamma") and title : "delta")", it), F);
  // (not gamma) and delta, not not (gamma and delta)
  EXPECT_EQ(truth(R"(not title : "gamma" and title : "delta")", it), F);
  EXPECT_EQ(truth(R"(not (title : "gamma" and title : "delta"))", it), T);
  EXPECT_EQ(truth(R"(not not title : "alpha")", it), T);
  EXPECT_EQ(truth(R"(title : "alpha" AND NOT title : "gamma" OR title : "x")", it), T);
}

TEST(Expression, unknown_survives_not_and_is_settled_by_and_or) {
  const auto it = item("alpha");  // no duration
  EXPECT_EQ(truth("duration < 20m", it), U);
  EXPECT_EQ(truth("not duration < 20m", it), U);
  EXPECT_EQ(truth(R"(duration < 20m or title : "alpha")", it), T);
  EXPECT_EQ(truth(R"(duration < 20m or title : "beta")", it), U);
  EXPECT_EQ(truth(R"(duration < 20m and title : "alpha")", it), U);
  EXPECT_EQ(truth(R"(duration < 20m and title : "beta")", it), F);
}

TEST(Expression, contains_ignores_letter_case_in_every_script) {
  EXPECT_EQ(truth(R"(title : "INFO")", item("info daily")), T);
  EXPECT_EQ(truth(R"(title : "straße")", item("Die STRAßE")), T);
  EXPECT_EQ(truth(R"(title : "новости")", item("НОВОСТИ дня")), T);
  EXPECT_EQ(truth(R"(title : "ΣΊΣΥΦΟΣ")", item("σίσυφος")), T);  // final sigma folds with the others
  EXPECT_EQ(truth(R"(title : "istanbul")", item("İSTANBUL'dan")), T);
  EXPECT_EQ(truth(R"(title : "école")", item("ECOLE")), F);
}

TEST(Expression, contains_takes_signs_literally) {
  EXPECT_EQ(truth(R"(title : "C++ (2024) *")", item("on c++ (2024) * now")), T);
  EXPECT_EQ(truth(R"(title : "a.b")", item("axb")), F);
}

TEST(Expression, equality_ignores_case_but_for_identifiers) {
  auto it = item("A Title");
  it.guid = "Guid-1";
  it.categories = {"News", "Sport"};
  EXPECT_EQ(truth(R"(title = "a title")", it), T);
  EXPECT_EQ(truth(R"(title = "a")", it), F);
  EXPECT_EQ(truth(R"(guid = "Guid-1")", it), T);
  EXPECT_EQ(truth(R"(guid = "guid-1")", it), F);
  EXPECT_EQ(truth(R"(category = "sport")", it), T);
  EXPECT_EQ(truth(R"(category != "sport")", it), F);
  EXPECT_EQ(truth(R"(category != "arts")", it), T);
  EXPECT_EQ(truth(R"(category in ["arts", "NEWS"])", it), T);
  EXPECT_EQ(truth(R"(category in ("arts", "film"))", it), F);
}

TEST(Expression, an_absent_text_contains_nothing_and_is_not_unknown) {
  const auto it = item("x");
  EXPECT_EQ(truth(R"(author : "bob")", it), F);
  EXPECT_EQ(truth(R"(not category = "Sport")", it), T);
  EXPECT_EQ(truth(R"(author = "")", it), T);
  EXPECT_EQ(truth(R"(language = "en")", it), U);
  EXPECT_EQ(truth(R"(not language = "en")", it), U);
}

TEST(Expression, like_fits_the_whole_text_with_stars_and_question_marks) {
  EXPECT_EQ(truth(R"(title like "*A*B*")", item("A / C / B")), T);
  EXPECT_EQ(truth(R"(title like "a*b")", item("A / C / B")), T);
  EXPECT_EQ(truth(R"(title like "A*C")", item("A / C / B")), F);
  EXPECT_EQ(truth(R"(title like "b*")", item("A / C / B")), F);
  EXPECT_EQ(truth(R"(title like "[x]*")", item("[X] news")), T);
  EXPECT_EQ(truth(R"(title like "[x]*")", item("x news")), F);
  EXPECT_EQ(truth(R"(title like "?")", item("é")), T);
  EXPECT_EQ(truth(R"(title like "?")", item("ab")), F);
  EXPECT_EQ(truth(R"(title like "*a?c")", item("xx a c abc")), T);
  EXPECT_EQ(truth(R"(title like "*aba")", item("ababa")), T);
  EXPECT_EQ(truth(R"(title like "ab*ba")", item("aba")), F);  // the ends may not share a letter
  EXPECT_EQ(truth(R"(title like "*")", item("anything\nat all")), T);
}

TEST(Expression, regular_expressions_tell_case_apart_and_search_anywhere) {
  const auto it = item("A Rerun of 2019");
  EXPECT_EQ(truth(R"(title ~ r"\bRerun\b")", it), T);
  EXPECT_EQ(truth(R"(title ~ r"\brerun\b")", it), F);
  EXPECT_EQ(truth(R"(title ~ r"(?i)\brerun\b")", it), T);
  EXPECT_EQ(truth(R"(title ~ "\\d{4}$")", it), T);
  EXPECT_EQ(truth(R"(title !~ r"\d")", it), F);
}

TEST(Expression, a_regular_expression_cannot_tell_beyond_64_kib) {
  auto it = item("x");
  it.description = std::string(70'000, 'a') + " needle";
  EXPECT_EQ(truth(R"(description ~ r"needle")", it), U);
  EXPECT_EQ(truth(R"(not description ~ r"needle")", it), U);
  EXPECT_EQ(truth(R"(description ~ r"^aaa")", it), T);
  EXPECT_EQ(truth(R"(description : "needle")", it), T);
}

TEST(Expression, hostile_subjects_do_not_slow_a_regular_expression_down) {
  auto it = item(std::string(60'000, 'a') + "!");
  EXPECT_EQ(truth(R"(title ~ r"(a+)+$")", it), F);
  EXPECT_EQ(truth(R"(title ~ r"(a|aa)*b")", it), F);
}

TEST(Expression, durations_sizes_dates_and_ages_compare_by_value) {
  auto it = item("x");
  it.duration_seconds = 20 * 60;
  it.enclosures.push_back(enclosure("http://x/a.mp3", "audio/mpeg", 500'000'000));
  it.published = at("2026-11-18T23:30:00Z");
  EXPECT_EQ(truth("duration >= 20m", it), T);
  EXPECT_EQ(truth("duration > 20m", it), F);
  EXPECT_EQ(truth("duration = 1200s", it), T);
  EXPECT_EQ(truth("duration in 10m..1h30m", it), T);
  EXPECT_EQ(truth("duration in [5m, 20m]", it), T);
  EXPECT_EQ(truth("size < 2GiB and size > 1MB", it), T);
  EXPECT_EQ(truth("size > 476MiB", it), T);
  EXPECT_EQ(truth("size >= 500M", it), F);
  EXPECT_EQ(truth("published = 2026-11-18", it), T);
  EXPECT_EQ(truth("published <= 2026-11-18", it), T);
  EXPECT_EQ(truth("published > 2026-11-18", it), F);
  EXPECT_EQ(truth("published >= 2026-11-18T23:30:00Z", it), T);
  EXPECT_EQ(truth("published < 2026-11-18T23:30:00Z", it), F);
  EXPECT_EQ(truth("published in 2026-11-01..2026-11-18", it), T);
  EXPECT_EQ(truth("age < 2d", it), T);
  EXPECT_EQ(truth("age >= 36h", it), T);
}

TEST(Expression, the_length_of_a_torrent_file_is_not_the_size_of_its_content) {
  auto it = item("x");
  it.enclosures = {enclosure("http://x/a.torrent", "application/x-bittorrent", 23456)};
  it.enclosures[0].kind = feeds::LinkKind::kTorrent;
  EXPECT_EQ(truth("size < 100MB", it), U);
  it.torrent.emplace().content_length = std::uint64_t{10} << 30;
  EXPECT_EQ(truth("size = 10GiB", it), T);
  it.torrent.reset();
  it.enclosures[0].length = 8u << 20;
  EXPECT_EQ(truth("size = 8MiB", it), T);
}

TEST(Expression, zero_and_missing_sizes_and_durations_are_unknown) {
  auto it = item("x");
  it.duration_seconds = 0;
  it.enclosures.push_back(enclosure("http://x/a.mp3", "audio/mpeg"));
  it.enclosures[0].length = 0;
  EXPECT_EQ(truth("duration >= 0s", it), U);
  EXPECT_EQ(truth("size < 1GiB", it), U);
  EXPECT_EQ(truth("published < 2030-01-01", it), U);
  EXPECT_EQ(truth("has(duration) or has(size) or has(published)", it), F);
}

TEST(Expression, flags_stand_alone_or_are_compared) {
  auto it = item("x");
  EXPECT_EQ(truth("explicit", it), U);
  EXPECT_EQ(truth("not explicit", it), U);
  it.is_explicit = false;
  EXPECT_EQ(truth("explicit", it), F);
  EXPECT_EQ(truth("explicit = false", it), T);
  EXPECT_EQ(truth("explicit != false", it), F);
  EXPECT_EQ(truth("torrent or has(torrent)", it), F);
  it.enclosures.push_back(enclosure("magnet:?xt=urn:btih:x", ""));
  it.enclosures[0].kind = feeds::LinkKind::kMagnet;
  EXPECT_EQ(truth("torrent and has(torrent)", it), T);
}

TEST(Expression, an_undeclared_episode_type_is_a_full_episode) {
  auto it = item("x");
  EXPECT_EQ(truth(R"(ep_type != "trailer")", it), T);
  EXPECT_EQ(truth(R"(ep_type = "full")", it), T);
  it.episode_type = "trailer";
  EXPECT_EQ(truth(R"(ep_type = "Trailer")", it), T);
}

TEST(Expression, descriptions_are_matched_as_text_not_as_markup) {
  auto it = item("x");
  it.description = "<p class=\"guest\">Tom &amp; <b>Jerry</b>&#8217;s<!-- ad --> house</p><script>var ad = 1;</script>";
  EXPECT_EQ(truth(R"(description : "tom & jerry")", it), T);
  EXPECT_EQ(truth(R"(description : "guest" or description : "ad")", it), F);
}

TEST(Expression, episodes_match_by_overlap_and_compare_across_seasons) {
  EXPECT_EQ(truth("ep = S01E03", item("X S01E02-E03")), T);
  EXPECT_EQ(truth("ep = 1x03", item("X S01E02-E03")), T);
  EXPECT_EQ(truth("ep != S01E03", item("X S01E02-E03")), F);
  EXPECT_EQ(truth("ep >= S01E03", item("X S01E02-E03")), T);
  EXPECT_EQ(truth("ep >= S01E30", item("X S02E01")), T);
  EXPECT_EQ(truth("ep < S02E01", item("X S01E99")), T);
  EXPECT_EQ(truth("ep in S01E08..S01E15 or ep >= S01E30", item("X S01E12")), T);
  EXPECT_EQ(truth("ep in S01E08..S01E15 or ep >= S01E30", item("X S01E20")), F);
  EXPECT_EQ(truth("ep in [S01E01, S01E05..S01E07]", item("X S01E06")), T);
  EXPECT_EQ(truth("ep = S01", item("X S01E06")), T);
  EXPECT_EQ(truth("ep > S01", item("X S01E06")), F);
  EXPECT_EQ(truth("ep > S01", item("X S02E01")), T);
}

TEST(Expression, different_numberings_cannot_be_compared) {
  EXPECT_EQ(truth("ep >= 19", item("Anime - 20")), T);
  EXPECT_EQ(truth("ep >= 19", item("X S01E20")), U);
  EXPECT_EQ(truth("ep >= 2017-01-01", item("X 2017.01.02")), T);
  EXPECT_EQ(truth("ep >= S01E01", item("X 2017.01.02")), U);
  EXPECT_EQ(truth("ep >= S01E01", item("X S04 1080p")), U);  // a season is no episode
  EXPECT_EQ(truth("pack and season = 4", item("X S04 1080p")), T);
}

TEST(Expression, qualities_are_ordered) {
  EXPECT_EQ(truth("quality >= 720p", item("X S01E01 1080p")), T);
  EXPECT_EQ(truth("quality < 4K", item("X S01E01 1080p")), T);
  EXPECT_EQ(truth("quality >= 720p", item("X S01E01")), U);
}

TEST(Expression, several_enclosures_hold_where_one_does) {
  auto it = item("x");
  it.enclosures.push_back(enclosure("http://x/a.mp3", "audio/mpeg"));
  it.enclosures.push_back(enclosure("http://x/a.mp4", "video/mp4"));
  EXPECT_EQ(truth(R"(enclosure.type like "video/*")", it), T);
  EXPECT_EQ(truth(R"(enclosure.url ~ r"\.mp3$")", it), T);
  EXPECT_EQ(truth(R"(enclosure.type != "video/mp4")", it), F);
}

struct BadCase {
  const char* where;
  const char* message;  // the start of what follows "rules.toml:3:COL: rule "r": where: "
  std::uint32_t column;
  const char* hint;
};

TEST(ExpressionErrors, say_what_where_and_what_to_write_instead) {
  const BadCase cases[] = {
      {R"(titel : "x")", "there is no field `titel`", 10, "did you mean `title`?"},
      {R"(title : "x" and duratoin > 5m)", "there is no field `duratoin`", 26, "did you mean `duration`?"},
      {R"(title contains "x")", "an operator was expected, not `contains`", 16, "write `:`"},
      {R"(title lik "x")", "an operator was expected, not `lik`", 16, "did you mean `like`?"},
      {R"(title == "x")", "`==` is no operator", 16, "write `=`"},
      {R"(title =~ "x")", "`=~` is no operator", 16, "write `~`"},
      {R"(title : "x" && title : "y")", "`&&` has no meaning here", 22, "write `and`"},
      {R"(title : x)", "`title` is compared with a text in quotes, not with `x`", 18, "write \"x\""},
      {R"(duration > 5)", "`duration` is compared with a duration such as 20m or 7d, not with the number `5`", 21, ""},
      {R"(size > 20m)", "`size` is compared with a size such as 500MB or 2GiB, not with the duration `20m`", 17, ""},
      {R"(duration > 2GiB)", "`duration` is compared with a duration such as 20m or 7d, not with the size `2GiB`", 21,
       ""},
      {R"(published > "2026-01-01")", "`published` is compared with a date such as 2026-01-31, not with a text", 22,
       "write it without quotes"},
      {R"(published > 2026-13-01)", "`published` is compared with a date such as 2026-01-31, not with", 22, ""},
      {R"(title > "x")", "`>` does not go with `title`", 16, "title is compared with a text in quotes"},
      {R"(duration : 5m)", "`:` does not go with `duration`", 19, ""},
      {R"(explicit = 1)", "`explicit` is compared with true or false", 21, ""},
      {R"(title)", "an operator was expected after `title`", 15, "write has(title)"},
      {R"(title : "")", "an empty text is contained in everything", 18, "write not has(title)"},
      {R"(title : "x)", "this string is not closed", 18, "add a \""},
      {R"(title : "\d")", "unknown escape \\d in a string", 19, "write r"},
      {R"((title : "x")", "this parenthesis is not closed", 10, "add a )"},
      {R"(title : "x"))", "unexpected `)`", 21, "never opened"},
      {R"(title : "x" title : "y")", "unexpected `title`", 22, "join conditions with `and` or `or`"},
      {R"(ep in S01E15..S01E08)", "the range S01E15..S01E08 is upside down", 16, "write S01E08..S01E15"},
      {R"(ep in S01E15..19)", "the ends of the range are numbered differently", 24, ""},
      {R"(duration = 1m..5m)", "a range needs `in`", 23, "write duration in a..b"},
      {R"(category in [])", "an empty list holds nothing", 22, ""},
      {R"(category in "a")", "a list was expected after `in`", 22, "write in ["},
      {R"(title not like "x")", "an operator was expected, not `not`", 16, "`not` stands before the field"},
      {R"(title ~ "(")", "not a regular expression", 18, ""},
      {R"(title ~ r"ab[c")", "not a regular expression", 22, ""},
      {R"(title ~ r"foo|")", "an empty alternative matches everything", 23, "take the stray `|` away"},
      {R"(title ~ r"(?!x)y")", "not a regular expression", 20, "look-around is not available"},
      {R"("x")", "a field was expected, not a text", 10, "write `title"},
      {R"(and)", "a field was expected, not `and`", 10, ""},
      {R"(title : "ä" or titel : "x")", "there is no field `titel`", 25, ""},  // columns count characters
      {"title : “x”", "`“` has no meaning here", 18, "write a straight quote"},
      {" ", "the expression is empty", 10, ""},
  };
  for (const BadCase& bad : cases) {
    const std::string error = error_of(bad.where);
    const std::string head = "rules.toml:3:" + std::to_string(bad.column) + ": rule \"r\": where: " + bad.message;
    EXPECT_EQ(error.substr(0, head.size()), head) << bad.where;
    EXPECT_NE(error.find(bad.hint), std::string::npos) << error;
  }
}

TEST(ExpressionErrors, stay_in_the_right_line_of_a_multi_line_string) {
  EXPECT_EQ(error_of("title : \"x\"\n  and titel : \"y\"").substr(0, 15), "rules.toml:4:7:");
}

TEST(ExpressionErrors, empty_alternatives_are_found_however_deep_they_are) {
  for (const char* pattern :
       {"a||b", "|a", "a|", "(foo|)", "(?i)|foo", "^(|a)", "(?i:|foo)", "(a|)b", "a(b(c||d))", "(?P<x>a|)", "()|foo",
        "(?:)|foo", "(?i)(a|(?i))", "x(?:a|b|)", "[[:alpha:]](|b)", "\\Qa|\\E|"}) {
    EXPECT_THAT(error_of(std::string("title ~ r\"") + pattern + "\""), HasSubstr("empty alternative")) << pattern;
  }
  for (const char* pattern : {"(a)?b", "[|]", "a\\|", "[]|]x", "a|b", "(^|,)foo", "(a|b(?i))c", "(a|[|)])", "\\Q(|\\E",
                              "(?i)(a|b)|(c|d)", "(a|[[:alpha:])|])", "a()", "(?P<x>a|b)", "a|(b)", "[^]|(]"}) {
    EXPECT_TRUE(errors_of({rule_where("r", std::string("title ~ r\"") + pattern + "\"")}).empty()) << pattern;
  }
  EXPECT_EQ(
      error_of(R"_(title ~ r"x(foo|)")_"),
      "rules.toml:3:25: rule \"r\": where: an empty alternative matches everything (take the stray `|` away; what may "
      "be missing is written (foo)?)");
}

TEST(ExpressionErrors, flags_alone_are_no_regular_expression) {
  EXPECT_THAT(error_of(R"_(title ~ r"(?i)")_"), HasSubstr("an empty regular expression matches everything"));
  EXPECT_THAT(error_of(R"_(title ~ r"()")_"), HasSubstr("an empty regular expression matches everything"));
}

TEST(ExpressionLimits, deep_nesting_long_patterns_and_long_lists_are_refused) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "torrent" + std::string(depth, ')'); };
  EXPECT_TRUE(parse_expression(nested(kMaxNesting)).has_value());
  EXPECT_FALSE(parse_expression(nested(kMaxNesting + 1)).has_value());
  EXPECT_FALSE(parse_expression(nested(8000)).has_value());
  std::string nots;
  for (int i = 0; i < 3000; ++i) nots += "not ";
  EXPECT_TRUE(parse_expression(nots + "torrent").has_value());  // no recursion, so no limit of its own
  EXPECT_TRUE(parse_expression("title ~ r\"" + std::string(1024, 'a') + "\"").has_value());
  EXPECT_FALSE(parse_expression("title ~ r\"" + std::string(1025, 'a') + "\"").has_value());
  EXPECT_FALSE(parse_expression("title ~ r\"((a{100}){100}){100}\"").has_value());
  EXPECT_FALSE(parse_expression("title : \"" + std::string(kMaxExpressionBytes, 'a') + "\"").has_value());
  std::string list = "season in [0";
  for (std::size_t i = 0; i < kMaxListItems; ++i) list += ",1";
  EXPECT_FALSE(parse_expression(list + "]").has_value());
}

TEST(Expression, a_prefix_of_a_valid_expression_never_crashes) {
  const std::string whole =
      R"_((title : "a\"b" or ep in S01E08..S01E15) and not size in [1GiB, 2GB..3GB] and has(torrent) and title ~ r"x(?P<y>z)")_";
  ASSERT_TRUE(parse_expression(whole).has_value());
  for (std::size_t n = 0; n < whole.size(); ++n) (void)parse_expression(std::string_view(whole).substr(0, n));
}

TEST(Expression, predicates_know_their_own_text) {
  const auto parsed = parse_expression(R"(  title : "a"  and (size > 5MB or has( ep )))");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->predicates.size(), 3u);
  EXPECT_EQ(parsed->text_of(parsed->predicates[0]), R"(title : "a")");
  EXPECT_EQ(parsed->text_of(parsed->predicates[1]), "size > 5MB");
  EXPECT_EQ(parsed->text_of(parsed->predicates[2]), "has( ep )");
}

}  // namespace
}  // namespace podswarm::rules
