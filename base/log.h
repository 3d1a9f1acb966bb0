// The program's log: one line an event on standard error, by level. Thread-safe. Never log a URL that was not redacted.
#pragma once

#include <spdlog/spdlog.h>

namespace podswarm::base {

enum class LogLevel { kQuiet, kNormal, kVerbose, kDebug };

// Once, before the first line is logged. `timestamps` off where the journal adds its own.
void init_log(LogLevel level, bool timestamps);

}  // namespace podswarm::base
