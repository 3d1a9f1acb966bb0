// SHA-1 (FIPS 180-4) of several messages side by side. The rounds of one message wait for each other. Four at once with
// the SHA instructions of x86 come to more than twice the bytes a second of one after the other on AMD's processors; on
// Intel's, whose unit for them takes no more at once, eight at once in vectors do, where there is AVX-512.
// A message belongs to one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "engine/core/digest.h"

namespace podswarm::engine {

// One message on its way.
class Sha1Lane {
 public:
  static constexpr std::size_t kMost = 8;

  // Whether this processor has the SHA instructions; without them there are no lanes to be had.
  [[nodiscard]] static bool available();
  // So many side by side are the fastest here, as a trial has shown; at most kMost.
  [[nodiscard]] static std::size_t at_once();

  Sha1Lane() { reset(); }
  // Of all that was given. Afterwards it is as new.
  [[nodiscard]] Sha1Hash finish();

 private:
  friend void sha1_side_by_side(std::span<Sha1Lane* const> lanes,
                                std::span<const std::span<const base::ByteView>> data);
  static constexpr std::size_t kBlock = 64;

  void reset();

  std::array<std::uint32_t, 5> state_;
  std::array<std::uint8_t, kBlock> tail_;  // what does not fill a block yet
  std::uint64_t size_ = 0;
};

// The next bytes of each message (`data`, one for each of `lanes`), in portions of any sizes. At most Sha1Lane::kMost,
// and they differ. Messages that get more than the others are hashed on with fewer beside them.
void sha1_side_by_side(std::span<Sha1Lane* const> lanes, std::span<const std::span<const base::ByteView>> data);

}  // namespace podswarm::engine
