// HTTP dates (RFC 9110 §5.6.7): IMF-fixdate as it should be, and the RFC 850 and asctime forms that must be read.
// The weekday is ignored. Sans-IO, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace podswarm::engine {

[[nodiscard]] std::optional<base::WallTime> parse_http_date(std::string_view text);

}  // namespace podswarm::engine
