#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/located.h"
#include "base/text.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/expression.h"

namespace podswarm::rules {

namespace {

bool is_keyword(const Token& token, std::string_view word) {
  return token.kind == TokenKind::kWord && base::iequals(token.value, word);
}

// Words that other tools use for what is an operator here.
std::string operator_hint(const std::string& word) {
  constexpr std::array<std::array<std::string_view, 2>, 9> kKnown = {{{"contains", "write `:`"},
                                                                      {"includes", "write `:`"},
                                                                      {"has", "write `:`"},
                                                                      {"matches", "write `~`"},
                                                                      {"regex", "write `~`"},
                                                                      {"is", "write `=`"},
                                                                      {"equals", "write `=`"},
                                                                      {"between", "write `in a..b`"},
                                                                      {"not", "`not` stands before the field"}}};
  const std::string lower = base::ascii_lower(word);
  for (const auto& [name, hint] : kKnown) {
    if (lower == name) return std::string(hint);
  }
  const std::string near = base::nearest(lower, std::array<std::string, 2>{"like", "in"});
  return near.empty() ? "the operators are : = != < <= > >= ~ !~ like in" : "did you mean `" + near + "`?";
}

std::optional<Op> comparison(std::string_view text) {
  if (text == ":") return Op::kContains;
  if (text == "=") return Op::kEqual;
  if (text == "!=") return Op::kNotEqual;
  if (text == "<") return Op::kLess;
  if (text == "<=") return Op::kLessEqual;
  if (text == ">") return Op::kGreater;
  if (text == ">=") return Op::kGreaterEqual;
  if (text == "~") return Op::kMatches;
  if (text == "!~") return Op::kNotMatches;
  return std::nullopt;
}

bool allowed(FieldType type, Op op) {
  switch (op) {
    case Op::kEqual:
    case Op::kNotEqual:
      return true;
    case Op::kIn:
      return type != FieldType::kBool;
    case Op::kContains:
    case Op::kLike:
    case Op::kMatches:
    case Op::kNotMatches:
      return type == FieldType::kText;
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return is_ordered(type);
    case Op::kHas:
    case Op::kIs:
      return true;
  }
  return false;
}

// In units of a comparison of two numbers.
std::uint32_t cost_of(const Predicate& predicate) {
  if (predicate.regex) return predicate.regex->is_linear() ? 20 : 200;
  switch (predicate.field) {
    case Field::kDescription:
      return 10;  // to be freed of its markup first
    case Field::kShow:
    case Field::kEp:
    case Field::kSeason:
    case Field::kEpisode:
    case Field::kQuality:
    case Field::kGroup:
    case Field::kRevision:
    case Field::kPack:
      return 5;  // the title is to be read first
    default:
      return info(predicate.field).type == FieldType::kText ? 2 : 1;
  }
}

// Recursive descent. Functions return false (or nothing) once error_ is set, and everybody then returns at once.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { expression_.text = std::string(text); }

  boost::system::result<Expression, SyntaxError> run() {
    if (expression_.text.size() > kMaxExpressionBytes) {
      return SyntaxError{0, "the expression is longer than 16 KiB", "split it over several conditions"};
    }
    if (!advance()) return error_;
    if (token_.kind == TokenKind::kEnd) return SyntaxError{0, "the expression is empty", ""};
    const auto root = parse_or(0);
    if (!root) return error_;
    if (token_.kind != TokenKind::kEnd) {
      fail(token_, "unexpected " + describe(token_),
           token_.kind == TokenKind::kClose ? "this parenthesis was never opened"
                                            : "join conditions with `and` or `or`");
      return error_;
    }
    expression_.root = *root;
    return std::move(expression_);
  }

 private:
  using NodeIndex = std::optional<std::uint32_t>;

  std::nullopt_t fail(const Token& at, std::string message, std::string hint) {
    error_ = {at.begin, std::move(message), std::move(hint)};
    return std::nullopt;
  }

  bool advance() {
    last_end_ = token_.end;
    auto token = lexer_.next();
    if (!token) {
      error_ = lexer_.error();
      return false;
    }
    token_ = std::move(*token);
    return true;
  }

  std::uint32_t add(Node node) {
    const auto cost = [&](std::uint32_t child) { return expression_.nodes[child].cost; };
    if (node.kind == Node::Kind::kPredicate) node.cost = cost_of(expression_.predicates[node.predicate]);
    for (const std::uint32_t child : node.children) node.cost += cost(child);
    std::stable_sort(node.children.begin(), node.children.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return cost(a) < cost(b); });
    expression_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(expression_.nodes.size() - 1);
  }

  NodeIndex parse_chain(std::string_view word, Node::Kind kind, std::size_t depth) {
    Node node{kind, 0, {}, 0};
    for (;;) {
      const auto part = kind == Node::Kind::kOr ? parse_and(depth) : parse_not(depth);
      if (!part) return std::nullopt;
      node.children.push_back(*part);
      if (!is_keyword(token_, word)) break;
      if (!advance()) return std::nullopt;
    }
    return node.children.size() == 1 ? node.children.front() : add(std::move(node));
  }
  NodeIndex parse_or(std::size_t depth) { return parse_chain("or", Node::Kind::kOr, depth); }
  NodeIndex parse_and(std::size_t depth) { return parse_chain("and", Node::Kind::kAnd, depth); }

  NodeIndex parse_not(std::size_t depth) {
    bool negate = false;
    while (is_keyword(token_, "not")) {
      negate = !negate;
      if (!advance()) return std::nullopt;
    }
    const auto part = parse_primary(depth);
    if (!part || !negate) return part;
    return add({Node::Kind::kNot, 0, {*part}, 0});
  }

  NodeIndex parse_primary(std::size_t depth) {
    if (token_.kind != TokenKind::kOpen) return parse_predicate();
    if (depth >= kMaxNesting) return fail(token_, "parentheses are nested too deeply", "64 levels are the most");
    const Token open = token_;
    if (!advance()) return std::nullopt;
    const auto inner = parse_or(depth + 1);
    if (!inner) return std::nullopt;
    if (token_.kind == TokenKind::kEnd) return fail(open, "this parenthesis is not closed", "add a )");
    if (token_.kind != TokenKind::kClose) {
      return fail(token_, "unexpected " + describe(token_), "join conditions with `and` or `or`");
    }
    if (!advance()) return std::nullopt;
    return inner;
  }

  std::optional<Field> parse_field() {
    if (token_.kind != TokenKind::kWord || is_keyword(token_, "and") || is_keyword(token_, "or")) {
      return fail(token_, "a field was expected, not " + describe(token_),
                  token_.kind == TokenKind::kString ? "write `title : …` to look for a text in the title" : "");
    }
    const auto field = field_by_name(token_.value);
    if (!field) {
      std::vector<std::string> names;
      for (const FieldInfo& row : all_fields()) names.emplace_back(row.name);
      const std::string near = base::nearest(base::ascii_lower(token_.value), names);
      return fail(token_, "there is no field `" + token_.value + "`",
                  near.empty() ? "fields are title, duration, size, published, …" : "did you mean `" + near + "`?");
    }
    if (!advance()) return std::nullopt;
    return field;
  }

  NodeIndex finish(Predicate predicate) {
    predicate.end = last_end_;
    expression_.predicates.push_back(std::move(predicate));
    return add({Node::Kind::kPredicate, static_cast<std::uint32_t>(expression_.predicates.size() - 1), {}, 0});
  }

  NodeIndex parse_predicate() {
    Predicate predicate;
    predicate.begin = token_.begin;
    if (is_keyword(token_, "has")) return parse_has(std::move(predicate));
    const auto field = parse_field();
    if (!field) return std::nullopt;
    predicate.field = *field;
    const FieldInfo& field_info = info(*field);
    const auto op = parse_operator(field_info);
    if (!op) return std::nullopt;
    predicate.op = *op;
    bool ok = true;
    if (*op == Op::kIn) {
      ok = parse_in(field_info, predicate);
    } else if (*op != Op::kIs) {
      ok = parse_operand(field_info, predicate);
    }
    if (!ok) return std::nullopt;
    return finish(std::move(predicate));
  }

  NodeIndex parse_has(Predicate predicate) {
    predicate.op = Op::kHas;
    if (!advance()) return std::nullopt;
    if (token_.kind != TokenKind::kOpen) return fail(token_, "`(` was expected after `has`", "write has(duration)");
    if (!advance()) return std::nullopt;
    const auto field = parse_field();
    if (!field) return std::nullopt;
    predicate.field = *field;
    if (token_.kind != TokenKind::kClose) return fail(token_, "`)` was expected, not " + describe(token_), "");
    if (!advance()) return std::nullopt;
    return finish(std::move(predicate));
  }

  std::optional<Op> parse_operator(const FieldInfo& field) {
    const bool stands_alone = token_.kind == TokenKind::kEnd || token_.kind == TokenKind::kClose ||
                              is_keyword(token_, "and") || is_keyword(token_, "or");
    if (stands_alone) {
      if (field.type == FieldType::kBool) return Op::kIs;
      return fail(token_, "an operator was expected after `" + std::string(field.name) + "`",
                  "to ask whether it is there at all, write has(" + std::string(field.name) + ")");
    }
    std::optional<Op> op;
    if (is_keyword(token_, "like")) {
      op = Op::kLike;
    } else if (is_keyword(token_, "in")) {
      op = Op::kIn;
    } else if (token_.kind == TokenKind::kOperator) {
      op = comparison(token_.value);
    }
    if (!op) {
      return fail(token_, "an operator was expected, not " + describe(token_),
                  token_.kind == TokenKind::kWord ? operator_hint(token_.value) : "");
    }
    if (!allowed(field.type, *op)) {
      return fail(token_, "`" + token_.value + "` does not go with `" + std::string(field.name) + "`",
                  std::string(field.name) + " is compared with " + std::string(describe(field.type)) +
                      (field.type == FieldType::kText   ? ": : = != ~ !~ like in"
                       : field.type == FieldType::kBool ? ": = !="
                                                        : ": = != < <= > >= in"));
    }
    if (!advance()) return std::nullopt;
    return op;
  }

  std::nullopt_t mismatch(const FieldInfo& field) {
    std::string hint;
    if (field.type == FieldType::kText) {
      hint = token_.kind == TokenKind::kWord || token_.kind == TokenKind::kQuantity ? "write \"" + token_.value + "\""
                                                                                    : "";
    } else if (token_.kind == TokenKind::kString) {
      hint = "write it without quotes";
    } else if (field.type == FieldType::kTime && token_.kind == TokenKind::kQuantity) {
      hint = "a time of day needs its zone: 2026-01-31T18:30:00Z";
    }
    return fail(
        token_,
        fmt::format("`{}` is compared with {}, not with {}", field.name, describe(field.type), describe(token_)), hint);
  }

  bool parse_operand(const FieldInfo& field, Predicate& predicate) {
    if (field.type == FieldType::kText) return parse_text(field, predicate);
    if (field.type == FieldType::kBool) {
      const bool yes = is_keyword(token_, "true");
      if (!yes && !is_keyword(token_, "false")) {
        mismatch(field);
        return false;
      }
      predicate.flag = yes;
      return advance();
    }
    return parse_value(field, predicate);
  }

  bool parse_text(const FieldInfo& field, Predicate& predicate) {
    if (token_.kind != TokenKind::kString) {
      mismatch(field);
      return false;
    }
    const bool is_match = predicate.op == Op::kMatches || predicate.op == Op::kNotMatches;
    if (token_.pcre && !is_match) {
      fail(token_, "a pcre string is a regular expression", "write `~` or `!~` before it");
      return false;
    }
    if (token_.value.empty() && (predicate.op == Op::kContains || predicate.op == Op::kLike)) {
      fail(token_, "an empty text is contained in everything",
           "to ask for an empty " + std::string(field.name) + ", write not has(" + std::string(field.name) + ")");
      return false;
    }
    if (is_match) {
      SyntaxError problem;
      predicate.regex =
          token_.pcre ? Regex::compile_pcre(token_.value, problem) : Regex::compile(token_.value, problem);
      if (!predicate.regex) {
        // In a raw string the pattern's bytes are the expression's; with escapes only the string can be pointed at.
        const bool raw = expression_.text[token_.begin] == 'r';
        const std::size_t opening = token_.pcre ? 5 : 2;  // pcre" or r"
        problem.offset = raw || token_.pcre ? token_.begin + opening + problem.offset : token_.begin;
        error_ = std::move(problem);
        return false;
      }
    } else if (predicate.op == Op::kLike) {
      predicate.glob = Glob(fold(token_.value));
    } else {
      const bool exact = field.exact_case && predicate.op != Op::kContains;
      predicate.texts.push_back(exact ? token_.value : fold(token_.value));
    }
    return advance();
  }

  // A literal, or with `in` a range of two.
  bool parse_value(const FieldInfo& field, Predicate& predicate) {
    const Token first = token_;
    auto span = read_literal(field.type, token_);
    if (!span) {
      mismatch(field);
      return false;
    }
    if (!advance()) return false;
    if (token_.kind == TokenKind::kRange) {
      if (predicate.op != Op::kIn) {
        fail(token_, "a range needs `in`", "write " + std::string(field.name) + " in a..b");
        return false;
      }
      if (!advance()) return false;
      const auto last = read_literal(field.type, token_);
      if (!last) {
        mismatch(field);
        return false;
      }
      if (span->scale != last->scale) {
        fail(token_, "the ends of the range are numbered differently", "");
        return false;
      }
      if (span->lo > last->lo || span->hi > last->hi) {
        fail(first, "the range " + first.value + ".." + token_.value + " is upside down",
             "write " + token_.value + ".." + first.value);
        return false;
      }
      span->hi = last->hi;
      if (!advance()) return false;
    }
    predicate.spans.push_back(*span);
    return true;
  }

  bool parse_in(const FieldInfo& field, Predicate& predicate) {
    const bool brackets = token_.kind == TokenKind::kOpenList;
    if (!brackets && token_.kind != TokenKind::kOpen) {
      if (field.type != FieldType::kText) return parse_value(field, predicate);
      fail(token_, "a list was expected after `in`", "write in [\"one\", \"two\"]");
      return false;
    }
    const Token open = token_;
    const TokenKind close = brackets ? TokenKind::kCloseList : TokenKind::kClose;
    if (!advance()) return false;
    if (token_.kind == close) {
      fail(open, "an empty list holds nothing", "");
      return false;
    }
    for (std::size_t n = 0;; ++n) {
      if (n >= kMaxListItems) {
        fail(token_, "the list is too long", "1000 values are the most");
        return false;
      }
      const bool ok = field.type == FieldType::kText ? parse_text(field, predicate) : parse_value(field, predicate);
      if (!ok) return false;
      if (token_.kind == close) return advance();
      if (token_.kind != TokenKind::kComma) {
        fail(token_, std::string("a comma or ") + (brackets ? "]" : ")") + " was expected, not " + describe(token_),
             "");
        return false;
      }
      if (!advance()) return false;
    }
  }

  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;
  Expression expression_;
  SyntaxError error_;
};

}  // namespace

boost::system::result<Expression, SyntaxError> parse_expression(std::string_view text) {
  return Parser(text).run();
}

}  // namespace podswarm::rules
