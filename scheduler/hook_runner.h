// One hook told of one event: a command run, or a document posted. Blocking: for the hook thread.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

// What went wrong, in one line; "" where nothing did. A stop request ends it within about a second.
[[nodiscard]] std::string run_hook(const HookCall& call, base::WallTime now, std::stop_token stop);

}  // namespace podswarm::scheduler
