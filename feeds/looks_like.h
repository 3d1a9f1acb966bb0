// What a document that is no feed looks like, for the message that refuses it. Pure.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace podswarm::feeds {

// "an HTML page", "a PNG image", "XML with the root <note>". `bytes` as they came; `root` is the first element, or
// null.
[[nodiscard]] std::string looks_like(std::string_view bytes, pugi::xml_node root);

}  // namespace podswarm::feeds
