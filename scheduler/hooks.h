// Tells hooks what stands in the outbox, in order and a few at a time: what waits, waits in the database. Nothing else
// waits for hooks. Runs on the scheduler's thread; the port runs them elsewhere.
#pragma once

#include <cstdint>
#include <map>

#include "scheduler/context.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

class Hooks {
 public:
  Hooks(Context& context, HookPort& port) : context_(context), port_(port) {}

  // Hands over what waits, as far as there is room.
  void deliver();
  // The port has told one hook of this event; the event leaves the outbox with the last one.
  void on_told(std::int64_t event_id);

  // Nothing waits and nothing is under way.
  [[nodiscard]] bool idle();

 private:
  Context& context_;
  HookPort& port_;
  std::map<std::int64_t, int> under_way_;  // event → hooks that have not been told yet
  std::int64_t last_ = 0;                  // up to here events have been handed over
};

}  // namespace podswarm::scheduler
