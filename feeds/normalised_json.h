// Documents as normalised JSON, what `podswarm parse --json` prints (docs/parse.md).
#pragma once

#include <boost/json/object.hpp>

#include "feeds/document.h"
#include "feeds/opml.h"

namespace podswarm::feeds {

[[nodiscard]] boost::json::object to_json(const Feed& feed);
[[nodiscard]] boost::json::object to_json(const Item& item);
[[nodiscard]] boost::json::object to_json(const OpmlList& list);

}  // namespace podswarm::feeds
