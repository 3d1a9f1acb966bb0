// What may end a fetch from outside while it waits: the caller's stop request and the deadline for everything.
// One guard a fetch, used by its thread; the stop token may be triggered from any.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "feeds/fetcher.h"

namespace podswarm::feeds {

class IoGuard {
 public:
  IoGuard(std::stop_token stop, std::chrono::milliseconds deadline);

  // kCancelled or kTimeout where the fetch must end now. The message has no host; who calls puts it in front.
  [[nodiscard]] std::optional<base::Failure<FetchError>> check() const;

  // Blocks until `fd` is ready for `events` (poll's) or in error, `limit` has passed (kTimeout, "WHAT for N s") or the
  // guard says stop, which it asks about ten times a second.
  [[nodiscard]] std::optional<base::Failure<FetchError>> wait(int fd, short events, std::chrono::milliseconds limit,
                                                              const char* what) const;

  // No longer than to the deadline, and no longer than a stop request may go unnoticed.
  [[nodiscard]] std::chrono::milliseconds slice(base::SteadyTime until) const;

 private:
  std::stop_token stop_;
  base::SteadyTime deadline_;
  std::chrono::milliseconds length_;
};

// "15 s", "200 ms"
[[nodiscard]] std::string in_words(std::chrono::milliseconds duration);

}  // namespace podswarm::feeds
