// Which of the charsets from before Unicode a document is in that does not say so: by the language that it names, else
// by how its letters lie. Pure; linear in time.
#pragma once

#include <string_view>

namespace podswarm::feeds {

// `bytes` are not UTF-8 throughout. The charset's name as iconv knows it; "" where nothing speaks for another one than
// windows-1252.
[[nodiscard]] std::string_view likely_charset(std::string_view bytes);

}  // namespace podswarm::feeds
