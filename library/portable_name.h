// File names that every file system takes and that cannot lie about themselves. Pure.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace podswarm::library {

inline constexpr std::size_t kMaxComponentBytes = 200;

// One name of a path from any text: invalid UTF-8 mended; accents composed (NFC); separators, `<>:"|?*` and control characters replaced;
// bidirectional and invisible characters taken out; blanks collapsed; no leading dot, no trailing dot or blank; not a
// name that Windows reserves; at most `max_bytes` of UTF-8, cut before the extension. `fallback` where nothing is left.
[[nodiscard]] std::string portable_component(std::string_view text, std::string_view fallback = "untitled",
                                             std::size_t max_bytes = kMaxComponentBytes);

// A relative path from text with '/' between its names: each made portable; empty ones, "." and ".." dropped. So it
// never leaves the folder that it is appended to. `fallback` where nothing is left.
[[nodiscard]] std::filesystem::path portable_path(std::string_view text, std::string_view fallback = "untitled");

// "name (tag).ext" within the same limit of bytes.
[[nodiscard]] std::string with_tag(std::string_view name, std::string_view tag,
                                   std::size_t max_bytes = kMaxComponentBytes);

// Where the extension (with its dot) begins: at most 10 letters and digits after the last dot; else text.size().
[[nodiscard]] std::size_t extension_offset(std::string_view name);

}  // namespace podswarm::library
