// JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/). Pure.
#pragma once

#include <string_view>

#include "feeds/parse.h"
#include "feeds/repair.h"

namespace podswarm::feeds {

// `text` is UTF-8 and looks like a JSON object; `start` is where it stands in its document. A document that breaks off
// is read up to its last whole item.
[[nodiscard]] ParseResult<Feed> parse_json_feed(std::string_view text, const ParseOptions& options,
                                                Place start = {1, 1});

}  // namespace podswarm::feeds
