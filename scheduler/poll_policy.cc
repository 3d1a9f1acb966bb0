#include "scheduler/poll_policy.h"

#include <algorithm>

namespace podswarm::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kLongest = hours(24);
constexpr seconds kLongestRetryAfter = hours(24 * 7);

bool is_skipped(const feeds::UpdateHints& hints, base::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto hour = static_cast<int>(std::chrono::floor<hours>(time - day).count());
  if (std::find(hints.skip_hours.begin(), hints.skip_hours.end(), hour) != hints.skip_hours.end()) return true;
  static constexpr const char* kNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};
  const auto* name = kNames[std::chrono::weekday(day).c_encoding()];
  return std::find(hints.skip_days.begin(), hints.skip_days.end(), name) != hints.skip_days.end();
}

// The end of the skipped hours that `time` falls in. A feed that skips the whole week is asked all the same.
base::WallTime after_skipped(const feeds::UpdateHints& hints, base::WallTime time) {
  base::WallTime candidate = time;
  for (int i = 0; i < 7 * 24 && is_skipped(hints, candidate); ++i) {
    candidate = std::chrono::floor<hours>(candidate) + hours(1);
  }
  return is_skipped(hints, candidate) ? time : candidate;
}

}  // namespace

base::WallTime next_poll(const PollLimits& limits, const PollOutcome& outcome, base::WallTime now, double random) {
  seconds wait = limits.interval;
  if (outcome.ok) {
    const auto at_least = [&](seconds wish) { wait = std::max(wait, std::min(wish, kLongest)); };
    if (outcome.max_age) at_least(*outcome.max_age);
    if (outcome.hints.ttl_minutes)
      at_least(std::chrono::minutes(std::min<std::uint64_t>(*outcome.hints.ttl_minutes, 1440)));
    if (outcome.hints.update_period && outcome.hints.update_period->count() > 0) at_least(*outcome.hints.update_period);
  } else {
    const int doublings = std::clamp(outcome.failures - 1, 0, 16);
    wait = std::max(wait, std::min(seconds(wait.count() << doublings), kLongest));
  }
  wait += std::chrono::duration_cast<seconds>(wait * (limits.jitter * random));
  base::WallTime next = now + wait;
  if (outcome.retry_after) next = std::max(next, std::min(*outcome.retry_after, now + kLongestRetryAfter));
  return after_skipped(outcome.hints, next);
}

}  // namespace podswarm::scheduler
