// An item read back from the normalised JSON that to_json(Item) wrote: how the database keeps what a feed said. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "feeds/document.h"

namespace podswarm::feeds {

// Nothing for text that is no JSON object; a field of a wrong type is left out.
[[nodiscard]] std::optional<Item> item_from_json(std::string_view text);

}  // namespace podswarm::feeds
