// Tells in a few nanoseconds that a rule's conditions are false for an item, so that a thousand rules can be asked
// about every item of a large archive. It only ever says "false for certain" or "perhaps": what is left is asked in
// full (verdict.h), so that decisions and their reasons are the same with and without it.
//
// Every rule is compiled to a short run of tests with jumps, all of them in one array. Literals are looked for in a
// filter over the item's folded text, numbers are compared, and what neither can tell is "perhaps". Immutable once
// made; a Sight belongs to one decision.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "feeds/rules/compiled_rule.h"
#include "feeds/rules/gram_filter.h"
#include "feeds/rules/regex_screen.h"
#include "feeds/rules/subject.h"

namespace podswarm::rules {

// What the screen has made of one item so far; filled as tests ask for it.
class Sight {
 public:
  explicit Sight(Subject& subject) : subject_(subject) {}

 private:
  friend class Screen;
  struct Text {
    bool scanned = false;
    bool too_long = false;  // for a regular expression to look at the whole
    GramFilter grams;
    std::vector<bool> regexes;
  };
  Subject& subject_;
  std::array<Text, kFieldCount> texts_;
};

class Screen {
 public:
  // `rules` in the order in which rejects() counts them.
  explicit Screen(const std::vector<CompiledRule>& rules);

  // True only where the conditions of the rule are false: neither true nor unknown.
  [[nodiscard]] bool rejects(std::uint32_t rule, Sight& sight) const;

 private:
  class Builder;

  struct Test {
    enum class Kind : std::uint8_t {
      kLiteral,  // a text field contains a literal
      kRegex,    // a text field may match a regular expression
      kNumber,   // an ordered field compares with a literal
      kFlag,     // a field that is true or false
      kHas,
    };
    Kind kind{};
    Field field{};
    Op op{};                     // kNumber
    bool negated = false;        // the predicate must be able to be false, not true
    std::uint32_t operand = 0;   // into literals_ or spans_, or the number of the regular expression
    std::uint32_t possible = 0;  // the test that comes next, kPerhaps or kRejected
    std::uint32_t impossible = 0;
  };
  static constexpr std::uint32_t kPerhaps = 0xFFFFFFFF;
  static constexpr std::uint32_t kRejected = 0xFFFFFFFE;

  [[nodiscard]] bool is_possible(const Test& test, Sight& sight) const;
  [[nodiscard]] const Sight::Text& scan(Field field, Sight& sight) const;

  std::vector<Test> tests_;
  std::vector<std::uint32_t> starts_;  // of the rules: a test, kPerhaps or kRejected
  std::vector<Grams> literals_;
  std::vector<Span> spans_;
  std::array<RegexScreen, kFieldCount> regexes_;
};

}  // namespace podswarm::rules
