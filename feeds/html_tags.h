// The tags of an HTML page, as far as links are read from them (HTML 5 §13.2.5, simplified): start tags with their
// attributes, end tags, and the text between. Comments, scripts and other raw text are passed over. Linear in the size
// of the page, whatever it holds. Pure; views point into the page.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

struct HtmlAttribute {
  std::string_view name;
  std::string_view value;  // raw: character references stand
};

struct HtmlToken {
  enum class Kind { kStartTag, kEndTag, kText };
  Kind kind = Kind::kText;
  std::string_view text;  // a tag's name, or text as it stands
  std::vector<HtmlAttribute> attributes;

  [[nodiscard]] bool is_start(std::string_view name) const;
  [[nodiscard]] bool is_end(std::string_view name) const;
  // The first attribute of that name, trimmed, with its character references decoded; "" if there is none.
  [[nodiscard]] std::string attribute(std::string_view name) const;
};

class HtmlTags {
 public:
  explicit HtmlTags(std::string_view page) : rest_(page) {}

  // The next token into `token`; false at the end.
  bool next(HtmlToken& token);

 private:
  void skip_declaration();
  bool read_start_tag(HtmlToken& token);
  bool read_attributes(HtmlToken& token);
  bool read_attribute(HtmlAttribute& attribute);
  void skip_blanks();
  void skip_raw_text(std::string_view element);
  std::string_view take(std::size_t size);

  std::string_view rest_;
  bool no_comment_end_ = false;       // no --> in what is left
  std::array<bool, 8> no_raw_end_{};  // by raw text element: no end tag in what is left
};

}  // namespace podswarm::feeds
