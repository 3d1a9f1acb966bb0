// When to try again: 1 m → 5 m → 30 m → 2 h → 6 h → 24 h, each up to a tenth longer, then give up. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace podswarm::scheduler {

inline constexpr std::array<std::chrono::seconds, 6> kRetryDelays = {std::chrono::minutes(1),  std::chrono::minutes(5),
                                                                     std::chrono::minutes(30), std::chrono::hours(2),
                                                                     std::chrono::hours(6),    std::chrono::hours(24)};

// The delay after the `failures`-th failure in a row (from 1); nothing once they are used up. A server's Retry-After
// is honoured where it is longer. `random` in [0, 1) spreads the retries of what failed together.
[[nodiscard]] inline std::optional<std::chrono::seconds> retry_delay(int failures,
                                                                     std::optional<std::chrono::seconds> retry_after,
                                                                     double random) {
  if (failures < 1 || static_cast<std::size_t>(failures) > kRetryDelays.size()) return std::nullopt;
  const auto base = kRetryDelays[static_cast<std::size_t>(failures) - 1];
  const auto jitter = std::chrono::duration_cast<std::chrono::seconds>(base * (random / 10));
  return std::max(base + jitter, std::min(retry_after.value_or(std::chrono::seconds(0)),
                                          std::chrono::seconds(std::chrono::hours(24 * 7))));
}

}  // namespace podswarm::scheduler
