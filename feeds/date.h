// Dates as feeds write them: RFC 822/2822, RFC 3339 and ISO 8601, asctime, and what is mistaken for them. Pure, does
// not depend on the locale.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace podswarm::feeds {

// The instant; UTC where no zone is given, midnight where no time is. The day's name is not looked at. Nothing for what
// is no date, or lies outside the years 1 to 9999.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);

}  // namespace podswarm::feeds
