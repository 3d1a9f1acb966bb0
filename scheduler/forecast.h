// What the coming days are likely to bring: when windows are open, when feeds will be asked and have something new,
// when what waits will be fetched. Pure but for the process's time zone. Nothing in it is a promise: polls shift by
// chance and by what servers say, sizes are claims, rates are those of late.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "config/window.h"
#include "scheduler/poll_rhythm.h"

namespace podswarm::scheduler {

struct Span {
  base::WallTime begin{};
  base::WallTime end{};

  bool operator==(const Span&) const = default;
};

// When the window is open between two moments; spans that touch them are cut.
[[nodiscard]] std::vector<Span> open_spans(const config::Window& window, base::WallTime from, base::WallTime until);

struct FeedHabits {
  std::vector<base::WallTime> releases;
  feeds::UpdateHints hints;
  std::chrono::seconds interval{};
  std::chrono::seconds max_interval{};
  std::optional<base::WallTime> next_poll;  // absent: at once
};

struct FeedForecast {
  std::vector<base::WallTime> polls;
  std::vector<Span> episodes;  // between when and when each is likely to come
};

// No more than so many polls are told.
inline constexpr std::size_t kMostPolls = 400;

// As if each episode came when it usually does.
[[nodiscard]] FeedForecast forecast(FeedHabits habits, base::WallTime from, base::WallTime until);

struct QueueWork {
  std::optional<std::uint64_t> bytes;  // to come
  base::WallTime not_before{};
  const std::vector<Span>* open = nullptr;  // when it may run; spans ascend
  bool to_its_end = false;                  // once begun it runs on outside of them
};

struct QueueForecast {
  std::optional<base::WallTime> starts;  // absent: not in this time
  std::optional<base::WallTime> done;    // absent: not in this time, or its size or the rate is not known
};

// `work` in the order of the queue, `at_once` of it at a time, each at `rate` bytes a second (0 = not known: then each
// is taken for an instant, and starts is when it may start).
[[nodiscard]] std::vector<QueueForecast> forecast_queue(const std::vector<QueueWork>& work, std::size_t at_once,
                                                        std::uint64_t rate, base::WallTime from);

}  // namespace podswarm::scheduler
