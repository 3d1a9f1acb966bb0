#include "scheduler/source_choice.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/content_length.h"
#include "feeds/torrent_links.h"

namespace podswarm::scheduler {

namespace {

using feeds::LinkKind;

bool fetchable(LinkKind kind) {
  return kind != LinkKind::kOther;
}

// Pictures, captions and pages come along with media; alone they may be what the feed is about.
bool is_companion(const MediaSource& source) {
  return source.kind == LinkKind::kHttp &&
         (base::istarts_with(source.type, "image/") || base::istarts_with(source.type, "text/"));
}

std::optional<std::uint64_t> believable(LinkKind kind, std::optional<std::uint64_t> said) {
  const auto length = feeds::content_length(kind, said);
  return length && *length > kMostBytes ? std::nullopt : length;
}

void add(std::vector<MediaSource>& sources, MediaSource source) {
  if (source.url.empty() || !fetchable(source.kind)) return;
  source.size = believable(source.kind, source.size);
  const bool known =
      std::any_of(sources.begin(), sources.end(), [&](const MediaSource& other) { return other.url == source.url; });
  if (!known) sources.push_back(std::move(source));
}

// Lower is better. What does not say its size comes last where sizes count.
std::uint64_t rank(const MediaSource& source, config::Prefer prefer) {
  const bool http = source.kind == LinkKind::kHttp;
  switch (prefer) {
    case config::Prefer::kFeedOrder:
      return 0;
    case config::Prefer::kHttp:
      return http ? 0 : 1;
    case config::Prefer::kTorrent:
      return http ? 1 : 0;
    case config::Prefer::kSmallest:
      return source.size ? *source.size : kMostBytes + 1;
    case config::Prefer::kLargest:
      return source.size ? kMostBytes - *source.size : kMostBytes + 1;
  }
  return 0;
}

}  // namespace

db::SourceKind source_kind_of(LinkKind kind) {
  switch (kind) {
    case LinkKind::kTorrent:
      return db::SourceKind::kTorrent;
    case LinkKind::kMagnet:
      return db::SourceKind::kMagnet;
    case LinkKind::kHttp:
    case LinkKind::kOther:
      break;
  }
  return db::SourceKind::kHttp;
}

std::vector<MediaSource> media_sources(const feeds::Item& item, config::Prefer prefer, bool torrents) {
  std::vector<MediaSource> sources;
  for (const auto& enclosure : item.enclosures) {
    add(sources, {enclosure.url, enclosure.kind, enclosure.type, enclosure.length});
  }
  for (const bool is_default : {true, false}) {
    for (const auto& alternate : item.alternate_enclosures) {
      if (alternate.is_default != is_default) continue;
      for (const auto& source : alternate.sources)
        add(sources, {source.uri, source.kind, source.type, alternate.length});
    }
  }
  if (item.torrent) {
    std::string magnet = item.torrent->magnet;
    const bool have_torrent =
        std::any_of(sources.begin(), sources.end(), [](const MediaSource& s) { return s.kind == LinkKind::kTorrent; });
    if (magnet.empty() && !have_torrent && item.torrent->info_hash.size() == 40) {
      magnet = "magnet:?xt=urn:btih:" + item.torrent->info_hash;
    }
    add(sources, {magnet, LinkKind::kMagnet, "", item.torrent->content_length});
  }
  const LinkKind link = feeds::link_kind(item.link, "");
  if (link == LinkKind::kTorrent || link == LinkKind::kMagnet) add(sources, {item.link, link, "", std::nullopt});

  if (sources.empty()) add(sources, {feeds::linked_torrent(item), LinkKind::kTorrent, "", std::nullopt});

  if (item.torrent) {
    const auto length = believable(LinkKind::kMagnet, item.torrent->content_length);
    for (auto& source : sources) {
      if (source.kind == LinkKind::kTorrent && !source.size) source.size = length;
    }
  }

  if (!torrents) std::erase_if(sources, [](const MediaSource& source) { return source.kind != LinkKind::kHttp; });
  const auto media_end = std::stable_partition(sources.begin(), sources.end(),
                                               [](const MediaSource& source) { return !is_companion(source); });
  if (media_end != sources.begin()) sources.erase(media_end, sources.end());

  std::stable_sort(sources.begin(), sources.end(),
                   [&](const MediaSource& a, const MediaSource& b) { return rank(a, prefer) < rank(b, prefer); });
  return sources;
}

}  // namespace podswarm::scheduler
