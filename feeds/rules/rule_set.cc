#include "feeds/rules/rule_set.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "base/url.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/compiled_rule.h"
#include "feeds/rules/evaluate.h"
#include "feeds/rules/screen.h"
#include "feeds/rules/verdict.h"

namespace podswarm::rules {

namespace {

constexpr std::size_t kMaxRules = 10'000;

using RuleIndexes = std::vector<std::uint32_t>;  // ascending: the order of asking

// Finds the rules of a feed without looking at all of them.
class FeedIndex {
 public:
  void add(const CompiledRule& rule, std::uint32_t index) {
    for (const FeedSelector& selector : rule.feeds) {
      RuleIndexes& list = [&]() -> RuleIndexes& {
        switch (selector.kind) {
          case FeedSelector::Kind::kName:
            return names_[selector.value];
          case FeedSelector::Kind::kUrl:
            return urls_[selector.value];
          case FeedSelector::Kind::kTag:
            return tags_[selector.value];
          case FeedSelector::Kind::kEvery:
            break;
        }
        return every_;
      }();
      if (list.empty() || list.back() != index) list.push_back(index);
    }
  }

  // `storage` holds the list where it had to be put together.
  [[nodiscard]] const RuleIndexes& rules_for(const Candidate& candidate, RuleIndexes& storage) const {
    const auto merge = [&](const auto& map, const std::string& key) {
      const auto found = map.find(key);
      if (found != map.end()) storage.insert(storage.end(), found->second.begin(), found->second.end());
    };
    storage.clear();
    if (!names_.empty()) merge(names_, fold(candidate.feed_name));
    if (!urls_.empty()) merge(urls_, base::canonical_url(candidate.feed_url));
    if (!tags_.empty()) {
      for (const auto& tag : candidate.feed_tags) merge(tags_, fold(tag));
    }
    if (storage.empty()) return every_;
    storage.insert(storage.end(), every_.begin(), every_.end());
    std::sort(storage.begin(), storage.end());
    storage.erase(std::unique(storage.begin(), storage.end()), storage.end());
    return storage;
  }

 private:
  std::unordered_map<std::string, RuleIndexes> names_;
  std::unordered_map<std::string, RuleIndexes> urls_;
  std::unordered_map<std::string, RuleIndexes> tags_;
  RuleIndexes every_;
};

void add_tags(const CompiledRule& rule, std::vector<std::string>& tags) {
  for (const auto& tag : rule.tags) {
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
}

std::string_view reason_word(Action action) {
  switch (action) {
    case Action::kDownload:
      return "accepted by ";
    case Action::kSkip:
      return "skipped by ";
    case Action::kNotify:
      return "notified by ";
    case Action::kMarkSeen:
      return "marked seen by ";
    case Action::kHold:
      return "held by ";
    case Action::kDefer:
      return "deferred by ";
    case Action::kNone:
      break;
  }
  return "refused by ";
}

}  // namespace

struct RuleSet::Impl {
  std::vector<CompiledRule> rules;  // in the order of asking
  FeedIndex feeds;                  // of the enabled ones
  Screen screen{rules};

  // Null where there is none of that name.
  [[nodiscard]] const CompiledRule* find(std::string_view id) const;
  // `screened` leaves out the rules that cannot matter; the decision is the same without.
  [[nodiscard]] Decision decide(Subject& subject, const History& history, bool screened) const;
};

namespace {

Decision decision_of(const CompiledRule& rule, const Verdict& verdict, Subject& subject) {
  Decision out;
  out.action = verdict.action;
  out.rule = rule.id;
  const std::string detail = explain_verdict(verdict, subject);
  out.reason = std::string(reason_word(verdict.action)) + "\"" + rule.id + "\"" + (detail.empty() ? "" : ": " + detail);
  out.dest = rule.dest;
  out.name = rule.name;
  out.priority = rule.priority;
  out.paused = rule.paused;
  out.queue_top = rule.queue_top;
  out.until = verdict.until;
  out.waits = verdict.waits;
  for (const Condition& condition : rule.any) add_captures(condition.expression, subject, out.captures);
  for (const Condition& condition : rule.all) add_captures(condition.expression, subject, out.captures);
  if (verdict.action == Action::kDownload || verdict.action == Action::kNotify) {
    out.entry = history_entry(rule, subject);
  }
  return out;
}

// Nobody wants it: the reason is that of the rule at which it came furthest.
Decision refusal(const CompiledRule* nearest, const Verdict& verdict, Subject& subject) {
  Decision out;
  if (nearest == nullptr) {
    out.reason = "no rule is for this feed";
    return out;
  }
  const std::string detail = "\"" + nearest->id + "\": " + explain_verdict(verdict, subject);
  out.reason = (verdict.stage == Verdict::Stage::kHistory ? "refused by " : "no rule matched; ") + detail;
  return out;
}

}  // namespace

Decision RuleSet::Impl::decide(Subject& subject, const History& history, bool screened) const {
  RuleIndexes storage;
  Sight sight(subject);
  const CompiledRule* nearest = nullptr;
  Verdict nearest_verdict;
  std::optional<Decision> continued;  // by the last of those that let others have the last word
  std::size_t continued_at = 0;       // its place in `also`
  std::vector<AlsoAccepted> also;
  std::vector<std::string> tags;
  for (const std::uint32_t index : feeds.rules_for(subject.candidate(), storage)) {
    // One whose conditions are false matters only as the first: its reason is given where no other comes further.
    if (screened && nearest != nullptr && screen.rejects(index, sight)) continue;
    const CompiledRule& rule = rules[index];
    Verdict verdict = ask(rule, subject, history);
    if (verdict.stage != Verdict::Stage::kDecided) {
      if (nearest == nullptr || verdict.stage > nearest_verdict.stage) {
        nearest = &rule;
        nearest_verdict = std::move(verdict);
      }
      continue;
    }
    add_tags(rule, tags);
    if (rule.continue_) {
      also.push_back({rule.id, verdict.action, {}});
      if (verdict.action == Action::kNotify) also.back().entry = history_entry(rule, subject);
      // Skip beats the others of its priority, as it does where no rule continues.
      const bool skipped = continued && continued->action == Action::kSkip && continued->priority == rule.priority;
      if (!skipped) {
        continued = decision_of(rule, verdict, subject);
        continued_at = also.size() - 1;
      }
      continue;
    }
    Decision out = decision_of(rule, verdict, subject);
    out.tags = std::move(tags);
    out.also = std::move(also);
    return out;
  }
  if (continued) {
    also.erase(also.begin() + static_cast<std::ptrdiff_t>(continued_at));
    continued->tags = std::move(tags);
    continued->also = std::move(also);
    return std::move(*continued);
  }
  return refusal(nearest, nearest_verdict, subject);
}

RuleSet::RuleSet() : impl_(std::make_unique<Impl>()) {}
RuleSet::RuleSet(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

const CompiledRule* RuleSet::Impl::find(std::string_view id) const {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& one) { return one.id == id; });
  return rule == rules.end() ? nullptr : &*rule;
}

bool RuleSet::prefers(std::string_view id) const {
  const auto* rule = impl_->find(id);
  return rule != nullptr && !rule->prefer.empty();
}

std::uint64_t RuleSet::preference(const Candidate& candidate, std::string_view id) const {
  const auto* rule = impl_->find(id);
  if (rule == nullptr) return 0;
  constexpr std::size_t kMost = 64;
  Subject subject(candidate);
  std::uint64_t rank = 0;
  for (std::size_t i = 0; i < kMost; ++i) {
    const bool holds =
        i < rule->prefer.size() && evaluate(rule->prefer[i].expression, subject, nullptr) == Truth::kTrue;
    rank = rank << 1 | (holds ? 1u : 0u);
  }
  return rank;
}

bool RuleSet::empty() const {
  return impl_->rules.empty();
}

std::vector<std::string> RuleSet::ids() const {
  std::vector<std::string> out;
  for (const auto& rule : impl_->rules) out.push_back(rule.id);
  return out;
}

HistoryEntry entry_by_hand(const Candidate& candidate) {
  Subject subject(candidate);
  return {"", all_keys(subject), subject.facts().revision, subject.facts().group, candidate.decided_at()};
}

Decision RuleSet::decide(const Candidate& candidate, const History& history) const {
  if (!impl_->rules.empty()) {
    Subject subject(candidate);
    return impl_->decide(subject, history, true);
  }
  Decision out;
  out.action = Action::kDownload;
  out.reason = "no rules: every new item is wanted";
  out.entry = entry_by_hand(candidate);
  return out;
}

Explanation RuleSet::explain(const Candidate& candidate, const History& history) const {
  Explanation out;
  Subject subject(candidate);
  out.decision = empty() ? decide(candidate, history) : impl_->decide(subject, history, false);
  RuleIndexes storage;
  const RuleIndexes& applying = impl_->feeds.rules_for(candidate, storage);
  for (std::uint32_t index = 0; index < impl_->rules.size(); ++index) {
    const CompiledRule& rule = impl_->rules[index];
    RuleTrace& row = out.rules.emplace_back();
    row.rule = rule.id;
    row.action = rule.action;
    row.enabled = rule.enabled;
    row.feed_applies = std::binary_search(applying.begin(), applying.end(), index);
    if (!rule.enabled || !row.feed_applies) {
      row.conditions = Truth::kFalse;
      row.outcome = rule.enabled ? "is not for this feed" : "is disabled";
      continue;
    }
    const auto trace_all = [&](const std::vector<Condition>& conditions, const std::string& clause) {
      for (const Condition& condition : conditions) {
        const bool is_where = &conditions == &rule.all && rule.has_where && &condition == &conditions.back();
        // The truth of the whole comes from ask(): only the single predicates are of interest here.
        (void)trace(condition.expression, condition.pos, is_where ? "where" : clause, subject, row.predicates);
      }
    };
    trace_all(rule.none, "none");
    trace_all(rule.any, "any");
    trace_all(rule.all, "all");
    trace_all(rule.prefer, "prefer");
    const Verdict verdict = ask(rule, subject, history);
    row.conditions = verdict.conditions;
    row.accepts = verdict.stage == Verdict::Stage::kDecided && verdict.action == rule.action;
    const std::string detail = explain_verdict(verdict, subject);
    row.outcome = std::string(verdict.stage == Verdict::Stage::kDecided ? to_string(verdict.action) : "refused") +
                  (detail.empty() ? "" : ": " + detail);
  }
  return out;
}

void throw_exception_from_error(const RuleErrors& errors, const boost::source_location& at) {
  boost::throw_with_location(std::logic_error("rules with errors: " + errors.list.front().to_string()), at);
}

boost::system::result<RuleSet, RuleErrors> compile(const std::vector<RuleSpec>& specs, std::string_view file) {
  const std::string file_name(file);
  RuleErrors errors;
  if (specs.size() > kMaxRules) {
    errors.list.push_back({file_name, specs[kMaxRules].pos, "more than 10000 rules", ""});
    return errors;
  }
  auto impl = std::make_unique<RuleSet::Impl>();
  std::unordered_map<std::string, const RuleSpec*> ids;
  for (const RuleSpec& spec : specs) {
    impl->rules.push_back(compile_rule(spec, file_name, errors.list));
    const auto [first, is_new] = ids.emplace(spec.id.value, &spec);
    if (!is_new && !spec.id.value.empty()) {
      const base::Diagnostic earlier{first->second->file.empty() ? file_name : first->second->file,
                                     first->second->id.pos, "", ""};
      const bool placed = earlier.pos.line != 0;
      errors.list.push_back({spec.file.empty() ? file_name : spec.file, spec.id.pos,
                             "the id \"" + spec.id.value + "\" is taken" +
                                 (placed ? " since line " + std::to_string(earlier.pos.line) : ""),
                             "ids must differ: the history is kept by them"});
    }
  }
  if (!errors.list.empty()) return errors;
  std::stable_sort(impl->rules.begin(), impl->rules.end(), [](const CompiledRule& a, const CompiledRule& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    return a.action == Action::kSkip && b.action != Action::kSkip;
  });
  for (std::uint32_t i = 0; i < impl->rules.size(); ++i) {
    if (impl->rules[i].enabled) impl->feeds.add(impl->rules[i], i);
  }
  impl->screen = Screen(impl->rules);
  return RuleSet(std::move(impl));
}

}  // namespace podswarm::rules
