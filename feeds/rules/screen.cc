#include "feeds/rules/screen.h"

#include <algorithm>

#include "feeds/rules/case_fold.h"

namespace podswarm::rules {

namespace {

// A longer list is not worth its tests.
constexpr std::size_t kMaxAlternatives = 32;

// Whether the node, or its negation, looks for words in a text that is there at no cost. Such a test refuses nearly
// every item, and so comes before those that are cheaper still.
bool seeks_words(const Expression& whole, std::uint32_t index, bool negated) {
  const Node& at = whole.nodes[index];
  const auto seeks = [&](std::uint32_t child) { return seeks_words(whole, child, negated); };
  switch (at.kind) {
    case Node::Kind::kPredicate: {
      const Predicate& one = whole.predicates[at.predicate];
      const bool costs = one.field == Field::kDescription || one.field == Field::kShow || one.field == Field::kGroup;
      return !negated && !costs && one.field != Field::kLanguage && info(one.field).type == FieldType::kText &&
             one.op != Op::kNotEqual && one.op != Op::kNotMatches && one.op != Op::kHas;
    }
    case Node::Kind::kNot:
      return seeks_words(whole, at.children.front(), !negated);
    case Node::Kind::kAnd:
    case Node::Kind::kOr:
      break;
  }
  return (at.kind == Node::Kind::kAnd) != negated ? std::any_of(at.children.begin(), at.children.end(), seeks)
                                                  : std::all_of(at.children.begin(), at.children.end(), seeks);
}

bool seeks_words(const CompiledRule& rule, const Clause& clause) {
  const auto one = [](const Condition& condition, bool negated) {
    return seeks_words(condition.expression, condition.expression.root, negated);
  };
  switch (clause.kind) {
    case Clause::Kind::kAll:
      return one(rule.all[clause.index], false);
    case Clause::Kind::kNone:
      return one(rule.none[clause.index], true);
    case Clause::Kind::kAny:
      break;
  }
  return std::all_of(rule.any.begin(), rule.any.end(), [&](const Condition& any) { return one(any, false); });
}

}  // namespace

// Writes the tests of one rule after the other, each rule from its end: a test knows where the next ones are.
class Screen::Builder {
 public:
  explicit Builder(Screen& screen) : screen_(screen) {}

  // Where the tests of the rule begin.
  std::uint32_t add(const CompiledRule& rule) {
    std::vector<Clause> clauses = rule.clauses;
    std::stable_partition(clauses.begin(), clauses.end(), [&](const Clause& one) { return seeks_words(rule, one); });
    std::uint32_t next = kPerhaps;
    for (auto clause = clauses.rbegin(); clause != clauses.rend(); ++clause) {
      switch (clause->kind) {
        case Clause::Kind::kAll:
          next = expression(rule.all[clause->index].expression, false, next, kRejected);
          break;
        case Clause::Kind::kNone:
          next = expression(rule.none[clause->index].expression, true, next, kRejected);
          break;
        case Clause::Kind::kAny: {
          std::uint32_t otherwise = kRejected;
          for (auto one = rule.any.rbegin(); one != rule.any.rend(); ++one) {
            otherwise = expression(one->expression, false, next, otherwise);
          }
          next = otherwise;
          break;
        }
      }
    }
    return next;
  }

 private:
  std::uint32_t expression(const Expression& whole, bool negated, std::uint32_t possible, std::uint32_t impossible) {
    return node(whole, whole.root, negated, possible, impossible);
  }

  // The tests for whether the node, or its negation, can be anything but false. As deep as the expression nests.
  std::uint32_t node(const Expression& whole, std::uint32_t index, bool negated, std::uint32_t possible,
                     std::uint32_t impossible) {
    const Node& at = whole.nodes[index];
    switch (at.kind) {
      case Node::Kind::kPredicate:
        return predicate(whole.predicates[at.predicate], negated, possible, impossible);
      case Node::Kind::kNot:
        return node(whole, at.children.front(), !negated, possible, impossible);
      case Node::Kind::kAnd:
      case Node::Kind::kOr:
        break;
    }
    // not (a and b) is not a or not b.
    const bool all_needed = (at.kind == Node::Kind::kAnd) != negated;
    std::vector<std::uint32_t> children = at.children;
    if (all_needed) {
      std::stable_partition(children.begin(), children.end(),
                            [&](std::uint32_t child) { return seeks_words(whole, child, negated); });
    }
    std::uint32_t next = all_needed ? possible : impossible;
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      next = all_needed ? node(whole, *child, negated, next, impossible) : node(whole, *child, negated, possible, next);
    }
    return next;
  }

  std::uint32_t predicate(const Predicate& one, bool negated, std::uint32_t possible, std::uint32_t impossible) {
    if (one.op == Op::kHas) return test({Test::Kind::kHas, one.field, one.op, negated}, possible, impossible);
    switch (info(one.field).type) {
      case FieldType::kText:
        return text(one, negated, possible, impossible);
      case FieldType::kBool: {
        const bool wanted = (one.op == Op::kNotEqual ? !one.flag : one.flag) != negated;
        return test({Test::Kind::kFlag, one.field, one.op, !wanted}, possible, impossible);
      }
      default:
        return numbers(one, negated, possible, impossible);
    }
  }

  std::uint32_t text(const Predicate& one, bool negated, std::uint32_t possible, std::uint32_t impossible) {
    // What is not there cannot be matched; that it is there would have to be known to refuse the opposite. And a
    // language can be unknown.
    if (negated || one.field == Field::kLanguage) return possible;
    switch (one.op) {
      case Op::kContains:
      case Op::kEqual:
      case Op::kIn: {
        if (one.texts.size() > kMaxAlternatives) return possible;
        std::uint32_t next = impossible;
        for (auto needle = one.texts.rbegin(); needle != one.texts.rend(); ++needle) {
          next = literal(one.field, fold(*needle), possible, next);
        }
        return next;
      }
      case Op::kLike:
        return literal(one.field, one.glob.longest_literal(), possible, impossible);
      case Op::kMatches: {
        if (!one.regex->is_linear()) return possible;
        Test regex{Test::Kind::kRegex, one.field, one.op, false};
        regex.operand = screen_.regexes_[static_cast<std::size_t>(one.field)].add(*one.regex);
        return test(regex, possible, impossible);
      }
      default:
        return possible;
    }
  }

  std::uint32_t literal(Field field, std::string_view folded, std::uint32_t possible, std::uint32_t impossible) {
    if (folded.empty()) return possible;
    Test one{Test::Kind::kLiteral, field, Op::kContains, false};
    one.operand = static_cast<std::uint32_t>(screen_.literals_.size());
    screen_.literals_.push_back(grams_of(folded));
    return test(one, possible, impossible);
  }

  std::uint32_t numbers(const Predicate& one, bool negated, std::uint32_t possible, std::uint32_t impossible) {
    if (one.spans.empty() || one.spans.size() > kMaxAlternatives) return possible;
    // One of the spans must be able to hold; to be refused by the negation, each must be able not to.
    std::uint32_t next = negated ? possible : impossible;
    for (auto span = one.spans.rbegin(); span != one.spans.rend(); ++span) {
      Test number{Test::Kind::kNumber, one.field, one.op, negated};
      number.operand = static_cast<std::uint32_t>(screen_.spans_.size());
      screen_.spans_.push_back(*span);
      next = negated ? test(number, next, impossible) : test(number, possible, next);
    }
    return next;
  }

  std::uint32_t test(Test one, std::uint32_t possible, std::uint32_t impossible) {
    if (possible == impossible) return possible;
    one.possible = possible;
    one.impossible = impossible;
    screen_.tests_.push_back(one);
    return static_cast<std::uint32_t>(screen_.tests_.size() - 1);
  }

  Screen& screen_;
};

Screen::Screen(const std::vector<CompiledRule>& rules) {
  Builder builder(*this);
  for (const CompiledRule& rule : rules) starts_.push_back(builder.add(rule));
  for (RegexScreen& regexes : regexes_) regexes.seal();
}

bool Screen::rejects(std::uint32_t rule, Sight& sight) const {
  std::uint32_t at = starts_[rule];
  while (at < kRejected) {
    const Test& test = tests_[at];
    at = is_possible(test, sight) ? test.possible : test.impossible;
  }
  return at == kRejected;
}

bool Screen::is_possible(const Test& test, Sight& sight) const {
  const auto can_be = [&](Truth truth) { return truth != (test.negated ? Truth::kTrue : Truth::kFalse); };
  switch (test.kind) {
    case Test::Kind::kLiteral:
      return scan(test.field, sight).grams.may_contain(literals_[test.operand]);
    case Test::Kind::kRegex: {
      const Sight::Text& text = scan(test.field, sight);
      return text.too_long || text.regexes[test.operand];
    }
    case Test::Kind::kNumber: {
      const auto& value = sight.subject_.value(test.field);
      return !value || can_be(compare(*value, test.op, spans_[test.operand]));
    }
    case Test::Kind::kFlag:
      return can_be(sight.subject_.flag(test.field));
    case Test::Kind::kHas:
      return can_be(truth_of(sight.subject_.has(test.field)));
  }
  return true;
}

const Sight::Text& Screen::scan(Field field, Sight& sight) const {
  Sight::Text& text = sight.texts_[static_cast<std::size_t>(field)];
  if (text.scanned) return text;
  text.scanned = true;
  const auto& folded = sight.subject_.folded(field);
  std::size_t bytes = 0;
  for (const auto& one : folded) bytes += one.size();
  text.grams.reset(bytes);
  for (const auto& one : folded) text.grams.add(one);
  for (const auto one : sight.subject_.texts(field)) {
    text.too_long = text.too_long || one.size() > Regex::kMaxSubjectBytes;
  }
  const RegexScreen& regexes = regexes_[static_cast<std::size_t>(field)];
  if (regexes.size() > 0 && !text.too_long) text.regexes = regexes.possible(text.grams);
  return text;
}

}  // namespace podswarm::rules
