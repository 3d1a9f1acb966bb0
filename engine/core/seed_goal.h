// When a torrent has been shared enough: by ratio, by time, or whichever of both comes first. Pure values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace podswarm::engine {

struct SeedGoal {
  double ratio = 0;              // bytes sent by bytes of the content that is wanted; 0 = no goal
  std::chrono::seconds time{0};  // with everything there that is wanted; 0 = no goal

  // The ratio counts from the first byte sent, also of those that were sent while downloading.
  [[nodiscard]] bool reached(std::uint64_t sent, std::uint64_t content, std::chrono::seconds seeded) const {
    const auto enough = bytes(content);
    return (enough && sent >= *enough) || (time.count() > 0 && seeded >= time);
  }
  // How much is to be sent; nothing where the ratio is no goal.
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::uint64_t content) const {
    if (!(ratio > 0)) return std::nullopt;
    const double bytes = ratio * static_cast<double>(content);
    // Beyond what can be counted is never reached.
    if (bytes >= 1.8e19) return UINT64_MAX;
    return static_cast<std::uint64_t>(bytes);
  }

  friend bool operator==(const SeedGoal&, const SeedGoal&) = default;
};

}  // namespace podswarm::engine
