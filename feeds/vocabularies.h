// The modules that extend feeds, a reader each: iTunes, podcast 2.0, Podlove, Media RSS, Dublin Core, content and syndication,
// Atom's elements in RSS, and the dialects of torrent feeds. Each takes a child element of the feed or of an item that
// is of its vocabulary, and offers what it says to the builder; what it does not know it passes over. Pure.
#pragma once

#include <string_view>

#include "feeds/builders.h"
#include "feeds/xml_element.h"

namespace podswarm::feeds {

// http://www.itunes.com/dtds/podcast-1.0.dtd
void read_itunes(const Element& element, std::string_view local, FeedBuilder& feed);
void read_itunes(const Element& element, std::string_view local, ItemBuilder& item);

// https://podcastindex.org/namespace/1.0
void read_podcast(const Element& element, std::string_view local, FeedBuilder& feed);
void read_podcast(const Element& element, std::string_view local, ItemBuilder& item);

// http://podlove.org/simple-chapters, 1.2: chapters that stand in the feed itself
void read_podlove(const Element& element, std::string_view local, ItemBuilder& item);

// Media RSS 1.5.1
void read_media(const Element& element, std::string_view local, FeedBuilder& feed);
void read_media(const Element& element, std::string_view local, ItemBuilder& item);

// Dublin Core 1.1 and its terms (dcterms).
void read_dublin_core(const Element& element, std::string_view local, FeedBuilder& feed);
void read_dublin_core(const Element& element, std::string_view local, ItemBuilder& item);
void read_dc_terms(const Element& element, std::string_view local, FeedBuilder& feed);
void read_dc_terms(const Element& element, std::string_view local, ItemBuilder& item);

// RSS 1.0's syndication module.
void read_syndication(const Element& element, std::string_view local, FeedBuilder& feed);

// Atom's elements, as the format's own or within RSS (`as_module`).
void read_atom(const Element& element, std::string_view local, FeedBuilder& feed, bool as_module);
void read_atom(const Element& element, std::string_view local, ItemBuilder& item, bool as_module);

// RSS 1.0's enclosures (mod_enclosure): the address is rdf:resource.
void read_enclosure_module(const Element& element, std::string_view local, ItemBuilder& item);

// Google Play's copies of iTunes' elements: they count where there is nothing else.
void read_google_play(const Element& element, std::string_view local, FeedBuilder& feed);
void read_google_play(const Element& element, std::string_view local, ItemBuilder& item);

// Hands a child of the feed or of an item to the reader of its vocabulary; false if that is the format's own or none.
bool read_module(const Element& element, const Name& name, FeedBuilder& feed);
bool read_module(const Element& element, const Name& name, ItemBuilder& item);

// A text of Atom (RFC 4287 §3.1, Atom 0.3's mode): HTML, whichever way it is written.
[[nodiscard]] std::string atom_text(const Element& element);

// itunes:image: the href attribute (or, mistaken, url), else the text, else a url child.
[[nodiscard]] std::string image_url(const Element& element);

}  // namespace podswarm::feeds
