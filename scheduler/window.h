// What a download window means for a moment: whether downloads may start, by the local clock. Several spans add up; one
// that crosses midnight belongs to the day on which it opens.
// Pure but for the process's time zone (TZ), which decides what the local clock shows.
#pragma once

#include <optional>

#include "base/clock.h"
#include "config/window.h"

namespace podswarm::scheduler {

[[nodiscard]] bool open_at(const config::Window& window, base::WallTime time);

// The first whole minute after `time` at which open_at() differs from open_at(time); nothing if it never does. An hour
// that the clocks skip or repeat counts as the local clock shows it.
[[nodiscard]] std::optional<base::WallTime> next_change(const config::Window& window, base::WallTime time);

}  // namespace podswarm::scheduler
