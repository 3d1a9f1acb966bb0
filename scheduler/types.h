// The small words that the trunk, its service and the heads share.
#pragma once

#include <cstdint>

namespace podswarm::scheduler {

enum class Mode {
  kDaemon,    // polls and downloads by itself, seeds
  kOnDemand,  // does what jobs ask and nothing else
};

// Whether downloads wait for their window.
enum class WindowRule { kObey, kIgnore };

// Names of the settings that the database remembers.
inline constexpr const char* kQueuePaused = "queue.paused";
inline constexpr const char* kNightMemory = "night";

using JobId = std::int64_t;

}  // namespace podswarm::scheduler
