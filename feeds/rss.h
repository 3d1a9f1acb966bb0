// RSS 0.90 to 2.0, RSS 1.0's RDF among them. Pure.
#pragma once

#include "feeds/builders.h"
#include "feeds/xml_element.h"

namespace podswarm::feeds {

// `root` is the rss or rdf:RDF element, entered in the context's scope. Items count below the root and below the
// channel.
void read_rss(const Element& root, FeedBuilder& feed);

// The format that an rss or rdf:RDF element starts.
[[nodiscard]] FeedFormat rss_format(pugi::xml_node root);

}  // namespace podswarm::feeds
