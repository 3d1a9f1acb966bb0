// SHA-1 (FIPS 180-4) of four messages of one length side by side. The rounds of one message wait for each other; with
// the SHA instructions of x86, four at once come to more than twice the bytes a second of one after the other.
// Belongs to one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engine/core/digest.h"

namespace podswarm::engine {

class Sha1Lanes {
 public:
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kBlock = 64;
  using Data = std::array<const std::uint8_t*, kLanes>;

  // Whether this processor has the instructions; without them there are no lanes to be had.
  [[nodiscard]] static bool available();

  Sha1Lanes() { reset(); }
  // The next `size` bytes of each message: a multiple of kBlock, but for the last ones.
  void update(const Data& data, std::size_t size);
  // Afterwards it is as new.
  [[nodiscard]] std::array<Sha1Hash, kLanes> finish();

 private:
  void reset();

  std::array<std::array<std::uint32_t, 5>, kLanes> state_;
  std::array<std::array<std::uint8_t, 2 * kBlock>, kLanes> tail_;
  std::uint64_t size_ = 0;
};

}  // namespace podswarm::engine
