// Names from a torrent, made fit to be shown and to be put on disk. Hostile ones are the rule: "..", separators,
// control and bidirectional characters, bytes that are not UTF-8, names reserved by Windows, overlong ones. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace podswarm::engine {

inline constexpr std::size_t kMaxNameBytes = 240;

// One element as it is shown: '/', '\' and invisible formatting characters are dropped, control characters and bytes
// that are not UTF-8 become '_'. "" when nothing or ".." or "." is left.
[[nodiscard]] std::string clean_element(std::string_view element);

// An element that was cleaned, as it stands on disk on every system: nothing that Windows reserves, no blank or dot at
// the end, at most `max_bytes` with the extension kept. Never empty.
[[nodiscard]] std::string disk_element(std::string_view cleaned, std::size_t max_bytes = kMaxNameBytes);

// The same name with a number before the extension: "bar.txt", 1 → "bar.1.txt".
[[nodiscard]] std::string numbered(std::string_view name, unsigned number, std::size_t max_bytes = kMaxNameBytes);

}  // namespace podswarm::engine
