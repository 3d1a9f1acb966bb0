// Bytes of a document to UTF-8. What the bytes themselves say comes before what is declared: a byte order mark, then
// being valid UTF-8, then the HTTP header's charset, then the XML declaration's, then what language and letters make
// likely (charset_guess.h), and windows-1252 at last. Pure (iconv).
#pragma once

#include <string>
#include <string_view>

#include "feeds/repair.h"

namespace podswarm::feeds {

struct DecodedText {
  std::string storage;        // filled where the bytes had to be converted
  std::string_view view;      // the text: into `storage`, or into the bytes given
  std::string note;           // what was done, for a person; "" where the bytes were UTF-8
  Place place;                // of the first bytes that are not, as far as that can be told
  bool has_controls = false;  // there are C0 control characters other than tab and line ends

  DecodedText() = default;
  // `view` may point into `storage`.
  DecodedText(const DecodedText&) = delete;
  DecodedText& operator=(const DecodedText&) = delete;
};

// `content_type` is the HTTP header's value, or "". The view is valid UTF-8 without byte order marks; it lives as long
// as `bytes` and `out` do.
void decode_text(std::string_view bytes, std::string_view content_type, DecodedText& out);

// The charset parameter of a Content-Type value, unquoted; "" if there is none.
[[nodiscard]] std::string_view charset_parameter(std::string_view content_type);

// The encoding that an XML declaration names; "" if there is none. `text` starts at the document's start.
[[nodiscard]] std::string_view declared_encoding(std::string_view text);

// What browsers read in windows-1252: Latin 1, but for printable characters where that has the C1 controls.
[[nodiscard]] char32_t windows_1252_character(unsigned char byte);

}  // namespace podswarm::feeds
