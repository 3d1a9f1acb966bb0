// The morning's report: what came since a moment, what was not wanted and why, what waits for a person, what failed and
// what happens next. A document (docs/api.md) from what the database remembers; nothing is written. Runs on the
// scheduler's thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

#include "scheduler/context.h"

namespace podswarm::scheduler {

[[nodiscard]] boost::json::object report_document(Context& context, base::WallTime since);

// "yesterday" and "today" (since midnight), "2026-11-20" (likewise, by the local clock), "24h", "7d", or RFC 3339.
[[nodiscard]] std::optional<base::WallTime> parse_since(std::string_view text, base::WallTime now);

// So many entries a list at most; the totals count all.
inline constexpr std::size_t kMostReported = 1000;

}  // namespace podswarm::scheduler
