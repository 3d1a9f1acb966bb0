// When a feed is asked next, from what its last poll brought and when it usually publishes, and why. Pure: time and
// randomness are arguments.
// RSS 2.0 (ttl, skipHours, skipDays), RFC 9111 (max-age), RFC 9110 §10.2.3 (Retry-After).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "feeds/document.h"
#include "scheduler/poll_rhythm.h"

namespace podswarm::scheduler {

struct PollLimits {
  std::chrono::seconds interval = std::chrono::hours(1);      // what the user set; never polled more often than this
  std::chrono::seconds max_interval = std::chrono::hours(1);  // the rhythm lengthens it to this at most
  double jitter = 0.1;                                        // up to this part of the wait is added
};

// What a poll tells about the next one.
struct PollOutcome {
  bool ok = true;
  int failures = 0;  // in a row, this one included
  std::optional<base::WallTime> retry_after;
  std::optional<std::chrono::seconds> max_age;
  feeds::UpdateHints hints;
  Rhythm rhythm;
};

// Something that speaks for a wait: how long it alone would have had the feed wait.
struct PollReason {
  enum class Kind { kInterval, kRhythm, kMaxAge, kTtl, kUpdatePeriod, kBackOff, kRetryAfter, kSkip };
  Kind kind = Kind::kInterval;
  std::chrono::seconds wait{};
  std::string text{};  // for a person, without the number

  bool operator==(const PollReason&) const = default;
};
// "interval", "rhythm", "max-age", "ttl", "update-period", "back-off", "retry-after", "skip".
[[nodiscard]] std::string_view to_string(PollReason::Kind kind);

struct PollPlan {
  base::WallTime at{};
  std::vector<PollReason> reasons;  // all that were weighed; the longest decided, but for the jitter
};

// Wishes of the publisher (ttl, max-age, skip hours and days) lengthen the wait up to a day, never shorten it. Failures
// double the user's interval, up to a day or what the rhythm says if that is more. `random` is in [0, 1).
[[nodiscard]] PollPlan plan_poll(const PollLimits& limits, const PollOutcome& outcome, base::WallTime now,
                                 double random);

// As the database keeps them (JSON); reading passes over what it does not know.
[[nodiscard]] std::string write_reasons(const std::vector<PollReason>& reasons);
[[nodiscard]] std::vector<PollReason> read_reasons(std::string_view text);
// What a document says of when to come again, kept for the polls that bring none.
[[nodiscard]] std::string write_hints(const feeds::UpdateHints& hints);
[[nodiscard]] feeds::UpdateHints read_hints(std::string_view text);

}  // namespace podswarm::scheduler
