// Text with its letter case taken away, the same in every locale (Unicode simple case folding). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace podswarm::rules {

[[nodiscard]] char32_t fold(char32_t code_point);

// Invalid UTF-8 stands as it is, byte by byte.
[[nodiscard]] std::string fold(std::string_view text);

// Where the bytes [begin, end) of fold(text) came from: the same span in `text`. Folding may change lengths.
[[nodiscard]] std::pair<std::size_t, std::size_t> unfolded_span(std::string_view text, std::size_t begin,
                                                                std::size_t end);

// The code point at the start of `text`, which is not empty, and its length in bytes; a byte that starts no valid
// sequence is {its value + 0x110000, 1}, so that it equals nothing but itself.
[[nodiscard]] std::pair<char32_t, std::size_t> first_code_point(std::string_view text);

}  // namespace podswarm::rules
