// What a file from the web is called: names come from Content-Disposition and from URLs, both hostile. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/http_head.h"

namespace podswarm::engine {

inline constexpr std::size_t kMaxFileNameBytes = 200;

// One safe path element: no separators, control characters, hidden or reserved names; at most kMaxFileNameBytes of
// UTF-8 with the extension kept. "" when nothing is left.
[[nodiscard]] std::string safe_file_name(std::string_view raw);

// From the URL alone, before there is an answer. "download" when it has no name.
[[nodiscard]] std::string file_name_from_url(std::string_view url);

// The best of Content-Disposition, the URL asked for, and the URL that answered; with an extension after the
// Content-Type where the name has none. Safe, never empty.
[[nodiscard]] std::string suggested_file_name(const HttpHead& head, std::string_view url);

// "name.mp3", 2 → "name (2).mp3"
[[nodiscard]] std::string numbered_file_name(std::string_view name, unsigned number);

}  // namespace podswarm::engine
