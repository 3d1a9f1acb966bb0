// How long an episode plays, as feeds write it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace podswarm::feeds {

// Seconds of "H:M:S", "M:S" or "S", each part with any number of digits; a fraction of the last is cut off. Nothing for
// anything else, or for more than a hundred years.
[[nodiscard]] std::optional<std::uint64_t> parse_media_duration(std::string_view text);

}  // namespace podswarm::feeds
