// Time as an argument. Pure code takes time points; only the outermost shells ask a Clock.
#pragma once

#include <chrono>
#include <ctime>

namespace podswarm::base {

using WallTime = std::chrono::sys_seconds;                     // calendar time, UTC, whole seconds
using SteadyTime = std::chrono::steady_clock::time_point;      // for intervals, never stored

// Calendar time for the scheduler. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
};

// A clock that tests move by hand. Not synchronised: use it from one thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start) : now_(start) {}
  [[nodiscard]] WallTime now() const override { return now_; }
  void set(WallTime now) { now_ = now; }
  void advance(std::chrono::seconds by) { now_ += by; }

 private:
  WallTime now_;
};

}  // namespace podswarm::base
