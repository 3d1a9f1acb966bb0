// One hook told of one event: a command run, or a document posted. Blocking: for the hook thread.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

struct HookResult {
  std::string problem{};  // what went wrong, in one line; "" where nothing did
  HookOutcome outcome = HookOutcome::kOver;
};

// A stop request ends it within about a second. A command is run once, whatever it ends with; a document may be posted
// again after a network's failure, 408, 429 and 5xx.
[[nodiscard]] HookResult run_hook(const HookCall& call, base::WallTime now, std::stop_token stop);

}  // namespace podswarm::scheduler
