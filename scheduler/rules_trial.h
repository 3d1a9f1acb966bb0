// The rules asked about what is in the database already: why an episode is as it is, and what a condition would take.
// Nothing is written. Runs on the scheduler's thread. The documents are described in docs/api.md.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "feeds/rules/rule_set.h"
#include "scheduler/context.h"

namespace podswarm::scheduler {

enum class TrialError { kBadCondition };

// How the rules in force decide on the episode at `now`, every predicate of every rule told. What the episode itself
// has put into the rules' history does not stand against it. Nothing where the feed is gone.
[[nodiscard]] std::optional<boost::json::object> explain_episode(Context& context, const db::EpisodeRow& episode,
                                                                 base::WallTime now);

// What `where` would take of the episodes published in the last `history`, by itself: no history, no feeds, no other
// rule. Looks at the newest `kMaxTrialEpisodes` and lists the newest `kMaxTrialMatches` of what holds or is unknown.
inline constexpr std::size_t kMaxTrialEpisodes = 20'000;
inline constexpr std::size_t kMaxTrialMatches = 1'000;
[[nodiscard]] base::Result<boost::json::object, TrialError> try_condition(Context& context, const std::string& where,
                                                                          std::chrono::seconds history,
                                                                          base::WallTime now);

// What the rules of a file would have decided on the episodes published in the last `history`, oldest first and without
// what was had: earlier ones are history for later ones, at the time of their publication.
[[nodiscard]] boost::json::object try_rules(Context& context, const rules::RuleSet& rules, std::chrono::seconds history,
                                            base::WallTime now);

// A condition as the one rule there is, for every feed; what it cannot tell is held.
[[nodiscard]] base::Result<rules::RuleSet, TrialError> compile_condition(const std::string& where);

// The feeds that a rule names and nobody has subscribed to, each as a sentence.
[[nodiscard]] std::vector<std::string> unknown_feeds(Context& context, const config::RuleEntry& rule);

}  // namespace podswarm::scheduler
