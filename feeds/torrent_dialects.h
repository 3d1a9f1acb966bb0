// What feeds say of BitTorrent downloads: ezRSS's torrent element (BEP 36) with or without its namespace, Torznab's and
// newznab's attributes, nyaa's and showRSS's elements, magnet links (BEP 9). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "feeds/builders.h"
#include "feeds/xml_element.h"

namespace podswarm::feeds {

// A child of an item that is of one of the torrent vocabularies. Fields that are known already stand.
void read_torrent_dialect(const Element& element, const Name& name, TorrentReading& torrent);

// An element of the item without namespace that is one of BEP 36's; false if it is none.
bool read_bare_torrent_element(const Element& element, std::string_view local, TorrentReading& torrent);

// Completes it from magnet links in the item's enclosures, link and guid, and where the item has nothing else to fetch
// in its texts; nothing where nobody spoke of a torrent.
[[nodiscard]] std::optional<TorrentInfo> finish_torrent(TorrentReading torrent, const Item& item);

// 40 or 64 hexadecimal digits or 32 of base32, as lower-case hexadecimal; "" for anything else.
[[nodiscard]] std::string normal_info_hash(std::string_view text);

// The info-hash that a magnet link names (xt=urn:btih:, else urn:btmh:1220), in lower-case hexadecimal; "" if none.
[[nodiscard]] std::string magnet_info_hash(std::string_view magnet);

}  // namespace podswarm::feeds
