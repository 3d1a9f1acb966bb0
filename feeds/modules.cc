#include "feeds/torrent_dialects.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

bool read_module(const Element& element, const Name& name, FeedBuilder& feed) {
  switch (name.vocabulary()) {
    case Vocabulary::kItunes:
      read_itunes(element, name.local(), feed);
      return true;
    case Vocabulary::kPodcast:
      read_podcast(element, name.local(), feed);
      return true;
    case Vocabulary::kMedia:
      read_media(element, name.local(), feed);
      return true;
    case Vocabulary::kDublinCore:
      read_dublin_core(element, name.local(), feed);
      return true;
    case Vocabulary::kDcTerms:
      read_dc_terms(element, name.local(), feed);
      return true;
    case Vocabulary::kSyndication:
      read_syndication(element, name.local(), feed);
      return true;
    case Vocabulary::kGooglePlay:
      read_google_play(element, name.local(), feed);
      return true;
    case Vocabulary::kAtom:
      read_atom(element, name.local(), feed, true);
      return true;
    default:
      return false;
  }
}

bool read_module(const Element& element, const Name& name, ItemBuilder& item) {
  switch (name.vocabulary()) {
    case Vocabulary::kItunes:
      read_itunes(element, name.local(), item);
      return true;
    case Vocabulary::kPodcast:
      read_podcast(element, name.local(), item);
      return true;
    case Vocabulary::kPodlove:
      read_podlove(element, name.local(), item);
      return true;
    case Vocabulary::kMedia:
      read_media(element, name.local(), item);
      return true;
    case Vocabulary::kDublinCore:
      read_dublin_core(element, name.local(), item);
      return true;
    case Vocabulary::kDcTerms:
      read_dc_terms(element, name.local(), item);
      return true;
    case Vocabulary::kContent:
      if (name.local() == "encoded" && item.content.wants(ContentFrom::kEncoded)) {
        item.content.offer(ContentFrom::kEncoded, element.html());
      }
      return true;
    case Vocabulary::kXhtml:
      if (name.local() == "body") item.content.offer(ContentFrom::kBody, element.inner_markup());
      return true;
    case Vocabulary::kEnclosure:
      read_enclosure_module(element, name.local(), item);
      return true;
    case Vocabulary::kGooglePlay:
      read_google_play(element, name.local(), item);
      return true;
    case Vocabulary::kTorrent:
    case Vocabulary::kTorznab:
    case Vocabulary::kNyaa:
    case Vocabulary::kShowRss:
      read_torrent_dialect(element, name, item.torrent);
      return true;
    case Vocabulary::kAtom:
      read_atom(element, name.local(), item, true);
      return true;
    default:
      return false;
  }
}

}  // namespace podswarm::feeds
