#include "feeds/io_guard.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace podswarm::feeds {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kLongest{24 * 3600 * 1000};  // so that a huge limit cannot overflow a time point
constexpr milliseconds kSlice{100};

}  // namespace

IoGuard::IoGuard(std::stop_token stop, milliseconds deadline)
    : stop_(std::move(stop)),
      deadline_(steady_clock::now() + std::clamp(deadline, milliseconds(0), kLongest)),
      length_(deadline) {}

std::optional<base::Failure<FetchError>> IoGuard::check() const {
  if (stop_.stop_requested()) return base::fail(FetchError::kCancelled, "the fetch was cancelled");
  if (steady_clock::now() >= deadline_) {
    return base::fail(FetchError::kTimeout, "not finished within " + in_words(length_));
  }
  return std::nullopt;
}

milliseconds IoGuard::slice(base::SteadyTime until) const {
  const auto left = std::min(until, deadline_) - steady_clock::now();
  // Rounded up, so that the last wait does not turn into a spin of many.
  return std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds(0), kSlice);
}

std::optional<base::Failure<FetchError>> IoGuard::wait(int fd, short events, milliseconds limit,
                                                       const char* what) const {
  const auto until = steady_clock::now() + std::clamp(limit, milliseconds(0), kLongest);
  for (;;) {
    if (auto failure = check()) return failure;
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, static_cast<int>(slice(until).count()));
    if (ready > 0) return std::nullopt;
    if (ready < 0 && errno != EINTR) return base::fail(FetchError::kProtocol, "waiting for the network failed");
    if (steady_clock::now() >= until) {
      if (auto failure = check()) return failure;
      return base::fail(FetchError::kTimeout, std::string(what) + " for " + in_words(limit));
    }
  }
}

std::string in_words(milliseconds duration) {
  if (duration.count() % 1000 == 0) return std::to_string(duration.count() / 1000) + " s";
  return std::to_string(duration.count()) + " ms";
}

}  // namespace podswarm::feeds
