// Where the members of a JSON object of objects stand, for messages: the parser itself keeps no positions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/located.h"

namespace podswarm::rules {

// {outer key, inner key} → the first character of the value, inside the quotes of a string; the inner key is "" for the
// value of the outer one. `text` must be valid JSON. Keys are compared decoded; of equal ones the last counts.
using JsonPlaces = std::map<std::pair<std::string, std::string>, base::SourcePos>;
[[nodiscard]] JsonPlaces find_json_places(std::string_view text);

}  // namespace podswarm::rules
