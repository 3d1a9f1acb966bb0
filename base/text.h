// Text helpers that do not depend on the locale. Text is UTF-8 unless said otherwise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace podswarm::base {

// ASCII white space (blank, tab, CR, LF, FF, VT) off both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

// ASCII letters only; other bytes stand.
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

[[nodiscard]] bool is_valid_utf8(std::string_view text);
// Each maximal invalid sequence becomes one `replacement`.
[[nodiscard]] std::string repair_utf8(std::string_view text, std::string_view replacement = "\xEF\xBF\xBD");
// A surrogate or a number past U+10FFFF is written as U+FFFD.
void append_utf8(std::string& out, char32_t code_point);
// The longest prefix of at most `max_bytes` that does not cut a character.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace podswarm::base
