// The HTTP header fields that say when to come again: Retry-After (RFC 9110 §10.2.3), Cache-Control: max-age (RFC 9111
// §5.2.2.1), and the three date forms of RFC 9110 §5.6.7. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace podswarm::feeds {

// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" or "Sun Nov  6 08:49:37 1994"; the weekday is not
// checked. A year of two digits is the one nearest to `now`, at most 50 years ahead.
[[nodiscard]] std::optional<base::WallTime> parse_http_date(std::string_view text, base::WallTime now);

// Seconds from `now`, or a date. Nothing for junk; at most a year ahead, so that no server can silence a feed for good.
[[nodiscard]] std::optional<base::WallTime> parse_retry_after(std::string_view text, base::WallTime now);

// The value of max-age, at most a year. Nothing where there is none or it is no number.
[[nodiscard]] std::optional<std::chrono::seconds> parse_max_age(std::string_view cache_control);

}  // namespace podswarm::feeds
