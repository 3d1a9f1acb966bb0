#include "feeds/torrent_links.h"

#include "feeds/html_entities.h"
#include "feeds/html_tags.h"
#include "feeds/torrent_dialects.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {
constexpr std::size_t kLongestMagnet = 8 * 1024;
constexpr int kMostLooks = 32;
}  // namespace

std::string magnet_in(std::string_view html) {
  static constexpr std::string_view kStart = "magnet:?";
  int looks = kMostLooks;
  for (auto at = html.find(kStart); at != std::string_view::npos && looks-- > 0; at = html.find(kStart, at + 1)) {
    // To the end of the attribute or the word it stands in.
    const auto rest = html.substr(at, kLongestMagnet);
    std::string magnet = decode_references(rest.substr(0, rest.find_first_of(" \t\r\n\"'<>")));
    if (!magnet_info_hash(magnet).empty()) return magnet;
  }
  return {};
}

std::string linked_torrent(const Item& item) {
  for (const auto* text : {&item.content, &item.description}) {
    if (text->find(".torrent") == std::string::npos) continue;
    HtmlTags tags(*text);
    HtmlToken token;
    while (tags.next(token)) {
      if (!token.is_start("a")) continue;
      std::string address = token.attribute("href");
      if (is_http_url(address) && link_kind(address, token.attribute("type")) == LinkKind::kTorrent) return address;
    }
  }
  return {};
}

}  // namespace podswarm::feeds
