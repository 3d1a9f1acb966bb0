// Atom 1.0 (RFC 4287, with RFC 5005's paging and WebSub's hub) and Atom 0.3. Pure.
#pragma once

#include "feeds/builders.h"
#include "feeds/xml_element.h"

namespace podswarm::feeds {

// `root` is the feed element, entered in the context's scope.
void read_atom_feed(const Element& root, FeedBuilder& feed);

}  // namespace podswarm::feeds
