// When a night's work is over: once a night, when its window has closed or the queue has run dry after something was
// done. A night goes from noon to noon, local time. What it remembers is stored, so that a restart tells nothing twice.
// Pure but for the process's time zone. Scheduler's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace podswarm::scheduler {

// For whoever wants to know that the night is over.
struct NightSummary {
  base::WallTime since{};  // the last time that this was told
  base::WallTime until{};
  std::size_t done = 0;
  std::size_t failed = 0;
  std::uint64_t bytes = 0;     // of those that are done
  std::size_t waiting = 0;     // in the queue
  bool window_closed = false;  // false: the queue ran dry
};

class NightWatch {
 public:
  struct Memory {
    std::int64_t told_night = -1;             // the last that was told of
    base::WallTime told_at{};                 // when
    std::optional<base::WallTime> worked_at;  // inside the window, since then

    bool operator==(const Memory&) const = default;
  };

  explicit NightWatch(Memory memory) : memory_(memory) {}
  [[nodiscard]] const Memory& memory() const { return memory_; }

  // A download has come to an end that was begun, or ended, inside the window at `at`.
  void on_work(base::WallTime at) { memory_.worked_at = at; }

  struct Now {
    base::WallTime time{};
    bool window_open = true;
    std::size_t running = 0;
    bool anything_due = false;  // that could start by itself
  };
  // Whether to tell now; it is told then.
  [[nodiscard]] bool is_over(const Now& now);

 private:
  Memory memory_;
};

// The number of the night that a moment belongs to.
[[nodiscard]] std::int64_t night_of(base::WallTime time);

// As it is stored; junk is nothing remembered.
[[nodiscard]] std::string to_text(const NightWatch::Memory& memory);
[[nodiscard]] NightWatch::Memory night_memory_from_text(std::string_view text);

}  // namespace podswarm::scheduler
