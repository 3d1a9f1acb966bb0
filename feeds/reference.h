// Addresses as feeds write them, on their way to being URLs. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::feeds {

// Without what surrounds it (blanks, invisible characters, quotes, angle brackets, a CDATA section that is written out)
// or has got into it (line ends, an ampersand that was escaped twice), and with the slashes behind http: and https: set
// right. Absolute or relative, resolved against nothing.
[[nodiscard]] std::string tidy_reference(std::string_view text);

}  // namespace podswarm::feeds
