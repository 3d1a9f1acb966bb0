// Whether a regular expression has an alternative with nothing in it, which fits every text: `foo|`, `(|foo)`. Reads
// the syntax that RE2 and PCRE2 share, of expressions that one of them takes. Pure, linear.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace podswarm::rules {

struct EmptyAlternative {
  std::size_t offset = 0;  // of the bar beside it
  bool nested = false;     // within parentheses
  bool has_bar = true;     // false: the whole expression has nothing in it
};

// The first one. Flags, comments and empty groups are nothing; anchors are something, as in `(^|,)foo`.
[[nodiscard]] std::optional<EmptyAlternative> find_empty_alternative(std::string_view pattern);

}  // namespace podswarm::rules
