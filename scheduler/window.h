// What a download window means for a moment: whether downloads may start, by the local clock. Several spans add up; one
// that crosses midnight belongs to the day on which it opens.
// Pure but for the process's time zone (TZ), which decides what the local clock shows.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "config/window.h"

namespace podswarm::scheduler {

[[nodiscard]] bool open_at(const config::Window& window, base::WallTime time);

// The first whole minute after `time` at which open_at() differs from open_at(time); nothing if it never does. An hour
// that the clocks skip or repeat counts as the local clock shows it.
[[nodiscard]] std::optional<base::WallTime> next_change(const config::Window& window, base::WallTime time);

// When the local clock next shows this minute of a day, now included.
[[nodiscard]] base::WallTime next_time_of_day(int minute, base::WallTime time);

// A zone that the system knows ("Europe/Berlin"), or a POSIX TZ ("CET-1CEST,M3.5.0,M10.5.0/3"). Looks for a file.
[[nodiscard]] bool is_time_zone(const std::string& name);
// From now on the process's local clock shows this zone; "" changes nothing. Before there are other threads.
void use_time_zone(const std::string& name);

// Windows as they are now, remembered until they change: asking the local clock takes a millisecond.
class Windows {
 public:
  struct State {
    bool open = true;
    std::optional<base::WallTime> changes_at;
  };
  State look(const config::Window& window, base::WallTime now);

 private:
  struct Known {
    State state;
    base::WallTime looked_at{};
    base::WallTime holds_until{};
  };
  std::map<std::string, Known> known_;
};

}  // namespace podswarm::scheduler
