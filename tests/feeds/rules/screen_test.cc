// The screen only leaves out what cannot matter: with it and without it, decisions are the same.

#include "feeds/rules/screen.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/verdict.h"
#include "tests/feeds/rules/rule_testing.h"

namespace podswarm::rules {
namespace {

// Rules and items made of few words, so that they meet often.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  auto& of(const List& list) {
    return list[below(std::size(list))];
  }

  std::string word() {
    static const std::string kWords[] = {"news",
                                         "News",
                                         "FULL",
                                         "show",
                                         "rerun",
                                         "Straße",
                                         "STRASSE",
                                         "Ωmega",
                                         "ωMEGA",
                                         "İstanbul",
                                         "istanbul",
                                         "a",
                                         "S",
                                         "e1",
                                         "live",
                                         "café",
                                         "CAFÉ",
                                         "\xC3",
                                         "\xE2\x84\xAA"
                                         "elvin",
                                         "kelvin",
                                         "ſhow",
                                         "720p",
                                         "S01E0"};
    return of(kWords);
  }
  std::string phrase() {
    std::string out = word();
    while (one_in(2)) out += (one_in(4) ? "" : " ") + word();
    return out;
  }

  std::string text_predicate() {
    static const std::string kFields[] = {
        "title", "title",    "title",          "description",   "author", "guid",  "link",    "category",
        "feed",  "language", "enclosure.type", "enclosure.url", "show",   "group", "ep_type", "tag"};
    const std::string& field = of(kFields);
    switch (below(8)) {
      case 0:
        return field + " = " + quoted(phrase());
      case 1:
        return field + " != " + quoted(word());
      case 2:
        return field + " like " + quoted(glob());
      case 3:
        return field + " ~ " + quoted(pattern());
      case 4:
        return field + " !~ " + quoted(pattern());
      case 5:
        return field + " in [" + quoted(phrase()) + ", " + quoted(word()) + "]";
      default:
        return field + " : " + quoted(one_in(3) ? phrase() : word());
    }
  }

  std::string predicate() {
    static const std::string kTyped[] = {"duration >= 20m",
                                         "duration < 10m",
                                         "duration in 5m..30m",
                                         "size > 1MB",
                                         "size != 5MB",
                                         "ep = S01E05",
                                         "ep in S01E01..S01E09",
                                         "ep >= S02E01",
                                         "ep in [1, 5, 7..9]",
                                         "published >= 2026-11-01",
                                         "age < 7d",
                                         "season = 1",
                                         "episode > 3",
                                         "quality >= 720p",
                                         "revision > 1",
                                         "explicit",
                                         "torrent",
                                         "pack",
                                         "has(duration)",
                                         "has(language)",
                                         "has(ep)",
                                         "has(description)",
                                         "explicit = false",
                                         "has(explicit)",
                                         "has(ep_type)",
                                         "torrent != true",
                                         "duration in [10m, 20m]"};
    return one_in(3) ? of(kTyped) : text_predicate();
  }

  std::string expression(int depth = 3) {
    if (depth == 0 || one_in(3)) return one_in(4) ? "not " + predicate() : predicate();
    const std::string both = expression(depth - 1) + (one_in(2) ? " and " : " or ") + expression(depth - 1);
    return one_in(3) ? "not (" + both + ")" : "(" + both + ")";
  }

  RuleSpec rule(std::size_t number) {
    RuleSpec spec;
    spec.id.value = "r" + std::to_string(number);
    spec.feeds = texts({"*"});
    for (std::size_t n = below(3); n > 0; --n) spec.any.push_back({expression(1), {1, 1}});
    for (std::size_t n = below(3); n > 0; --n) spec.all.push_back({expression(2), {1, 1}});
    for (std::size_t n = below(2); n > 0; --n) spec.none.push_back({expression(2), {1, 1}});
    if (one_in(2) || (spec.any.empty() && spec.all.empty() && spec.none.empty())) spec.where.value = expression();
    static const char* const kActions[] = {"download", "download", "skip", "notify", "mark-seen"};
    static const char* const kUnknown[] = {"reject", "reject", "hold", "accept"};
    spec.action.value = of(kActions);
    spec.on_unknown.value = of(kUnknown);
    spec.priority = static_cast<int>(below(3));
    spec.continue_ = one_in(3);
    spec.enabled = !one_in(10);
    if (spec.action.value == "download" && one_in(4)) spec.once_per.value = "episode";
    if (spec.action.value == "download" && one_in(4)) spec.wait.value = "1d";
    return spec;
  }

  feeds::Item item() {
    feeds::Item out;
    out.title = one_in(12) ? "" : phrase();
    if (one_in(3)) out.title += " S0" + std::to_string(1 + below(2)) + "E0" + std::to_string(1 + below(9));
    if (one_in(6)) out.title += " 720p";
    out.guid = word();
    if (one_in(2)) out.description = "<p>" + phrase() + "</p> " + phrase();
    if (one_in(40)) out.description.append(Regex::kMaxSubjectBytes, 'x').append(phrase());
    if (one_in(2)) out.author = word();
    if (one_in(2)) out.categories = {word(), phrase()};
    if (one_in(2)) out.duration_seconds = 300 * below(8);
    if (one_in(2)) out.published = kNow - std::chrono::hours(24 * below(30));
    if (one_in(3)) out.episode = static_cast<double>(below(9));
    if (one_in(3)) out.season = 1;
    if (one_in(2)) out.is_explicit = one_in(2);
    if (one_in(3)) out.episode_type = "trailer";
    if (one_in(2))
      out.enclosures = {enclosure("http://host.example/" + word() + ".mp3", "audio/mpeg", 5'000'000 * below(3))};
    if (one_in(8)) out.torrent.emplace().info_hash = "aa";
    return out;
  }

 private:
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  std::string glob() {
    return (one_in(4) ? "" : "*") + word() + (one_in(2) ? "?" : "*") + word() + (one_in(4) ? "" : "*");
  }
  std::string pattern() {
    std::string out = one_in(2) ? "(?i)" : "";
    static const std::string kJoints[] = {" ", ".*", "|", "\\\\b", "?", "+ ", "\\\\W+", "[0-9]"};
    std::string first = word();
    if (first == "\xC3") first = "x";
    out += first;
    while (one_in(2)) {
      std::string next = word();
      if (next == "\xC3") next = "y";
      out += of(kJoints) + (one_in(4) ? "(" + next + "|live)" : next);
    }
    return out;
  }

  std::mt19937 random_;
};

// Everything that a Decision says, as text.
std::string said(const Decision& decision) {
  std::string out = decision.rule + " " + std::string(to_string(decision.action)) + " " + decision.reason + " " +
                    std::to_string(decision.priority) + (decision.until ? base::format_rfc3339(*decision.until) : "");
  for (const auto& tag : decision.tags) out += " #" + tag;
  for (const auto& [name, text] : decision.captures) out += " " + name + "=" + text;
  for (const auto& also : decision.also) out += " +" + also.rule + std::string(to_string(also.action));
  for (const auto& key : decision.entry.keys) out += " " + key;
  return out;
}

TEST(Screen, changes_no_decision) {
  Chance chance(20261120);
  std::size_t decided = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<RuleSpec> specs;
    for (std::size_t i = 0; i < 12; ++i) specs.push_back(chance.rule(i));
    const RuleSet rules = must_compile(specs);
    MemoryHistory history;
    for (int n = 0; n < 60; ++n) {
      const feeds::Item one = chance.item();
      Candidate asked = candidate(one, kNow, chance.one_in(2) ? "Feed" : "News show");
      if (chance.one_in(2)) asked.feed_language = "en";
      const Decision fast = rules.decide(asked, history);
      const Explanation plain = rules.explain(asked, history);
      ASSERT_EQ(said(fast), said(plain.decision)) << "round " << round << ", title " << one.title << "\n"
                                                  << plain.to_text();
      if (fast.action == Action::kDownload) (void)history.reserve(fast.entry);
      if (!fast.rule.empty()) ++decided;
    }
  }
  // The test is of use only where both outcomes are common.
  EXPECT_GT(decided, 500u);
  EXPECT_LT(decided, 3'500u);
}

TEST(Screen, rejects_nothing_that_is_true_or_unknown) {
  Chance chance(7);
  std::size_t rejected = 0;
  std::size_t is_false = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<CompiledRule> rules;
    std::vector<base::Diagnostic> errors;
    for (std::size_t i = 0; i < 20; ++i) rules.push_back(compile_rule(chance.rule(i), "test.toml", errors));
    ASSERT_TRUE(errors.empty()) << errors.front().to_string();
    const Screen screen(rules);
    for (int n = 0; n < 20; ++n) {
      const feeds::Item one = chance.item();
      const Candidate asked = candidate(one);
      Subject subject(asked);
      Sight sight(subject);
      for (std::uint32_t i = 0; i < rules.size(); ++i) {
        Verdict verdict;
        const Truth truth = evaluate_conditions(rules[i], subject, verdict);
        const bool rejects = screen.rejects(i, sight);
        ASSERT_TRUE(!rejects || truth == Truth::kFalse) << "title " << one.title;
        rejected += rejects;
        is_false += truth == Truth::kFalse;
      }
    }
  }
  EXPECT_GT(rejected, is_false / 2);  // and it is good for something
}

TEST(Screen, knows_numbers_exactly) {
  const auto rejects = [](const std::string& where, const feeds::Item& one) {
    std::vector<base::Diagnostic> errors;
    std::vector<CompiledRule> rules;
    rules.push_back(compile_rule(rule_where("r", where), "test.toml", errors));
    const Screen screen(rules);
    const Candidate asked = candidate(one);
    Subject subject(asked);
    Sight sight(subject);
    return screen.rejects(0, sight);
  };
  feeds::Item one = item("Show");
  EXPECT_FALSE(rejects("duration >= 20m", one)) << "unknown is not false";
  EXPECT_FALSE(rejects("not duration >= 20m", one));
  one.duration_seconds = 600;
  EXPECT_TRUE(rejects("duration >= 20m", one));
  EXPECT_FALSE(rejects("not duration >= 20m", one));
  EXPECT_TRUE(rejects("not duration in [5m, 10m]", one));
  EXPECT_TRUE(rejects("duration in [5m, 15m]", one));
  EXPECT_TRUE(rejects("not (duration < 20m or title : \"x\")", one));
  EXPECT_TRUE(rejects("torrent", one));
  EXPECT_FALSE(rejects("not torrent", one));
  EXPECT_TRUE(rejects("has(language) and title : \"show\"", one));
}

TEST(GramFilter, finds_every_part_of_what_was_added) {
  const std::string text = "the quick brown fox — \xC3\xA9t\xC3\xA9 \xFF jumps";
  GramFilter filter;
  filter.reset(text.size());
  filter.add(text);
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (std::size_t length = 1; begin + length <= text.size(); ++length) {
      ASSERT_TRUE(filter.may_contain(grams_of(text.substr(begin, length)))) << begin << " " << length;
    }
  }
  EXPECT_FALSE(filter.may_contain(grams_of("lazy dog")));
  filter.reset(text.size());
  EXPECT_FALSE(filter.may_contain(grams_of("quick")));
}

// RE2 puts words into lower case by its own tables, the screen folds by ours.
TEST(RegexScreen, agrees_with_the_folding_of_every_letter) {
  std::vector<std::string> letters;
  for (char32_t c = 0x80; c < 0x20000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    if (fold(c) == c) continue;
    for (const char32_t one : {c, fold(c)}) base::append_utf8(letters.emplace_back("word "), one);
  }
  for (const std::string prefix : {"", "(?i)"}) {
    RegexScreen screen;
    std::vector<std::shared_ptr<const Regex>> patterns;
    for (const auto& letter : letters) {
      SyntaxError error;
      patterns.push_back(Regex::compile(prefix + letter, error));
      ASSERT_TRUE(patterns.back()) << error.message;
      ASSERT_EQ(screen.add(*patterns.back()), patterns.size() - 1);
    }
    screen.seal();
    for (std::size_t i = 0; i < letters.size(); ++i) {
      // The other of the pair, too, where the expression takes it.
      for (const std::string& text : {letters[i], letters[i ^ 1]}) {
        if (patterns[i]->find(text, nullptr) != Truth::kTrue) continue;
        const std::string folded = fold(text);
        GramFilter filter;
        filter.reset(folded.size());
        filter.add(folded);
        ASSERT_TRUE(screen.possible(filter)[i]) << prefix << letters[i] << " in " << text;
      }
    }
  }
}

}  // namespace
}  // namespace podswarm::rules
