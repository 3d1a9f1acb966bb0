#include "feeds/rules/lexer.h"

#include <fmt/format.h>

#include <array>

#include "feeds/rules/case_fold.h"

namespace podswarm::rules {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct Slip {
  std::string_view written;
  std::string_view hint;
};

// What people write from other languages' habit; longer ones first.
constexpr Slip kSlips[] = {
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"&", "write `and`"},
    {"|", "write `or`"},
    {"!", "write `not`, `!=` or `!~`"},
    {"-", "a range is written a..b; a negative value cannot occur"},
    {"{", "lists are written [a, b]"},
    {"\u201C", "write a straight quote: \""},
    {"\u201D", "write a straight quote: \""},
    {"\u2018", "write a straight quote: '"},
    {"\u2019", "write a straight quote: '"},
};

}  // namespace

std::optional<Token> Lexer::fail(std::size_t offset, std::string message, std::string hint) {
  error_ = {offset, std::move(message), std::move(hint)};
  return std::nullopt;
}

Token Lexer::take(TokenKind kind, std::size_t end) {
  Token token{kind, at_, end, std::string(text_.substr(at_, end - at_))};
  at_ = end;
  return token;
}

std::size_t Lexer::word_end(std::size_t at) const {
  while (at < text_.size() && (is_letter(text_[at]) || is_digit(text_[at]) || text_[at] == '.')) {
    if (text_[at] == '.' && text_.substr(at, 2) == "..") break;
    ++at;
  }
  return at;
}

std::size_t Lexer::quantity_end(std::size_t at) const {
  const auto digits = [&](std::size_t from) {
    std::size_t n = 0;
    while (from + n < text_.size() && is_digit(text_[from + n])) ++n;
    return n;
  };
  const auto dash_at = [&](std::size_t i) { return i < text_.size() && text_[i] == '-'; };
  // A date, with or without a time of day, holds signs that nothing else may hold.
  if (digits(at) == 4 && dash_at(at + 4)) {
    const std::size_t month = digits(at + 5);
    if (month > 0 && dash_at(at + 5 + month)) {
      std::size_t end = at + 6 + month;
      end += digits(end);
      if (end + 1 < text_.size() && text_[end] == 'T' && is_digit(text_[end + 1])) {
        constexpr std::string_view kTimeSigns = ":.+-TZz";
        while (end < text_.size() && (is_digit(text_[end]) || kTimeSigns.find(text_[end]) != std::string_view::npos)) {
          if (text_.substr(end, 2) == "..") break;
          ++end;
        }
      }
      return end;
    }
  }
  return word_end(at);
}

std::optional<Token> Lexer::string_token(std::size_t begin, std::size_t quote_at, bool raw) {
  const char quote = text_[quote_at];
  std::string value;
  for (std::size_t i = quote_at + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == quote) {
      at_ = i + 1;
      return Token{TokenKind::kString, begin, at_, std::move(value)};
    }
    if (c != '\\' || raw) {
      value += c;
      continue;
    }
    ++i;
    if (i >= text_.size()) break;
    switch (text_[i]) {
      case '\\':
      case '"':
      case '\'':
        value += text_[i];
        break;
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      default:
        return fail(i - 1, std::string("unknown escape \\") + text_[i] + " in a string",
                    R"(write r"…" to have backslashes stand for themselves)");
    }
  }
  return fail(begin, "this string is not closed", std::string("add a ") + quote);
}

std::optional<Token> Lexer::bad_character() {
  const std::string_view rest = text_.substr(at_);
  for (const Slip& slip : kSlips) {
    if (rest.starts_with(slip.written)) {
      return fail(at_, fmt::format("`{}` has no meaning here", slip.written), std::string(slip.hint));
    }
  }
  const auto [code_point, length] = first_code_point(rest);
  return fail(at_, fmt::format("`{}` has no meaning here", rest.substr(0, length)),
              code_point >= 0x80 ? "put texts in quotes" : "");
}

std::optional<Token> Lexer::next() {
  constexpr std::string_view kSpace = " \t\r\n";
  while (at_ < text_.size() && kSpace.find(text_[at_]) != std::string_view::npos) ++at_;
  if (at_ >= text_.size()) return Token{TokenKind::kEnd, text_.size(), text_.size(), ""};
  const char c = text_[at_];
  const char following = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (c == '"' || c == '\'') return string_token(at_, at_, false);
  if (c == 'r' && (following == '"' || following == '\'')) return string_token(at_, at_ + 1, true);
  constexpr std::string_view kPcre = "pcre";
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with(kPcre) && rest.size() > kPcre.size() &&
      (rest[kPcre.size()] == '"' || rest[kPcre.size()] == '\'')) {
    auto token = string_token(at_, at_ + kPcre.size(), true);
    if (token) token->pcre = true;
    return token;
  }
  if (is_letter(c)) return take(TokenKind::kWord, word_end(at_));
  if (is_digit(c)) return take(TokenKind::kQuantity, quantity_end(at_));
  switch (c) {
    case '(':
      return take(TokenKind::kOpen, at_ + 1);
    case ')':
      return take(TokenKind::kClose, at_ + 1);
    case '[':
      return take(TokenKind::kOpenList, at_ + 1);
    case ']':
      return take(TokenKind::kCloseList, at_ + 1);
    case ',':
      return take(TokenKind::kComma, at_ + 1);
    default:
      break;
  }
  if (c == '.' && following == '.') return take(TokenKind::kRange, at_ + 2);
  // Operators as other languages write them, before their beginnings are taken for ours.
  constexpr std::array<std::array<std::string_view, 2>, 5> kForeign = {
      {{"==", "write `=`"}, {"=~", "write `~`"}, {"<>", "write `!=`"}, {"=<", "write `<=`"}, {"=>", "write `>=`"}}};
  for (const auto& [written, hint] : kForeign) {
    if (text_.substr(at_, 2) == written) {
      return fail(at_, fmt::format("`{}` is no operator", written), std::string(hint));
    }
  }
  if ((c == '!' && (following == '=' || following == '~')) || ((c == '<' || c == '>') && following == '=')) {
    return take(TokenKind::kOperator, at_ + 2);
  }
  if (c == ':' || c == '=' || c == '<' || c == '>' || c == '~') return take(TokenKind::kOperator, at_ + 1);
  return bad_character();
}

}  // namespace podswarm::rules
