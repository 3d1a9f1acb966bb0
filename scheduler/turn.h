// How much of a long piece of work with files is done at a time on the scheduler's thread: nothing else is done there
// meanwhile, and a slow disk takes its time for each name.
#pragma once

#include <chrono>
#include <functional>

namespace podswarm::scheduler {

// Whether that was enough for this turn; asked between two files. The rest waits for the next one.
using Enough = std::function<bool()>;

inline constexpr std::chrono::milliseconds kTurn{50};

// By the time that has passed since now.
[[nodiscard]] inline Enough enough_after(std::chrono::milliseconds length = kTurn) {
  return [end = std::chrono::steady_clock::now() + length] { return std::chrono::steady_clock::now() >= end; };
}

}  // namespace podswarm::scheduler
