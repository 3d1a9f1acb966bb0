#include "base/xml.h"

#include "base/text.h"

namespace podswarm::base {

namespace {

// U+FFFE and U+FFFF, which are no characters.
bool is_noncharacter(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

void append(std::string& out, std::string_view text, bool attribute) {
  if (!is_valid_utf8(text)) {
    append(out, repair_utf8(text), attribute);
    return;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':  // a parser would make a line feed of it
        out += "&#13;";
        break;
      case '\n':
        out += attribute ? "&#10;" : "\n";
        break;
      case '\t':
        out += attribute ? "&#9;" : "\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) break;
        if (is_noncharacter(text.substr(i))) {
          i += 2;
          break;
        }
        out += c;
    }
  }
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  append(out, text, false);
}

void append_xml_attribute(std::string& out, std::string_view text) {
  append(out, text, true);
}

}  // namespace podswarm::base
