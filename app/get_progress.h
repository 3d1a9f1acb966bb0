// The line that says how far `podswarm get` is. A pure function.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"

namespace podswarm::app {

// Over all downloads: the part of what is wanted that is there, pieces, peers, rates, and the time that is left at this
// rate. What does not apply or is not known yet is left out. What matters most stands first, where a narrow terminal
// does not cut it off.
[[nodiscard]] std::string progress_text(const std::vector<engine::DownloadStatus>& downloads);

}  // namespace podswarm::app
