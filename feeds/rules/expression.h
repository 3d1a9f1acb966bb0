// An expression of the rule language, parsed and type-checked. Immutable; may be evaluated from any thread.
//
//   expression = and-part { "or" and-part }
//   and-part   = not-part { "and" not-part }
//   not-part   = { "not" } ( "(" expression ")" | predicate )
//   predicate  = field operator literal | field "in" ( range | list ) | "has" "(" field ")" | field
//   list       = ( "[" | "(" ) item { "," item } ( "]" | ")" )      item = literal | range      range = literal ".."
//   literal
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/rules/fields.h"
#include "feeds/rules/lexer.h"
#include "feeds/rules/literal.h"
#include "feeds/rules/text_match.h"

namespace podswarm::rules {

struct Predicate {
  Field field{};
  Op op{};
  std::size_t begin = 0;  // bytes into the expression
  std::size_t end = 0;
  bool flag = true;                    // kBool fields: the wanted value
  std::vector<Span> spans;             // ordered fields: one, or those of the list
  std::vector<std::string> texts;      // text fields: needles, case-folded unless the field is exact
  Glob glob;                           // kLike
  std::shared_ptr<const Regex> regex;  // kMatches, kNotMatches
};

struct Node {
  enum class Kind : std::uint8_t { kPredicate, kNot, kAnd, kOr };
  Kind kind = Kind::kPredicate;
  std::uint32_t predicate = 0;          // kPredicate: which
  std::vector<std::uint32_t> children;  // the others: which nodes, the cheapest to evaluate first
  std::uint32_t cost = 0;               // what an evaluation takes, very roughly
};

struct Expression {
  std::string text;
  std::vector<Predicate> predicates;  // in the order of the text
  std::vector<Node> nodes;
  std::uint32_t root = 0;

  [[nodiscard]] std::uint32_t cost() const { return nodes[root].cost; }

  [[nodiscard]] std::string_view text_of(const Predicate& predicate) const {
    return std::string_view(text).substr(predicate.begin, predicate.end - predicate.begin);
  }
};

inline constexpr std::size_t kMaxExpressionBytes = 16 * 1024;
inline constexpr std::size_t kMaxNesting = 64;
inline constexpr std::size_t kMaxListItems = 1000;

// The first problem is the error.
[[nodiscard]] boost::system::result<Expression, SyntaxError> parse_expression(std::string_view text);

}  // namespace podswarm::rules
