// Which episode an item is, so that a feed polled twice adds nothing: guid, else the canonical enclosure URL or the
// info-hash, else the link, else title and day. The scope of an identity is one feed. Pure.
#pragma once

#include <string>

#include "feeds/document.h"

namespace podswarm::scheduler {

// "guid:…", "btih:…", "url:…", "link:…" or "title:…"; "" for an item that says nothing at all.
[[nodiscard]] std::string identity_of(const feeds::Item& item);

}  // namespace podswarm::scheduler
