// The words of a piece of HTML, for matching. Pure, linear, and forgiving: what is broken is text.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::rules {

// Tags and comments become a blank, scripts and styles vanish, the common entities and numeric references are decoded,
// runs of white space become one blank.
[[nodiscard]] std::string html_text(std::string_view html);

}  // namespace podswarm::rules
