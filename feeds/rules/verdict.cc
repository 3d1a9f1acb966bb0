#include "feeds/rules/verdict.h"

#include <algorithm>

#include "base/units.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/evaluate.h"

namespace podswarm::rules {

namespace {

using std::chrono::seconds;

// A date this far ahead is a mistake of the feed's.
constexpr seconds kPlausibleFuture = std::chrono::hours(24);

std::string when(base::WallTime time) {
  return base::format_rfc3339(time);
}

void reject(Verdict& verdict, std::string note) {
  verdict.stage = Verdict::Stage::kHistory;
  verdict.note = std::move(note);
}

void defer(Verdict& verdict, base::WallTime until, std::string note) {
  verdict.stage = Verdict::Stage::kDecided;
  verdict.action = Action::kDefer;
  verdict.until = until;
  verdict.note = std::move(note);
}

std::vector<std::string> keys_for(OncePer once_per, Subject& subject) {
  switch (once_per) {
    case OncePer::kEpisode:
      return episode_keys(subject.facts().show, subject.facts().numbering, subject.candidate().item.episode_type);
    case OncePer::kTitle:
      return title_keys(subject.candidate());
    case OncePer::kDay:
      return day_keys(subject.candidate());
    case OncePer::kNever:
      break;
  }
  return {};
}

// The same group, and known to be.
bool same_group(const std::string& a, const std::string& b) {
  return !a.empty() && fold(a) == fold(b);
}

// Whether once_per lets the item through.
bool passes_once_per(const CompiledRule& rule, Subject& subject, const History& history, Verdict& verdict) {
  if (rule.once_per == OncePer::kNever) return true;
  const Facts& facts = subject.facts();
  if (rule.once_per == OncePer::kEpisode && facts.numbering.kind == Numbering::Kind::kSeasonPack) {
    reject(verdict, "a season pack, and the rule takes each episode once");
    return false;
  }
  const auto keys = keys_for(rule.once_per, subject);
  if (keys.empty()) {
    verdict.note = "nothing in it to tell copies apart by, so once_per does not apply";
    return true;
  }
  bool all_newer = true;
  bool group_known_same = false;
  HeldCopy last;
  for (const auto& key : keys) {
    const auto copies = history.copies(key);
    if (copies.empty()) return true;  // at least one episode is new
    for (const HeldCopy& copy : copies) {
      if (copy.revision >= facts.revision) all_newer = false;
      group_known_same = group_known_same || same_group(copy.group, facts.group);
      last = copy;
    }
  }
  const std::string what =
      rule.once_per == OncePer::kEpisode ? to_string(facts.numbering) + " of " + facts.show : std::string("this one");
  const bool repack_wanted = rule.repack == Repack::kAny || (rule.repack == Repack::kSameGroup && group_known_same);
  if (rule.repack != Repack::kNone && all_newer) {
    if (repack_wanted) {
      verdict.note = "revision " + std::to_string(facts.revision) + " of " + what;
      return true;
    }
    reject(verdict, what + std::string(kAcceptedBefore) + ", and the revision is not known to be by the same group");
    return false;
  }
  reject(verdict, what + std::string(kAcceptedBefore) + ", " + when(last.at) +
                      (last.rule.empty() || last.rule == rule.id ? "" : ", by rule \"" + last.rule + "\""));
  return false;
}

bool passes_cooldown(const CompiledRule& rule, const Candidate& candidate, const History& history, Verdict& verdict) {
  if (!rule.cooldown) return true;
  const base::WallTime at = candidate.decided_at();
  const auto near = history.acceptances(rule.id, at - *rule.cooldown + seconds(1), at + *rule.cooldown - seconds(1));
  if (near.empty()) return true;
  reject(verdict, "cooling down: accepted another " + when(near.back()) + ", the next one from " +
                      when(near.back() + *rule.cooldown));
  return false;
}

bool passes_wait(const CompiledRule& rule, Subject& subject, Verdict& verdict) {
  if (!rule.wait) return true;
  const Candidate& candidate = subject.candidate();
  if (candidate.waited) {
    verdict.note = "the one that is preferred among those that waited";
    return true;
  }
  auto start = candidate.item.published;
  if (!start || *start > candidate.now + kPlausibleFuture) start = candidate.first_seen.value_or(candidate.now);
  const base::WallTime end = *start + *rule.wait;
  if (candidate.decided_at() >= end) return true;
  const bool preferred =
      !rule.prefer.empty() && std::all_of(rule.prefer.begin(), rule.prefer.end(), [&](const auto& c) {
        return evaluate(c.expression, subject, nullptr) == Truth::kTrue;
      });
  if (preferred) {
    verdict.note = "preferred, so there is no waiting";
    return true;
  }
  defer(verdict, end, "waiting until " + when(end) + (rule.prefer.empty() ? "" : " for one that is preferred"));
  verdict.waits = true;
  return false;
}

// No window of the limit's length may hold more than its count. Where a past is replayed out of order, acceptances lie
// on both sides of the moment.
bool passes_limit(const CompiledRule& rule, const Candidate& candidate, const History& history, Verdict& verdict) {
  if (!rule.limit) return true;
  const auto [count, window] = *rule.limit;
  const base::WallTime at = candidate.decided_at();
  const auto times = history.acceptances(rule.id, at - window + seconds(1), at + window - seconds(1));
  if (times.size() < count) return true;
  // A window that holds `at` and is full already begins at one of the times up to `at`, or at `at` itself.
  for (std::size_t first = times.size() - count + 1; first-- > 0;) {
    const base::WallTime from = std::min(times[first], at);
    const base::WallTime to = std::max(times[first + count - 1], at);
    if (to - from >= window) continue;
    const base::WallTime until = std::max(times[first] + window, at + seconds(1));
    defer(verdict, until,
          "the limit of " + std::to_string(count) + " in " + base::format_duration(window) + " is reached until " +
              when(until));
    return false;
  }
  return true;
}

}  // namespace

Truth evaluate_conditions(const CompiledRule& rule, Subject& subject, Verdict& verdict) {
  Truth result = Truth::kTrue;
  for (const Clause& clause : rule.clauses) {
    const Condition* condition = nullptr;
    const Predicate* why = nullptr;
    Truth truth = Truth::kFalse;
    switch (clause.kind) {
      case Clause::Kind::kAll:
        condition = &rule.all[clause.index];
        truth = evaluate(condition->expression, subject, &why);
        break;
      case Clause::Kind::kNone:
        condition = &rule.none[clause.index];
        truth = !evaluate(condition->expression, subject, &why);
        break;
      case Clause::Kind::kAny:
        for (const Condition& one : rule.any) {
          const Predicate* one_why = nullptr;
          const Truth one_truth = evaluate(one.expression, subject, &one_why);
          if (condition == nullptr || one_truth > truth) {
            condition = &one;
            why = one_why;
          }
          truth = truth | one_truth;
          if (truth == Truth::kTrue) break;
        }
        break;
    }
    if (truth < result || verdict.predicate == nullptr) {
      verdict.expression = &condition->expression;
      verdict.predicate = why;
      verdict.in_none = clause.kind == Clause::Kind::kNone;
    }
    result = result & truth;
    if (result == Truth::kFalse) break;
  }
  return result;
}

Verdict ask(const CompiledRule& rule, Subject& subject, const History& history) {
  Verdict verdict;
  subject.set_gave_up(false);
  verdict.conditions = evaluate_conditions(rule, subject, verdict);
  if (verdict.conditions == Truth::kFalse) return verdict;
  const bool certain = !subject.candidate().certain.empty() && subject.candidate().certain == rule.id;
  // Nothing that the feed says or leaves out: a person looks, whatever the rule makes of unknowns.
  if (verdict.conditions == Truth::kUnknown && subject.gave_up() && !certain) {
    verdict.stage = Verdict::Stage::kDecided;
    verdict.action = Action::kHold;
    verdict.note = "a regular expression came to its limits";
    return verdict;
  }
  if (verdict.conditions == Truth::kUnknown && rule.on_unknown != OnUnknown::kAccept && !certain) {
    const bool hold = rule.on_unknown == OnUnknown::kHold;
    verdict.stage = hold ? Verdict::Stage::kDecided : Verdict::Stage::kUnknown;
    verdict.action = hold ? Action::kHold : Action::kNone;
    return verdict;
  }
  if (!passes_once_per(rule, subject, history, verdict)) return verdict;
  if (!passes_cooldown(rule, subject.candidate(), history, verdict)) return verdict;
  if (!passes_wait(rule, subject, verdict)) return verdict;
  if (!passes_limit(rule, subject.candidate(), history, verdict)) return verdict;
  verdict.stage = Verdict::Stage::kDecided;
  verdict.action = rule.action;
  return verdict;
}

std::string explain_verdict(const Verdict& verdict, Subject& subject) {
  if (!verdict.note.empty() || verdict.predicate == nullptr) return verdict.note;
  const Truth truth = evaluate(*verdict.predicate, subject, nullptr);
  const std::string value = subject.display(verdict.predicate->field);
  std::string out = verdict.in_none ? "none: " : "";
  out += std::string(verdict.expression->text_of(*verdict.predicate)) + " is " + std::string(to_string(truth));
  const bool is_flag = info(verdict.predicate->field).type == FieldType::kBool;
  if (!value.empty() && !is_flag) {
    out += " (" + value + ")";
  } else if (truth == Truth::kUnknown) {
    out += " (the feed does not say)";
  }
  return out;
}

std::vector<std::string> all_keys(Subject& subject) {
  auto keys = keys_for(OncePer::kEpisode, subject);
  for (const OncePer kind : {OncePer::kTitle, OncePer::kDay}) {
    for (auto& key : keys_for(kind, subject)) keys.push_back(std::move(key));
  }
  return keys;
}

HistoryEntry history_entry(const CompiledRule& rule, Subject& subject) {
  HistoryEntry entry;
  entry.rule = rule.id;
  entry.at = subject.candidate().decided_at();
  if (rule.action != Action::kDownload) return entry;  // told of, not had
  entry.keys = all_keys(subject);
  entry.revision = subject.facts().revision;
  entry.group = subject.facts().group;
  return entry;
}

}  // namespace podswarm::rules
