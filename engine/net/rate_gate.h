// Who may receive how much now. A limit that several transfers share is one gate given to each of them by reference.
// Network thread only.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace podswarm::engine {

class RateGate {
 public:
  struct Grant {
    std::size_t bytes = 0;                        // spent; 0 = nothing now
    std::chrono::steady_clock::duration wait{0};  // ask again after this, where bytes is 0
  };
  virtual ~RateGate() = default;

  // At most `wanted` (> 0) bytes.
  [[nodiscard]] virtual Grant take(std::size_t wanted, base::SteadyTime now) = 0;
  // Of a grant, what was not used.
  virtual void give_back(std::size_t bytes) = 0;
};

// Lets everything through.
class OpenGate final : public RateGate {
 public:
  [[nodiscard]] Grant take(std::size_t wanted, base::SteadyTime) override { return {wanted, {}}; }
  void give_back(std::size_t) override {}
};

}  // namespace podswarm::engine
