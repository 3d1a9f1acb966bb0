// How much payload a connection has ready to be sent. What is ready is sent whether or not the peer cancels it, so on a
// slow path it is little; on a fast one it is enough for large writes.
#pragma once

#include <algorithm>
#include <cstddef>

namespace podswarm::engine {

inline constexpr std::size_t kLeastWatermark = 16 * 1024;  // a block
inline constexpr std::size_t kSlowWatermark = 512 * 1024;
inline constexpr std::size_t kMostWatermark = 4u << 20;

// In bytes, for a connection that sends at that rate now: half a second's worth while that is little, a tenth of a
// second's where it is much.
[[nodiscard]] inline std::size_t send_watermark(double bytes_per_s) {
  const double slow = std::min(bytes_per_s * 0.5, static_cast<double>(kSlowWatermark));
  const double fast = std::min(bytes_per_s * 0.1, static_cast<double>(kMostWatermark));
  return std::max(static_cast<std::size_t>(std::max(slow, fast)), kLeastWatermark);
}

}  // namespace podswarm::engine
