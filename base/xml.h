// Text as XML 1.0 (§2.2, §2.4, §3.3.3) wants it written. There is no text that these cannot write: what XML has no
// place for (control characters, U+FFFE and U+FFFF) is left out, invalid UTF-8 becomes U+FFFD. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::base {

// As the content of an element.
void append_xml_text(std::string& out, std::string_view text);
// As the value of an attribute, between double quotes; line ends and tabs survive.
void append_xml_attribute(std::string& out, std::string_view text);

}  // namespace podswarm::base
