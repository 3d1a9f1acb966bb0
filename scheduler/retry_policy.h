// When to try again, and which source: 1 m → 5 m → 30 m → 2 h → 6 h → 24 h, each up to a tenth longer, then give up.
// An episode with several sources has them tried in turn before it is given up. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
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

// After so many failures in a row that may pass, the next source has its turn.
inline constexpr int kTriesOfASource = 3;

// Which of an episode's sources has failed, and how.
struct SourceTurn {
  std::size_t index = 0;
  std::size_t count = 1;
  bool may_pass = true;  // the same one may do the next time
  bool final = false;    // trying again does not help; other sources may
};

struct NextTry {
  std::optional<std::chrono::seconds> delay{};  // nothing: given up
  int attempts = 0;                             // to be remembered
  bool other_source = false;                    // the next one, after the last the first
};

// After the `attempts`-th failure. Of several sources each is tried as often as may help, then the next one, soon. When
// the last has failed, the round counts as kTriesOfASource failures, whatever it took, and the first one waits as long
// as that: so the number alone tells how often the present source has failed, and when it is over.
[[nodiscard]] inline NextTry next_try(int attempts, const SourceTurn& turn,
                                      std::optional<std::chrono::seconds> retry_after, double random) {
  const auto again = retry_delay(attempts, retry_after, random);
  if (turn.count < 2) return {turn.final ? std::nullopt : again, attempts, false};
  const int before = std::max(attempts - 1, 0) / kTriesOfASource * kTriesOfASource;
  const bool used_up = !turn.may_pass || attempts - before >= kTriesOfASource || !again;
  if (!used_up) return {again, attempts, false};
  if (turn.index + 1 < turn.count) return {retry_delay(1, std::nullopt, random), before, true};
  // In the first round the feed may not have had the time to tell where else they are.
  if (turn.final && before > 0) return {std::nullopt, attempts, false};
  return {retry_delay(before + kTriesOfASource, std::nullopt, random), before + kTriesOfASource, true};
}

}  // namespace podswarm::scheduler
