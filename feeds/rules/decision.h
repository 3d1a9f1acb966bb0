// What the rules say of an item, and why. Plain values, safe to keep and to hand between threads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/located.h"
#include "feeds/rules/history.h"
#include "feeds/rules/truth.h"

namespace podswarm::rules {

enum class Action {
  kDownload,
  kSkip,      // a rule says no
  kNotify,    // tell the person, download nothing
  kMarkSeen,  // treat as done, without a word
  kHold,      // a rule cannot tell: a person decides
  kDefer,     // not yet: ask again at `until`; the item does not count as seen
  kNone,      // no rule wants it
};

// "download", "skip", "notify", "mark-seen", "hold", "defer", "none"
[[nodiscard]] std::string_view to_string(Action action);

// In the reason of what `once_per` has refused.
inline constexpr std::string_view kAcceptedBefore = " was accepted before";

// A rule with `continue` that accepted the item, and left the decision to another.
struct AlsoAccepted {
  std::string rule;
  Action action = Action::kNone;
  HistoryEntry entry;  // kNotify: to be reserved as well, for the rule's cooldown and limit
};

struct Decision {
  Action action = Action::kNone;
  std::string rule;    // whose decision it is; "" where no rule decided
  std::string reason;  // one line for a person
  std::string dest;    // templates as written
  std::string name;
  std::vector<std::string> tags;  // of the deciding rule and of those that continued, each once
  int priority = 0;
  bool paused = false;
  bool queue_top = false;
  std::optional<base::WallTime> until;          // kDefer: when to ask again
  bool waits = false;                           // kDefer: by the rule's `wait`, as copies may come that it prefers
  std::map<std::string, std::string> captures;  // (?P<name>…) of the deciding rule's regular expressions
  // kDownload and kNotify: to be reserved in the history when the decision is carried out.
  HistoryEntry entry;
  std::vector<AlsoAccepted> also;  // in order; a kNotify here is to be carried out too
};

// One predicate, evaluated.
struct PredicateTrace {
  std::string clause;   // "any", "all", "none", "where", "prefer"
  std::string text;     // as written
  base::SourcePos pos;  // of its first character
  std::string actual;   // the item's value as text, shortened; "" where there is none
  std::string matched;  // what of it matched, "" where nothing did or the operator has no span
  Truth truth = Truth::kUnknown;
};

// One rule, evaluated to the end whatever the predicates said.
struct RuleTrace {
  std::string rule;
  Action action = Action::kNone;  // what the rule decides where it accepts
  bool enabled = true;
  bool feed_applies = false;
  std::vector<PredicateTrace> predicates;  // empty where the feed does not apply
  Truth conditions = Truth::kUnknown;      // all clauses together
  bool accepts = false;
  std::string outcome;  // one line: accepted, or what stood against it
};

struct Explanation {
  Decision decision;
  std::vector<RuleTrace> rules;  // in the order in which they are asked

  // For a terminal, several lines.
  [[nodiscard]] std::string to_text() const;
};

}  // namespace podswarm::rules
