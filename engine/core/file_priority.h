// How much a file of a torrent, and so a piece, is wanted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podswarm::engine {

enum class FilePriority : std::uint8_t { kSkip, kLow, kNormal, kHigh };

inline constexpr std::size_t kFilePriorities = 4;

}  // namespace podswarm::engine
