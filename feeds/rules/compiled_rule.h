// A rule ready to be asked: checked, typed, its expressions parsed. Inside the folder only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/located.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/expression.h"
#include "feeds/rules/rule_spec.h"

namespace podswarm::rules {

enum class OnUnknown : std::uint8_t { kReject, kHold, kAccept };
enum class OncePer : std::uint8_t { kNever, kEpisode, kTitle, kDay };
enum class Repack : std::uint8_t { kNone, kSameGroup, kAny };

struct Limit {
  std::size_t count = 0;
  std::chrono::seconds window{};
};

struct Condition {
  Expression expression;
  base::SourcePos pos;
};

// One conjunct of a rule: `any` as a whole, or one of `all` or `none`.
struct Clause {
  enum class Kind : std::uint8_t { kAny, kAll, kNone };
  Kind kind = Kind::kAll;
  std::uint32_t index = 0;  // into `all` or `none`
  std::uint32_t cost = 0;
};

// Which feeds a rule is for: folded names, canonical URLs, folded tags.
struct FeedSelector {
  enum class Kind : std::uint8_t { kEvery, kName, kUrl, kTag };
  Kind kind = Kind::kEvery;
  std::string value;
};

struct CompiledRule {
  std::string id;
  std::vector<FeedSelector> feeds;
  int priority = 0;
  bool enabled = true;
  bool continue_ = false;

  std::vector<Condition> any;
  std::vector<Condition> all;  // `where` is one of them, the last
  std::vector<Condition> none;
  bool has_where = false;
  std::vector<Clause> clauses;  // any, all and none, the cheapest first: the order of evaluation
  OnUnknown on_unknown = OnUnknown::kReject;

  Action action = Action::kDownload;
  std::string dest;
  std::string name;
  std::vector<std::string> tags;
  bool paused = false;
  bool queue_top = false;

  OncePer once_per = OncePer::kNever;
  Repack repack = Repack::kNone;
  std::optional<std::chrono::seconds> cooldown;
  std::optional<Limit> limit;
  std::optional<std::chrono::seconds> wait;
  std::vector<Condition> prefer;
};

// Checks `spec` and appends what is wrong with it to `errors`; the rule is of use only where nothing was.
[[nodiscard]] CompiledRule compile_rule(const RuleSpec& spec, const std::string& file,
                                        std::vector<base::Diagnostic>& errors);

}  // namespace podswarm::rules
