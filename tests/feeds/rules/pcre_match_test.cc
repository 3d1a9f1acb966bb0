// Regular expressions with look-around: what they match, and what becomes of those that would not end.

#include "feeds/rules/pcre_match.h"

#include <gmock/gmock.h>

#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

using ::testing::HasSubstr;
using Outcome = PcreMatch::Outcome;

Outcome look(std::string_view pattern, std::string_view subject, std::string* matched = nullptr,
             std::map<std::string, std::string>* captures = nullptr) {
  SyntaxError error;
  const auto compiled = PcreMatch::compile(pattern, error);
  if (!compiled) {
    ADD_FAILURE() << pattern << ": " << error.message;
    return Outcome::kNoMatch;
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  const auto outcome = compiled->find(subject, begin, end, captures);
  if (outcome == Outcome::kMatch && matched != nullptr) *matched = subject.substr(begin, end - begin);
  return outcome;
}

TEST(PcreMatch, look_around_and_references_back) {
  std::string matched;
  EXPECT_EQ(look(R"((?<!re-)run(?=ning))", "a running", &matched), Outcome::kMatch);
  EXPECT_EQ(matched, "run");
  EXPECT_EQ(look(R"((?<!re-)run(?=ning))", "re-running"), Outcome::kNoMatch);
  EXPECT_EQ(look(R"((\w)\1)", "abba", &matched), Outcome::kMatch);
  EXPECT_EQ(matched, "bb");
  EXPECT_EQ(look("^.$", "\xC3\xA4"), Outcome::kMatch) << "a character, not a byte";
  EXPECT_EQ(look("a",
                 "\xFF"
                 "a"),
            Outcome::kMatch)
      << "bytes that are no text are passed over";
}

TEST(PcreMatch, named_groups_are_captured) {
  std::map<std::string, std::string> captures{{"old", "stands"}};
  EXPECT_EQ(look(R"((?<show>\w+)(?= S)(?P<rest>.*)(?<none>x)?)", "Night S01", nullptr, &captures), Outcome::kMatch);
  EXPECT_EQ(captures, (std::map<std::string, std::string>{{"old", "stands"}, {"show", "Night"}, {"rest", " S01"}}));
}

TEST(PcreMatch, what_would_not_end_comes_to_its_limits) {
  const std::string many(64, 'a');
  EXPECT_EQ(look("^(?=(a+)+$)", many + "!"), Outcome::kLimit);
  EXPECT_EQ(look(R"(^(a|aa)+$)", many + "!"), Outcome::kLimit);
  EXPECT_EQ(look(R"(^(x(?1)?x)+y$)", std::string(60'000, 'x') + "y."), Outcome::kLimit);
  // Within the limits for texts as feeds have them.
  EXPECT_EQ(look(R"((?i)^(?=.*tides)(?=.*1080p)(?!.*rerun).*$)", std::string(900, '-') + " Tides 1080p"),
            Outcome::kMatch);
}

TEST(PcreMatch, a_bad_pattern_is_refused_with_its_place) {
  for (const char* bad : {"(", "a(?<=b*)c", R"(\C)", "(?(1)", "[z-a]"}) {
    SyntaxError error;
    EXPECT_FALSE(PcreMatch::compile(bad, error)) << bad;
    EXPECT_THAT(error.message, HasSubstr("not a regular expression")) << bad;
    EXPECT_LE(error.offset, std::string_view(bad).size());
  }
  SyntaxError error;
  EXPECT_FALSE(PcreMatch::compile(std::string(100, '(') + "a" + std::string(100, ')'), error));
}

TEST(PcreExpression, is_asked_for_by_its_string_alone) {
  EXPECT_TRUE(takes(R"x(title ~ pcre"tides(?! again)")x", item("tides today")));
  EXPECT_FALSE(takes(R"x(title ~ pcre"tides(?! again)")x", item("tides again")));
  EXPECT_TRUE(takes(R"(title !~ pcre'tides(?! again)')", item("tides again")));
  EXPECT_THAT(error_of(R"x(title ~ "tides(?! again)")x"), HasSubstr("pcre\"…\""));
  EXPECT_THAT(error_of(R"(title ~ pcre"tides(")"), HasSubstr("not a regular expression: missing closing parenthesis"));
  EXPECT_THAT(error_of(R"(title : pcre"tides")"), HasSubstr("write `~`"));
  EXPECT_THAT(error_of(R"(title ~ pcre"tides|")"), HasSubstr("empty alternative"));
  EXPECT_THAT(error_of(R"(title ~ pcre"")"), HasSubstr("matches everything"));
}

// A rule that comes to its limits holds, whatever it makes of unknowns.
TEST(PcreExpression, limits_hold_and_never_refuse) {
  const auto endless = item(std::string(64, 'a') + "!");
  const std::string condition = R"x(title ~ pcre"^(?=(a+)+$)")x";
  for (const char* on_unknown : {"reject", "hold", "accept"}) {
    auto spec = rule_where("r", condition);
    spec.on_unknown.value = on_unknown;
    const auto decision = must_compile({spec}).decide(candidate(endless), MemoryHistory());
    EXPECT_EQ(decision.action, Action::kHold) << on_unknown;
    EXPECT_EQ(decision.rule, "r");
    EXPECT_THAT(decision.reason, HasSubstr("came to its limits"));
  }
  auto none = rule_where("r", "");
  none.match_all = false;
  none.where = {"has(title)", {3, 10}};
  none.none = {{condition, {4, 5}}};
  EXPECT_EQ(must_compile({none}).decide(candidate(endless), MemoryHistory()).action, Action::kHold);
  // Where the rest settles it, there is nothing to hold for.
  EXPECT_EQ(must_compile({rule_where("r", condition + " and title : \"zzz\"")})
                .decide(candidate(endless), MemoryHistory())
                .action,
            Action::kNone);
  EXPECT_EQ(must_compile({rule_where("r", condition + " or title : \"aaa\"")})
                .decide(candidate(endless), MemoryHistory())
                .action,
            Action::kDownload);
  // The next rule, and the next item, begin anew.
  const auto rules =
      must_compile({rule_where("one", condition + " and title : \"zzz\""), rule_where("two", "duration > 1m")});
  EXPECT_EQ(rules.decide(candidate(endless), MemoryHistory()).action, Action::kNone);
}

TEST(PcreExpression, explains_and_captures) {
  const auto rules = must_compile({rule_where("r", R"x(title ~ pcre"(?<word>t\w+)(?= now)")x")});
  const auto it = item("the tides now");
  const auto explanation = rules.explain(candidate(it), MemoryHistory());
  ASSERT_EQ(explanation.rules.at(0).predicates.size(), 1u);
  EXPECT_EQ(explanation.rules[0].predicates[0].matched, "tides");
  EXPECT_EQ(explanation.decision.captures.at("word"), "tides");
}

// A thousand rules before it must not hide a rule of which the screen knows nothing.
TEST(PcreExpression, the_screen_lets_it_through) {
  std::vector<RuleSpec> specs;
  for (int i = 0; i < 50; ++i)
    specs.push_back(rule_where("no" + std::to_string(i), "title : \"zz" + std::to_string(i) + "\""));
  specs.push_back(rule_where("yes", R"x(title ~ pcre"ti(?=des)")x"));
  const auto it = item("tides");
  EXPECT_EQ(must_compile(specs).decide(candidate(it), MemoryHistory()).rule, "yes");
}

}  // namespace
}  // namespace podswarm::rules
