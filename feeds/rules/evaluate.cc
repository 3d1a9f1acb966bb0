#include "feeds/rules/evaluate.h"

#include "base/url.h"
#include "feeds/rules/case_fold.h"

namespace podswarm::rules {

namespace {

Truth contains(const Predicate& predicate, Subject& subject, std::string* matched) {
  const auto& folded = subject.folded(predicate.field);
  const std::string& needle = predicate.texts.front();
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const std::size_t at = folded[i].find(needle);
    if (at == std::string::npos) continue;
    if (matched != nullptr) {
      const std::string_view original = subject.texts(predicate.field)[i];
      const auto [begin, end] = unfolded_span(original, at, at + needle.size());
      *matched = std::string(original.substr(begin, end - begin));
    }
    return Truth::kTrue;
  }
  return Truth::kFalse;
}

Truth equals(const Predicate& predicate, Subject& subject, std::string* matched) {
  const auto& texts = subject.texts(predicate.field);
  const bool exact = info(predicate.field).exact_case;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text = exact ? texts[i] : std::string_view(subject.folded(predicate.field)[i]);
    for (const auto& wanted : predicate.texts) {
      if (text != wanted) continue;
      if (matched != nullptr) *matched = std::string(texts[i]);
      return Truth::kTrue;
    }
  }
  // "" equals a text that is not there.
  if (texts.empty()) {
    for (const auto& wanted : predicate.texts) {
      if (wanted.empty()) return Truth::kTrue;
    }
  }
  return Truth::kFalse;
}

Truth like(const Predicate& predicate, Subject& subject) {
  for (const auto& text : subject.folded(predicate.field)) {
    if (predicate.glob.matches(text)) return Truth::kTrue;
  }
  return Truth::kFalse;
}

Truth matches(const Predicate& predicate, Subject& subject, std::string* matched) {
  Truth result = Truth::kFalse;
  for (const auto text : subject.texts(predicate.field)) {
    MatchSpan span;
    bool gave_up = false;
    const Truth one = predicate.regex->find(text, matched != nullptr ? &span : nullptr, &gave_up);
    if (gave_up) subject.set_gave_up(true);
    if (one == Truth::kTrue) {
      if (matched != nullptr) *matched = std::string(text.substr(span.begin, span.end - span.begin));
      return one;
    }
    result = result | one;
  }
  return result;
}

Truth evaluate_text(const Predicate& predicate, Subject& subject, std::string* matched) {
  if (subject.text_unknown(predicate.field)) return Truth::kUnknown;
  switch (predicate.op) {
    case Op::kContains:
      return contains(predicate, subject, matched);
    case Op::kEqual:
    case Op::kIn:
      return equals(predicate, subject, matched);
    case Op::kNotEqual:
      return !equals(predicate, subject, matched);
    case Op::kLike:
      return like(predicate, subject);
    case Op::kMatches:
      return matches(predicate, subject, matched);
    case Op::kNotMatches:
      return !matches(predicate, subject, matched);
    default:
      return Truth::kUnknown;
  }
}

Truth evaluate_ordered(const Predicate& predicate, Subject& subject) {
  const auto& value = subject.value(predicate.field);
  if (!value) return Truth::kUnknown;
  Truth result = Truth::kFalse;
  for (const Span& literal : predicate.spans) result = result | compare(*value, predicate.op, literal);
  return result;
}

// Walks an expression. `Leaf` is called for predicates; `kCutShort` says whether what cannot matter may be left out.
template <bool kCutShort, class Leaf>
Truth walk(const Expression& expression, std::uint32_t index, const Leaf& leaf, const Predicate** why) {
  const Node& node = expression.nodes[index];
  switch (node.kind) {
    case Node::Kind::kPredicate: {
      const Predicate& predicate = expression.predicates[node.predicate];
      if (why != nullptr) *why = &predicate;
      return leaf(predicate);
    }
    case Node::Kind::kNot:
      return !walk<kCutShort>(expression, node.children.front(), leaf, why);
    case Node::Kind::kAnd:
    case Node::Kind::kOr:
      break;
  }
  const bool is_and = node.kind == Node::Kind::kAnd;
  const Truth settled = is_and ? Truth::kFalse : Truth::kTrue;
  Truth result = !settled;
  const Predicate* reason = nullptr;
  for (const std::uint32_t child : node.children) {
    const Predicate* child_why = nullptr;
    const Truth one = walk<kCutShort>(expression, child, leaf, &child_why);
    const Truth joined = is_and ? result & one : result | one;
    if (reason == nullptr || joined != result) reason = child_why;
    result = joined;
    if (kCutShort && result == settled) break;
  }
  if (why != nullptr) *why = reason;
  return result;
}

}  // namespace

Truth evaluate(const Predicate& predicate, Subject& subject, std::string* matched) {
  if (predicate.op == Op::kHas) return truth_of(subject.has(predicate.field));
  switch (info(predicate.field).type) {
    case FieldType::kText:
      return evaluate_text(predicate, subject, matched);
    case FieldType::kBool: {
      const Truth value = subject.flag(predicate.field);
      const bool wanted = predicate.op == Op::kNotEqual ? !predicate.flag : predicate.flag;
      return wanted ? value : !value;
    }
    default:
      return evaluate_ordered(predicate, subject);
  }
}

Truth evaluate(const Expression& expression, Subject& subject, const Predicate** why) {
  return walk<true>(
      expression, expression.root, [&](const Predicate& predicate) { return evaluate(predicate, subject, nullptr); },
      why);
}

Truth trace(const Expression& expression, base::SourcePos pos, const std::string& clause, Subject& subject,
            std::vector<PredicateTrace>& out) {
  // Every predicate is met once, though not in the order of the text.
  const std::size_t first = out.size();
  out.resize(first + expression.predicates.size());
  const auto leaf = [&](const Predicate& predicate) {
    PredicateTrace& row = out[first + static_cast<std::size_t>(&predicate - expression.predicates.data())];
    row.clause = clause;
    row.text = std::string(expression.text_of(predicate));
    row.pos = position_in(expression.text, pos, predicate.begin);
    row.actual = subject.display(predicate.field);
    row.truth = evaluate(predicate, subject, &row.matched);
    const bool may_be_url = predicate.field == Field::kLink || predicate.field == Field::kEnclosureUrl ||
                            predicate.field == Field::kFeed;
    row.matched = one_line(may_be_url ? base::redact_url(row.matched) : row.matched);
    return row.truth;
  };
  return walk<false>(expression, expression.root, leaf, nullptr);
}

void add_captures(const Expression& expression, Subject& subject, std::map<std::string, std::string>& captures) {
  for (const Predicate& predicate : expression.predicates) {
    if (predicate.op != Op::kMatches) continue;
    for (const auto text : subject.texts(predicate.field)) predicate.regex->add_captures(text, captures);
  }
}

base::SourcePos position_in(std::string_view text, base::SourcePos start, std::size_t offset) {
  if (start.line == 0) return {};
  base::SourcePos pos = start;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++pos.line;
      pos.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++pos.column;
    }
  }
  return pos;
}

}  // namespace podswarm::rules
