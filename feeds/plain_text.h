// A publisher's HTML as text for places that show none: tags of files, sidecars. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::feeds {

// Without tags, scripts and comments; references decoded; blanks collapsed; a line for each paragraph, list item and
// break. Text without any tag keeps its lines. Stops soon after `max_bytes`, and cuts there, at a character.
[[nodiscard]] std::string plain_text(std::string_view html, std::size_t max_bytes);

}  // namespace podswarm::feeds
