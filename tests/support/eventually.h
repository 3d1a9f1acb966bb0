// Waiting for what no event tells.
#pragma once

#include <chrono>
#include <thread>

namespace podswarm::test {

// Asks `condition`, with a `pause` in between, until it holds (true) or `patience` is over (false).
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition, std::chrono::milliseconds patience = std::chrono::seconds(20),
                              std::chrono::milliseconds pause = std::chrono::milliseconds(10)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return condition();
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace podswarm::test
