// Randomness for choices that nobody has a reason to guess: eight bytes of state (splitmix64), seeded by the caller, so
// that tests and simulations repeat. Satisfies UniformRandomBitGenerator.
#pragma once

#include <cstdint>
#include <limits>

namespace podswarm::engine {

class SmallRandom {
 public:
  using result_type = std::uint64_t;

  explicit SmallRandom(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace podswarm::engine
