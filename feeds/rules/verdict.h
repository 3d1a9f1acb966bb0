// One rule asked about one item. Inside the folder only.
#pragma once

#include <optional>
#include <string>

#include "feeds/rules/compiled_rule.h"
#include "feeds/rules/history.h"
#include "feeds/rules/subject.h"

namespace podswarm::rules {

struct Verdict {
  // How far the item came.
  enum class Stage : std::uint8_t {
    kCondition,  // a condition does not hold
    kUnknown,    // a condition cannot be told, and on_unknown rejects
    kHistory,    // once_per or cooldown stand against it
    kDecided,    // accepted, held or deferred: see `action`
  };
  Stage stage = Stage::kCondition;
  Action action = Action::kNone;  // kDecided: the rule's own action, kHold or kDefer
  Truth conditions = Truth::kFalse;
  // What settled the conditions: a predicate, and the clause it stands in. May be null.
  const Expression* expression = nullptr;
  const Predicate* predicate = nullptr;
  bool in_none = false;
  std::string note;  // what else is worth saying, for a person
  std::optional<base::WallTime> until;
  bool waits = false;  // kDefer: not for a limit's sake
};

[[nodiscard]] Verdict ask(const CompiledRule& rule, Subject& subject, const History& history);

// The rule's clauses together; the fields of `verdict` that say why are set.
[[nodiscard]] Truth evaluate_conditions(const CompiledRule& rule, Subject& subject, Verdict& verdict);

// One line: the predicate that settled it with the value it saw, or the note.
[[nodiscard]] std::string explain_verdict(const Verdict& verdict, Subject& subject);

// What an acceptance by `rule` is to be reserved as.
[[nodiscard]] HistoryEntry history_entry(const CompiledRule& rule, Subject& subject);

// Every key the item is found again under.
[[nodiscard]] std::vector<std::string> all_keys(Subject& subject);

}  // namespace podswarm::rules
