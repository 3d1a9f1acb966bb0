// Sizes, rates and durations as people write them, read and printed in one way everywhere: configuration, rules,
// command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podswarm::base {

// "1500", "8MB" (10^6), "500KiB" (2^10), "1.5 GiB", "2g" (binary); bytes. Case does not matter; a trailing "/s" is
// allowed, so that a rate may be written either way. Nothing for junk, negative numbers or an overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

// "90", "90s", "20m", "1h30m", "7d", "2w", "500ms"; a bare number is seconds and stands alone.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// "512 B", "1.5 MiB"
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
// "45s", "1h 02m", "3d 4h"
[[nodiscard]] std::string format_duration(std::chrono::seconds duration);

// RFC 3339 in UTC, "2026-11-20T18:30:00Z".
[[nodiscard]] std::string format_rfc3339(std::chrono::sys_seconds time);
// RFC 3339 with zone, also a date alone (midnight UTC).
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

}  // namespace podswarm::base
