// The API's routes (docs/api.md): an ApiRequest becomes a call of the service. The daemon's server and the command line
// without a daemon both come through here, so a verb does the same either way.
#pragma once

#include "scheduler/service.h"
#include "web/api_types.h"

namespace podswarm::web {

// Any thread but the scheduler's; waits for the service.
[[nodiscard]] ApiResponse handle_api(scheduler::Service& service, const ApiRequest& request);

}  // namespace podswarm::web
