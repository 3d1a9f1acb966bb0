// The three ways to match text: contains, like (wildcards) and regular expressions. Compiled once, then safe from any
// thread. All run in time linear in the subject but for `?`, which costs the length of its segment,
// and for PCRE2's regular expressions, which have limits.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/rules/lexer.h"
#include "feeds/rules/truth.h"

namespace re2 {
class RE2;
}

namespace podswarm::rules {

class PcreMatch;

struct MatchSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A `like` pattern: `*` is any run of characters, `?` one character, everything else is itself; it must fit the whole
// text. Pattern and subject are expected case-folded.
class Glob {
 public:
  Glob() = default;
  explicit Glob(std::string_view folded_pattern);
  [[nodiscard]] bool matches(std::string_view folded_subject) const;
  // The longest of the texts that every match contains; may be empty.
  [[nodiscard]] std::string_view longest_literal() const;

 private:
  std::vector<std::string> segments_;  // what stands between the stars; the first and last are anchored
};

// A regular expression in RE2's syntax, or in PCRE2's where it asks for what RE2 has not: letter case counts unless it
// says (?i); `.` is one character.
class Regex {
 public:
  static constexpr std::size_t kMaxPatternBytes = 1024;
  static constexpr std::size_t kMaxSubjectBytes = 64 * 1024;

  // Nothing where the pattern is refused; `error` then says why, its offset counting from the pattern's start.
  [[nodiscard]] static std::shared_ptr<const Regex> compile(std::string_view pattern, SyntaxError& error);
  [[nodiscard]] static std::shared_ptr<const Regex> compile_pcre(std::string_view pattern, SyntaxError& error);
  ~Regex();

  // Unknown where the first 64 KiB do not match and there is more. `span` is set on a match, and may be null.
  // `gave_up` (may be null) is set, and the answer unknown, where PCRE2 came to its limits.
  [[nodiscard]] Truth find(std::string_view subject, MatchSpan* span, bool* gave_up = nullptr) const;
  // The named groups of the first match, those that took part.
  void add_captures(std::string_view subject, std::map<std::string, std::string>& captures) const;
  // Whether it is RE2's; only then is there a re2().
  [[nodiscard]] bool is_linear() const { return re_ != nullptr; }
  [[nodiscard]] const re2::RE2& re2() const { return *re_; }

 private:
  explicit Regex(std::unique_ptr<const re2::RE2> re);
  explicit Regex(std::unique_ptr<const PcreMatch> pcre);
  std::unique_ptr<const re2::RE2> re_;  // the one or the other
  std::unique_ptr<const PcreMatch> pcre_;
  bool has_names_ = false;
};

}  // namespace podswarm::rules
