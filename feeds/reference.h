// Addresses as feeds write them, on their way to being URLs. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::feeds {

// Without the blanks and invisible characters around it and the line ends within, and, of an absolute address, without
// the quotes, angle brackets or written-out CDATA section around it: what no reference can mean otherwise. All else
// stands as it is, percent encoding included.
[[nodiscard]] std::string tidy_reference(std::string_view text);

}  // namespace podswarm::feeds
