// When a feed is asked next, from what its last poll brought. Pure: time and randomness are arguments.
// RSS 2.0 (ttl, skipHours, skipDays), RFC 9111 (max-age), RFC 9110 §10.2.3 (Retry-After).
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "feeds/document.h"

namespace podswarm::scheduler {

struct PollLimits {
  std::chrono::seconds interval = std::chrono::hours(1);  // what the user set; never polled more often than this
  double jitter = 0.1;                                    // up to this part of the interval is added
};

// What a poll tells about the next one.
struct PollOutcome {
  bool ok = true;
  int failures = 0;  // in a row, this one included
  std::optional<base::WallTime> retry_after;
  std::optional<std::chrono::seconds> max_age;
  feeds::UpdateHints hints;
};

// Wishes of the publisher (ttl, max-age, skip hours and days) lengthen the user's interval up to a day, never shorten
// it. Failures double it, up to a day. `random` is in [0, 1).
[[nodiscard]] base::WallTime next_poll(const PollLimits& limits, const PollOutcome& outcome, base::WallTime now,
                                       double random);

}  // namespace podswarm::scheduler
