// Which of an item's renditions is fetched: the enclosures are all kept, one source is tried at a time. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "db/download_store.h"
#include "feeds/document.h"

namespace podswarm::scheduler {

// A feed's sizes are claims; above this they are not believed.
inline constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;

struct MediaSource {
  std::string url;
  feeds::LinkKind kind = feeds::LinkKind::kHttp;  // kHttp, kTorrent or kMagnet
  std::string type;
  std::optional<std::uint64_t> size;  // of the content; nothing where the feed's word is not to be trusted

  bool operator==(const MediaSource&) const = default;
};

// What can be fetched, best first: enclosures in the feed's order, then the sources of alternate enclosures (the
// default one first), then what the item says of a torrent, then a link that is a .torrent or a magnet, and where there
// is none of all that a .torrent that the text links to. Pictures and text count only where there is nothing else. The
// same URL stands once. Without `torrents` only what HTTP brings.
[[nodiscard]] std::vector<MediaSource> media_sources(const feeds::Item& item, config::Prefer prefer,
                                                     bool torrents = true);

// How the database calls it.
[[nodiscard]] db::SourceKind source_kind_of(feeds::LinkKind kind);

}  // namespace podswarm::scheduler
