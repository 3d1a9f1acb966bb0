// Regular expressions that RE2 does not know: look-around and references back, as rules imported from other programs
// have them. Through PCRE2, which backtracks, and so under limits of steps, depth and memory; what exceeds them is not
// "no match", but unknown. Compiled once, then safe from any thread. The door to PCRE2.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "feeds/rules/lexer.h"

namespace podswarm::rules {

class PcreMatch {
 public:
  enum class Outcome { kMatch, kNoMatch, kLimit };

  // Nothing where the pattern is refused; `error` then says why, its offset counting from the pattern's start.
  [[nodiscard]] static std::unique_ptr<const PcreMatch> compile(std::string_view pattern, SyntaxError& error);
  ~PcreMatch();
  PcreMatch(const PcreMatch&) = delete;
  PcreMatch& operator=(const PcreMatch&) = delete;

  // `begin` and `end` are set on a match. `captures` (may be null) gets the named groups that took part; what is there
  // already stands.
  [[nodiscard]] Outcome find(std::string_view subject, std::size_t& begin, std::size_t& end,
                             std::map<std::string, std::string>* captures) const;

 private:
  struct Code;
  explicit PcreMatch(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace podswarm::rules
