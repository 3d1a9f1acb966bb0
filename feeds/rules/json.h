// Rules tried on items from a file, and decisions as JSON: what `podswarm rules test --json` reads and prints
// (docs/rules.md). Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "feeds/document.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::rules {

enum class JsonError { kNotJson, kBadItem };

// What becomes of items that came before: a condition that stands alone asks about each.
enum class Repeats { kLeftOut, kAskedAbout };

// `items` is an array of
//   {feed, feed_url?, tags?, language?, title, guid?, link?, description?, author?, published?, first_seen?,
//    duration_seconds?, size?, categories?, explicit?, episode_type?, season?, episode?, info_hash?,
//    enclosures?: [{url, type?, length?}], held?, failed?}
// with times in RFC 3339; null is as good as absent, other members are ignored. They are asked in order, and what was
// accepted is history for those that follow: at the item's date where it has one that is not after `now`, else at
// `now`. A wait that is over by `now` ends at its time, and of the copies that wait then the preferred one is taken;
// what a limit defers is taken when there is room. A `held` item is not asked but counts as downloaded before; the
// download of a `failed` one, if accepted, fails for good. What was decided on or held is not asked about when it comes
// again (seen_items.h): the decision is "none", and the reason says so. The result has one object an item:
//   {guid, title, decision, rule, reason, dest, name, tags, priority, until?, captures?}
// with dest and name as the rule has them, templates unfilled.
[[nodiscard]] base::Result<boost::json::array, JsonError> test_items(const RuleSet& rules,
                                                                     const boost::json::value& items,
                                                                     base::WallTime now,
                                                                     Repeats repeats = Repeats::kLeftOut);
// The same from text.
[[nodiscard]] base::Result<boost::json::array, JsonError> test_items_text(const RuleSet& rules, std::string_view items,
                                                                          base::WallTime now);

// The items of a feed, the oldest first. It is called by its title and has these tags; nothing of it is held.
[[nodiscard]] boost::json::array test_feed(const RuleSet& rules, const feeds::Feed& feed, const std::string& url,
                                           const std::vector<std::string>& tags, base::WallTime now,
                                           Repeats repeats = Repeats::kLeftOut);

[[nodiscard]] boost::json::object to_json(const Decision& decision);
// {decision: {…}, rules: [{rule, action, enabled, feed_applies, conditions, accepts, outcome, predicates: [{clause,
// text, line, column, actual, matched, truth}]}]}
[[nodiscard]] boost::json::object to_json(const Explanation& explanation);

}  // namespace podswarm::rules
