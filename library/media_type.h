// What a media file is, from its first bytes, its declared type, its URL; and the extension that goes with it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace podswarm::library {

inline constexpr std::size_t kSniffBytes = 512;

// The extension ("mp3", "m4a", "mkv"...) that the first kSniffBytes give away, "" where they tell nothing.
[[nodiscard]] std::string sniff_extension(base::ByteView head);
// For a MIME type, parameters ignored; "" for unknown ones and application/octet-stream.
[[nodiscard]] std::string extension_of_type(std::string_view mime_type);
// Of a URL's or file's name, in lower case; "" where it has none or is no media file's.
[[nodiscard]] std::string extension_of_name(std::string_view url_or_name);

// The bytes over the declaration over the name. An MP4 container that was declared or named as audio is "m4a"
// (or "m4b"). "bin" where nothing tells.
[[nodiscard]] std::string choose_extension(base::ByteView head, std::string_view mime_type,
                                           std::string_view url_or_name);

// For serving files back: "audio/mpeg" for "mp3"; application/octet-stream where unknown.
[[nodiscard]] std::string_view type_of_extension(std::string_view extension);

}  // namespace podswarm::library
