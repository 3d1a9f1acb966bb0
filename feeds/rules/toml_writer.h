// Rules as text, to be kept in a configuration. Writes what config/ reads; there is no reader here.
#pragma once

#include <string>
#include <vector>

#include "feeds/rules/rule_spec.h"

namespace podswarm::rules {

// One [[rule]] table a rule, in order. Keys that have their default value are left out.
[[nodiscard]] std::string to_toml(const std::vector<RuleSpec>& rules);

}  // namespace podswarm::rules
