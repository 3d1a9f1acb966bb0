// Torrents that an item's texts link to, where it names them nowhere else. Pure; linear in the size of the texts.
#pragma once

#include <string>
#include <string_view>

#include "feeds/document.h"

namespace podswarm::feeds {

// The first usable magnet link in a text, as an attribute or a word; "" if there is none.
[[nodiscard]] std::string magnet_in(std::string_view html);

// The address of the first .torrent that the item's texts link to; "" if there is none.
[[nodiscard]] std::string linked_torrent(const Item& item);

}  // namespace podswarm::feeds
