// Makes well-formed XML of what only looks like it: tags that do not match, stray < and </x>, attributes without
// quotes, CDATA sections and documents that end too soon. Meant for documents that an XML parser has refused: it knows
// feeds and subscription lists, and may take liberties with other XML. Pure, linear in time, no recursion.
#pragma once

#include <string>
#include <string_view>

#include "feeds/repair.h"

namespace podswarm::feeds {

// Elements nested deeper than `max_depth` lose their tags. An item that the end of the text leaves open is dropped.
// `start` is where the text stands in its document.
[[nodiscard]] std::string repair_xml(std::string_view text, std::size_t max_depth, RepairNotes& notes,
                                     Place start = {1, 1});

}  // namespace podswarm::feeds
