// Tells hooks what stands in the outbox, in order and a few at a time: what waits, waits in the database. One that
// fails and may do later is told again, four times in all, after 1 m, 5 m and 30 m; the event stays in the outbox until
// then, so that after a restart those that have not had it are told. Nothing else waits for hooks. Runs on the
// scheduler's thread; the port runs them elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "scheduler/context.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

class Hooks {
 public:
  Hooks(Context& context, HookPort& port) : context_(context), port_(port) {}

  // Hands over what waits and whose time has come, as far as there is room.
  void deliver(base::WallTime now);
  // The port has told one hook of an event; the event leaves the outbox with the last one.
  void on_told(HookCall call, HookOutcome outcome, base::WallTime now);
  // When one is told again.
  [[nodiscard]] std::optional<base::WallTime> next_try() const;

  // Nothing waits for its first try, and nothing is under way.
  [[nodiscard]] bool idle();

 private:
  Context& context_;
  HookPort& port_;
  void hand_over(HookCall call);

  std::map<std::int64_t, int> open_;                 // event → hooks that have not been told yet
  std::multimap<base::WallTime, HookCall> waiting_;  // those that are told again, by when
  std::size_t busy_ = 0;                             // calls that the port has
  std::int64_t last_ = 0;                            // up to here events have been handed over
};

}  // namespace podswarm::scheduler
