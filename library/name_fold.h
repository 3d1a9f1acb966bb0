// When two names are one to some file system: letter case and the form of accents (Unicode NFC or NFD) aside. The door to
// utf8proc. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::library {

// Accents and syllables composed (Unicode NFC): one spelling for what looks the same. Text that is no UTF-8 stands.
[[nodiscard]] std::string composed(std::string_view text);

// Equal for names that a file system may take for the same. Text that is no UTF-8 is compared as it is, but for ASCII.
[[nodiscard]] std::string folded(std::string_view name);

}  // namespace podswarm::library
