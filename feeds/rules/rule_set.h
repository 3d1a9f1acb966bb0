// The rules of a configuration, compiled once, asked for every new item. The language is described in docs/rules.md.
//
// Rules are asked by priority, higher first; at equal priority those that skip come first, then file order. The first
// that accepts decides, unless it says `continue`; where all do, the last of them decides, but for skip, which beats
// the others of its priority. A RuleSet is immutable after compile(): any number of threads may ask it at once.
#pragma once

#include <boost/system/result.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"
#include "feeds/rules/candidate.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/history.h"
#include "feeds/rules/rule_spec.h"

namespace podswarm::rules {

// All that is wrong with a set of rules, in file order; never empty.
struct RuleErrors {
  std::vector<base::Diagnostic> list;
};

[[noreturn]] void throw_exception_from_error(const RuleErrors& errors, const boost::source_location& at);

class RuleSet {
 public:
  // No rules: every item is wanted.
  RuleSet();
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;
  ~RuleSet();

  // What to do with the item. Pure: the history is only read; the caller reserves `Decision::entry`.
  [[nodiscard]] Decision decide(const Candidate& candidate, const History& history) const;

  // The same decision, and how every rule came to its own. Slow by design: nothing is cut short.
  [[nodiscard]] Explanation explain(const Candidate& candidate, const History& history) const;

  // How well the item fits what a rule prefers, to choose among copies: the conditions of `prefer` that hold, the first
  // before all that follow. 0 for a rule that does not exist.
  [[nodiscard]] std::uint64_t preference(const Candidate& candidate, std::string_view rule) const;
  // Whether the rule prefers anything: else no item fits it better than another.
  [[nodiscard]] bool prefers(std::string_view rule) const;

  [[nodiscard]] bool empty() const;
  // In the order in which they are asked, the disabled ones too.
  [[nodiscard]] std::vector<std::string> ids() const;

 private:
  struct Impl;
  explicit RuleSet(std::unique_ptr<const Impl> impl);
  friend boost::system::result<RuleSet, RuleErrors> compile(const std::vector<RuleSpec>& specs, std::string_view file);
  std::unique_ptr<const Impl> impl_;
};

// All rules or none: with any error the caller keeps the set it had. `file` is named in the diagnostics.
[[nodiscard]] boost::system::result<RuleSet, RuleErrors> compile(const std::vector<RuleSpec>& specs,
                                                                 std::string_view file);

// What a download that no rule decided on (made by hand, adopted, held before) is to be reserved as.
[[nodiscard]] HistoryEntry entry_by_hand(const Candidate& candidate);

// "FILE:LINE:COL: MESSAGE", the line of `source` (the whole file's text) that it happened in, a caret under the
// column, and the hint. Without the line where `source` does not have it.
[[nodiscard]] std::string render_with_caret(const base::Diagnostic& diagnostic, std::string_view source);

}  // namespace podswarm::rules
