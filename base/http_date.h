// Dates as HTTP writes them (RFC 9110 §5.6.7); the usual form is RSS's pubDate too. Pure; no locale.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace podswarm::base {

// "Fri, 20 Nov 2026 06:00:00 GMT"
[[nodiscard]] std::string format_http_date(std::chrono::sys_seconds time);

// Any of the three forms: IMF-fixdate as it should be, RFC 850's and asctime's that must be read. The day of the week
// is not looked at.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace podswarm::base
