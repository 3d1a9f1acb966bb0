// Character references as browsers read them: HTML's names, decimal and hexadecimal numbers (HTML 5 §13.2.5.72). Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::feeds {

// The UTF-8 text of the reference at the start of `text` ("&eacute;…"), appended to `out`. Returns how many bytes of
// `text` it took; 0 if there is no reference that ends in a semicolon, then `out` is untouched. Numbers 128 to 159 are
// windows-1252's; those of no character become U+FFFD; control characters vanish.
std::size_t decode_reference(std::string_view text, std::string& out);

// All references in `text` decoded once; an & that starts none stands.
[[nodiscard]] std::string decode_references(std::string_view text);

// The UTF-8 text of a named reference without & and ;, case sensitive; "" if there is none of that name.
[[nodiscard]] std::string named_entity(std::string_view name);

}  // namespace podswarm::feeds
