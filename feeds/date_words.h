// The words in dates: names of months in the languages that feeds use, and of time zones. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace podswarm::feeds {

// 1 to 12 for a month's name, short, long or cut off anywhere behind the letters that make it clear; any case.
[[nodiscard]] std::optional<int> month_number(std::string_view word);

// Minutes east of UTC for a zone's abbreviation, RFC 822's military letters included; any case.
[[nodiscard]] std::optional<int> zone_minutes(std::string_view word);

// With digits of other scripts, and the blanks, dashes and colons that typography has for those of ASCII, as ASCII has
// them.
[[nodiscard]] std::string with_plain_digits(std::string_view text);

}  // namespace podswarm::feeds
