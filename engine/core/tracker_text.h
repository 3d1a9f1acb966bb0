// Small parts that the tracker codecs share. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace podswarm::engine {

inline constexpr std::size_t kMaxTrackerId = 512;
inline constexpr std::size_t kMaxNamedPeers = 50;

// A tracker's words made fit to be shown: one line of UTF-8, at most 300 bytes, never empty.
[[nodiscard]] std::string clean_tracker_text(std::string_view text);

// Letters, digits, '.', '-' and '_' only.
[[nodiscard]] bool is_host_name(std::string_view text);

}  // namespace podswarm::engine
