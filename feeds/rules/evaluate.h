// Evaluates expressions over a subject.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/located.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/expression.h"
#include "feeds/rules/subject.h"

namespace podswarm::rules {

// One predicate. On a match of `:`, `=` or `~`, `matched` (may be null) gets the words that matched.
[[nodiscard]] Truth evaluate(const Predicate& predicate, Subject& subject, std::string* matched);

// The whole expression, cut short where the rest cannot change it. `why` (may be null) gets the predicate that settled
// it; it lives as long as the expression.
[[nodiscard]] Truth evaluate(const Expression& expression, Subject& subject, const Predicate** why);

// The whole expression, nothing cut short; one trace a predicate is appended. `pos` is where the expression starts.
[[nodiscard]] Truth trace(const Expression& expression, base::SourcePos pos, const std::string& clause,
                          Subject& subject, std::vector<PredicateTrace>& out);

// The named groups of the expression's regular expressions that match; earlier ones stand.
void add_captures(const Expression& expression, Subject& subject, std::map<std::string, std::string>& captures);

// The position of byte `offset` in a text that starts at `start`; columns count characters. {0, 0} where the start is
// unknown.
[[nodiscard]] base::SourcePos position_in(std::string_view text, base::SourcePos start, std::size_t offset);

}  // namespace podswarm::rules
