// Splits an expression of the rule language into tokens. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podswarm::rules {

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,      // a field, a keyword, S01E05
  kQuantity,  // starts with a digit: 20m, 2GiB, 2026-01-31, 1080p, 1x05, 19
  kString,    // "…" or '…', escapes undone; r"…", pcre"…" (or with '…') as it stands
  kOperator,  // : = != < <= > >= ~ !~
  kOpen,      // (
  kClose,     // )
  kOpenList,  // [
  kCloseList,
  kComma,
  kRange,  // ..
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t begin = 0;  // bytes into the expression
  std::size_t end = 0;
  std::string value;  // the text as written; of a string what it stands for
  bool pcre = false;  // a string written pcre"…": a regular expression for PCRE2
};

// Something the expression may not contain, and where.
struct SyntaxError {
  std::size_t offset = 0;
  std::string message;
  std::string hint;
};

class Lexer {
 public:
  // `text` must outlive the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd again and again at the end. Nothing on an error, which error() then has.
  [[nodiscard]] std::optional<Token> next();
  [[nodiscard]] const SyntaxError& error() const { return error_; }

 private:
  std::optional<Token> fail(std::size_t offset, std::string message, std::string hint);
  std::optional<Token> string_token(std::size_t begin, std::size_t quote_at, bool raw);
  std::optional<Token> bad_character();
  [[nodiscard]] std::size_t word_end(std::size_t at) const;
  [[nodiscard]] std::size_t quantity_end(std::size_t at) const;
  Token take(TokenKind kind, std::size_t end);

  std::string_view text_;
  std::size_t at_ = 0;
  SyntaxError error_;
};

}  // namespace podswarm::rules
