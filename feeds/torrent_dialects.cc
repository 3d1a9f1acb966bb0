#include "feeds/torrent_dialects.h"

#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "base/units.h"
#include "feeds/torrent_links.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

void set_hash(TorrentInfo& torrent, std::string_view text) {
  if (torrent.info_hash.empty()) torrent.info_hash = normal_info_hash(text);
}

void set_magnet(TorrentInfo& torrent, std::string_view text) {
  text = base::trim(text);
  if (torrent.magnet.empty() && is_magnet(text)) torrent.magnet = text;
}

void set_count(std::optional<std::uint64_t>& field, std::optional<std::uint64_t> value) {
  if (!field) field = value;
}

// The elements of ezRSS and BEP 36.
bool read_field(const Element& element, std::string_view local, TorrentInfo& torrent) {
  if (local == "infohash") {
    set_hash(torrent, element.text());
  } else if (local == "magneturi" || local == "magneturl" || local == "magnet") {
    set_magnet(torrent, element.text());
  } else if (local == "contentlength") {
    set_count(torrent.content_length, parse_size(element.text()));
  } else if (local == "seeds") {
    set_count(torrent.seeders, parse_count(element.text()));
  } else if (local == "leechs") {
    set_count(torrent.leechers, parse_count(element.text()));
  } else if (local == "filename") {
    if (torrent.filename.empty()) torrent.filename = element.text();
  } else {
    return false;
  }
  return true;
}

void read_torrent_element(const Element& element, TorrentInfo& torrent) {
  element.each_child([&](const Element& child) { read_field(child, child.name().local(), torrent); });
}

void read_torznab(const Element& element, TorrentReading& reading) {
  TorrentInfo& torrent = reading.info;
  const std::string name = base::ascii_lower(element.attribute("name"));
  const std::string value = element.attribute("value");
  if (name == "infohash") {
    set_hash(torrent, value);
  } else if (name == "magneturl") {
    set_magnet(torrent, value);
  } else if (name == "size") {
    set_count(torrent.content_length, parse_size(value));
  } else if (name == "seeders") {
    set_count(torrent.seeders, parse_count(value));
  } else if (name == "peers") {
    set_count(reading.peers, parse_count(value));
  }
}

}  // namespace

std::string normal_info_hash(std::string_view text) {
  text = base::trim(text);
  if (text.size() == 40 || text.size() == 64) {
    return base::from_hex(text) ? base::ascii_lower(text) : std::string{};
  }
  if (text.size() == 32) {
    if (const auto bytes = base::from_base32(text); bytes && bytes->size() == 20) return base::to_hex(*bytes);
  }
  return {};
}

std::string magnet_info_hash(std::string_view magnet) {
  const auto query = magnet.find('?');
  if (!is_magnet(magnet) || query == std::string_view::npos) return {};
  std::string v2;
  std::string_view rest = magnet.substr(query + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto parameter = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = parameter.find('=');
    // xt, or xt.1 where there are several.
    if (equals == std::string_view::npos || parameter.size() > 400 || !base::istarts_with(parameter, "xt")) continue;
    const std::string value = base::percent_decode(parameter.substr(equals + 1));
    static constexpr std::string_view kV1 = "urn:btih:";
    static constexpr std::string_view kV2 = "urn:btmh:1220";
    if (base::istarts_with(value, kV1)) {
      if (std::string hash = normal_info_hash(std::string_view(value).substr(kV1.size())); hash.size() == 40)
        return hash;
    } else if (base::istarts_with(value, kV2) && v2.empty()) {
      v2 = normal_info_hash(std::string_view(value).substr(kV2.size()));
      if (v2.size() != 64) v2.clear();
    }
  }
  return v2;
}

bool read_bare_torrent_element(const Element& element, std::string_view local, TorrentReading& reading) {
  TorrentInfo& torrent = reading.info;
  if (local == "torrent") {
    if (element.has_child_elements()) read_torrent_element(element, torrent);
    return true;
  }
  return read_field(element, local, torrent);
}

void read_torrent_dialect(const Element& element, const Name& name, TorrentReading& reading) {
  TorrentInfo& torrent = reading.info;
  const auto local = name.local();
  switch (name.vocabulary()) {
    case Vocabulary::kTorrent:
      if (local == "torrent") {
        read_torrent_element(element, torrent);
      } else {
        read_field(element, local, torrent);
      }
      return;
    case Vocabulary::kTorznab:
      if (local == "attr") read_torznab(element, reading);
      return;
    case Vocabulary::kNyaa:
      if (local == "infohash") {
        set_hash(torrent, element.text());
      } else if (local == "size") {
        set_count(torrent.content_length, base::parse_bytes(element.text()));
      } else if (local == "seeders") {
        set_count(torrent.seeders, parse_count(element.text()));
      } else if (local == "leechers") {
        set_count(torrent.leechers, parse_count(element.text()));
      }
      return;
    case Vocabulary::kShowRss:
      if (local == "info_hash") set_hash(torrent, element.text());
      return;
    default:
      return;
  }
}

std::optional<TorrentInfo> finish_torrent(TorrentReading reading, const Item& item) {
  TorrentInfo torrent = std::move(reading.info);
  if (reading.peers && !torrent.leechers) {
    const std::uint64_t seeders = torrent.seeders.value_or(0);
    torrent.leechers = *reading.peers > seeders ? *reading.peers - seeders : 0;
  }
  if (torrent.magnet.empty()) {
    for (const auto& enclosure : item.enclosures) set_magnet(torrent, enclosure.url);
    set_magnet(torrent, item.link);
    set_magnet(torrent, item.guid);
  }
  const bool has_nothing = item.enclosures.empty() && item.alternate_enclosures.empty() && torrent.info_hash.empty();
  if (torrent.magnet.empty() && has_nothing) {
    for (const auto* text : {&item.content, &item.description}) {
      if (torrent.magnet.empty()) torrent.magnet = magnet_in(*text);
    }
  }
  set_hash(torrent, magnet_info_hash(torrent.magnet));
  if (torrent.info_hash.empty() && torrent.magnet.empty() && !torrent.content_length && !torrent.seeders &&
      !torrent.leechers && torrent.filename.empty()) {
    return std::nullopt;
  }
  return torrent;
}

}  // namespace podswarm::feeds
