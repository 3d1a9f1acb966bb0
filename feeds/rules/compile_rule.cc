#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/compiled_rule.h"
#include "feeds/rules/evaluate.h"

namespace podswarm::rules {

namespace {

constexpr std::size_t kMaxConditions = 1000;

template <class Value, std::size_t N>
using Choices = std::array<std::pair<std::string_view, Value>, N>;

constexpr Choices<Action, 4> kActions = {{{"download", Action::kDownload},
                                          {"skip", Action::kSkip},
                                          {"notify", Action::kNotify},
                                          {"mark-seen", Action::kMarkSeen}}};
constexpr Choices<OnUnknown, 3> kOnUnknown = {
    {{"reject", OnUnknown::kReject}, {"hold", OnUnknown::kHold}, {"accept", OnUnknown::kAccept}}};
constexpr Choices<OncePer, 3> kOncePer = {
    {{"episode", OncePer::kEpisode}, {"title", OncePer::kTitle}, {"day", OncePer::kDay}}};
constexpr Choices<Repack, 3> kRepack = {
    {{"none", Repack::kNone}, {"same-group", Repack::kSameGroup}, {"any", Repack::kAny}}};
constexpr Choices<bool, 2> kQueue = {{{"bottom", false}, {"top", true}}};

class RuleCompiler {
 public:
  RuleCompiler(const RuleSpec& spec, const std::string& file, std::vector<base::Diagnostic>& errors)
      : spec_(spec), file_(spec.file.empty() ? file : spec.file), errors_(errors) {}

  CompiledRule run() {
    rule_.id = spec_.id.value;
    if (rule_.id.empty()) error(spec_.id, "a rule needs an id", "add id = \"…\"");
    rule_.priority = spec_.priority;
    rule_.enabled = spec_.enabled;
    rule_.continue_ = spec_.continue_;
    rule_.dest = spec_.dest.value;
    rule_.name = spec_.name.value;
    rule_.paused = spec_.paused;
    for (const Text& tag : spec_.tags) rule_.tags.push_back(tag.value);
    feeds();
    conditions();
    order_clauses();
    choice(spec_.on_unknown, "on_unknown", kOnUnknown, rule_.on_unknown);
    choice(spec_.action, "action", kActions, rule_.action);
    choice(spec_.queue, "queue", kQueue, rule_.queue_top);
    history();
    return std::move(rule_);
  }

 private:
  void error(const Text& at, std::string message, std::string hint, std::size_t offset = 0) {
    const base::SourcePos pos =
        at.pos.line == 0 ? (offset == 0 ? spec_.pos : base::SourcePos{}) : position_in(at.value, at.pos, offset);
    if (!rule_.id.empty()) message = "rule \"" + rule_.id + "\": " + message;
    errors_.push_back({file_, pos, std::move(message), std::move(hint)});
  }

  template <class Value, std::size_t N>
  void choice(const Text& text, std::string_view key, const Choices<Value, N>& choices, Value& out) {
    if (text.value.empty()) return;
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) {
      if (text.value == name) {
        out = value;
        return;
      }
      names.emplace_back(name);
    }
    const std::string near = base::nearest(base::ascii_lower(text.value), names);
    std::string hint = "one of";
    for (const auto& name : names) hint += " \"" + name + "\"";
    if (!near.empty()) hint = "did you mean \"" + near + "\"?";
    error(text, std::string(key) + " cannot be \"" + text.value + "\"", std::move(hint));
  }

  void feeds() {
    if (spec_.feeds.empty()) {
      error({}, "a rule must say which feeds it is for", "add feeds = [\"*\"] for all of them");
    }
    for (const Text& text : spec_.feeds) {
      const std::string_view value = base::trim(text.value);
      if (value == "*") {
        rule_.feeds.push_back({FeedSelector::Kind::kEvery, ""});
      } else if (base::istarts_with(value, "tag:")) {
        const std::string_view tag = base::trim(value.substr(4));
        if (tag.empty()) error(text, "a tag is missing after \"tag:\"", "");
        rule_.feeds.push_back({FeedSelector::Kind::kTag, fold(tag)});
      } else if (value.find("://") != std::string_view::npos) {
        rule_.feeds.push_back({FeedSelector::Kind::kUrl, base::canonical_url(value)});
      } else if (!value.empty()) {
        rule_.feeds.push_back({FeedSelector::Kind::kName, fold(value)});
      } else {
        error(text, "an empty feed name", "\"*\" stands for every feed");
      }
    }
  }

  void condition(const Text& text, std::string_view key, std::vector<Condition>& out) {
    auto parsed = parse_expression(text.value);
    if (parsed) {
      out.push_back({std::move(*parsed), text.pos});
      return;
    }
    const SyntaxError& problem = parsed.error();
    error(text, std::string(key) + ": " + problem.message, problem.hint, problem.offset);
  }

  void conditions() {
    if (spec_.any.size() + spec_.all.size() + spec_.none.size() + spec_.prefer.size() > kMaxConditions) {
      error({}, "more than 1000 conditions in one rule", "split the rule");
      return;
    }
    for (const Text& text : spec_.any) condition(text, "any", rule_.any);
    for (const Text& text : spec_.all) condition(text, "all", rule_.all);
    for (const Text& text : spec_.none) condition(text, "none", rule_.none);
    for (const Text& text : spec_.prefer) condition(text, "prefer", rule_.prefer);
    rule_.has_where = !spec_.where.value.empty();
    if (rule_.has_where) condition(spec_.where, "where", rule_.all);
    if (!rule_.has_where && spec_.where.pos.line != 0)
      error(spec_.where, "where is empty", "take it away, or write a condition");
    const bool unconditional = spec_.any.empty() && spec_.all.empty() && spec_.none.empty() && !rule_.has_where;
    if (unconditional && !spec_.match_all) {
      error({}, "a rule without any condition would take everything", "if that is meant, add match_all = true");
    }
  }

  void order_clauses() {
    Clause any{Clause::Kind::kAny, 0, 0};
    for (const Condition& condition : rule_.any) any.cost += condition.expression.cost();
    if (!rule_.any.empty()) rule_.clauses.push_back(any);
    const auto add = [&](Clause::Kind kind, const std::vector<Condition>& conditions) {
      for (std::uint32_t i = 0; i < conditions.size(); ++i) {
        rule_.clauses.push_back({kind, i, conditions[i].expression.cost()});
      }
    };
    add(Clause::Kind::kAll, rule_.all);
    add(Clause::Kind::kNone, rule_.none);
    std::stable_sort(rule_.clauses.begin(), rule_.clauses.end(),
                     [](const Clause& a, const Clause& b) { return a.cost < b.cost; });
  }

  std::optional<std::chrono::seconds> duration(const Text& text, std::string_view key) {
    if (text.value.empty()) return std::nullopt;
    const auto value = base::parse_duration(text.value);
    if (!value || *value < std::chrono::seconds(1)) {
      error(text, std::string(key) + " cannot be \"" + text.value + "\"", "write a duration such as \"20h\" or \"7d\"");
      return std::nullopt;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(*value);
  }

  void limit() {
    const std::string& text = spec_.limit.value;
    if (text.empty()) return;
    const std::string hint = "write how many in what time: \"3/24h\"";
    const std::size_t slash = text.find('/');
    std::size_t count = 0;
    const std::string_view digits = base::trim(std::string_view(text).substr(0, slash));
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (slash == std::string::npos || problem != std::errc{} || end != digits.data() + digits.size() || count == 0 ||
        count > 1'000'000) {
      error(spec_.limit, "limit cannot be \"" + text + "\"", hint);
      return;
    }
    const auto window = base::parse_duration(std::string_view(text).substr(slash + 1));
    if (!window || *window < std::chrono::seconds(1)) {
      error(spec_.limit, "limit cannot be \"" + text + "\"", hint, slash + 1);
      return;
    }
    rule_.limit = Limit{count, std::chrono::duration_cast<std::chrono::seconds>(*window)};
  }

  void history() {
    choice(spec_.once_per, "once_per", kOncePer, rule_.once_per);
    choice(spec_.repack, "repack", kRepack, rule_.repack);
    rule_.cooldown = duration(spec_.cooldown, "cooldown");
    rule_.wait = duration(spec_.wait, "wait");
    limit();
    if (rule_.repack != Repack::kNone) {
      if (spec_.once_per.value.empty()) rule_.once_per = OncePer::kEpisode;
      if (rule_.once_per != OncePer::kEpisode) {
        error(spec_.repack, "repack goes with once_per = \"episode\" only", "");
      }
    }
    if (!spec_.prefer.empty() && spec_.wait.value.empty()) {
      error(spec_.prefer.front(), "prefer needs wait: how long to wait for the preferred one", "add wait = \"6h\"");
    }
    const bool counts = rule_.action == Action::kDownload || rule_.action == Action::kNotify;
    const std::array<std::pair<const Text*, bool>, 5> downloads_only = {
        {{&spec_.once_per, rule_.action == Action::kDownload},
         {&spec_.repack, rule_.action == Action::kDownload},
         {&spec_.wait, rule_.action == Action::kDownload},
         {&spec_.cooldown, counts},
         {&spec_.limit, counts}}};
    constexpr std::array<std::string_view, 5> kKeys = {"once_per", "repack", "wait", "cooldown", "limit"};
    for (std::size_t i = 0; i < downloads_only.size(); ++i) {
      if (downloads_only[i].first->value.empty() || downloads_only[i].second) continue;
      error(*downloads_only[i].first,
            std::string(kKeys[i]) + " has no meaning with action = \"" + std::string(to_string(rule_.action)) + "\"",
            "");
    }
  }

  const RuleSpec& spec_;
  const std::string& file_;
  std::vector<base::Diagnostic>& errors_;
  CompiledRule rule_;
};

}  // namespace

CompiledRule compile_rule(const RuleSpec& spec, const std::string& file, std::vector<base::Diagnostic>& errors) {
  return RuleCompiler(spec, file, errors).run();
}

}  // namespace podswarm::rules
