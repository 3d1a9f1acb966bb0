#include "feeds/html_tags.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/html_entities.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxAttributes = 64;       // of one tag; the rest is passed over
constexpr std::size_t kMaxValueBytes = 8 << 10;  // of one decoded value

// Elements whose content is text up to their end tag, whatever stands in it.
constexpr std::array<std::string_view, 8> kRawText = {"script", "style",   "textarea", "title",
                                                      "xmp",    "noembed", "noframes", "iframe"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

}  // namespace

bool HtmlToken::is_start(std::string_view name) const {
  return kind == Kind::kStartTag && base::iequals(text, name);
}

bool HtmlToken::is_end(std::string_view name) const {
  return kind == Kind::kEndTag && base::iequals(text, name);
}

std::string HtmlToken::attribute(std::string_view name) const {
  for (const auto& one : attributes) {
    if (!base::iequals(one.name, name)) continue;
    return std::string(base::trim(decode_references(base::utf8_prefix(one.value, kMaxValueBytes))));
  }
  return {};
}

std::string_view HtmlTags::take(std::size_t size) {
  const auto taken = rest_.substr(0, size);
  rest_.remove_prefix(taken.size());
  return taken;
}

void HtmlTags::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
}

bool HtmlTags::next(HtmlToken& token) {
  token.attributes.clear();
  while (!rest_.empty()) {
    if (rest_.front() != '<') {
      token.kind = HtmlToken::Kind::kText;
      token.text = take(rest_.find('<'));
      return true;
    }
    const char second = rest_.size() > 1 ? rest_[1] : '\0';
    if (is_letter(second)) {
      if (read_start_tag(token)) return true;
    } else if (second == '/' && rest_.size() > 2 && is_letter(rest_[2])) {
      take(2);
      token.kind = HtmlToken::Kind::kEndTag;
      token.text = take(rest_.find_first_of(" \t\n\r\f/>"));
      const auto end = rest_.find('>');
      take(end == std::string_view::npos ? end : end + 1);
      return true;
    } else if (second == '!' || second == '?' || second == '/') {
      skip_declaration();
    } else {
      token.kind = HtmlToken::Kind::kText;
      token.text = take(1);
      return true;
    }
  }
  return false;
}

// A comment, a doctype, or what browsers take for a comment.
void HtmlTags::skip_declaration() {
  if (rest_.starts_with("<!--") && !no_comment_end_) {
    // "<!-->" is a whole comment, so the search begins at its dashes.
    const auto end = rest_.find("-->", 2);
    if (end != std::string_view::npos) {
      take(end + 3);
      return;
    }
    no_comment_end_ = true;
  }
  const auto end = rest_.find('>');
  take(end == std::string_view::npos ? end : end + 1);
}

bool HtmlTags::read_start_tag(HtmlToken& token) {
  take(1);
  token.kind = HtmlToken::Kind::kStartTag;
  token.text = take(rest_.find_first_of(" \t\n\r\f/>"));
  if (!read_attributes(token)) return false;
  skip_raw_text(token.text);
  return true;
}

// Up to and with the '>'. False where the page ends within the tag.
bool HtmlTags::read_attributes(HtmlToken& token) {
  for (;;) {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '/')) rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    if (rest_.front() == '>') {
      take(1);
      return true;
    }
    HtmlAttribute attribute;
    if (!read_attribute(attribute)) return false;
    if (token.attributes.size() < kMaxAttributes) token.attributes.push_back(attribute);
  }
}

bool HtmlTags::read_attribute(HtmlAttribute& attribute) {
  // An equals sign at the start belongs to the name, so that there is always progress.
  attribute.name = take(rest_.find_first_of(" \t\n\r\f/>=", 1));
  skip_blanks();
  if (!rest_.starts_with('=')) return true;
  take(1);
  skip_blanks();
  if (rest_.empty()) return false;
  const char quote = rest_.front();
  if (quote != '"' && quote != '\'') {
    attribute.value = take(rest_.find_first_of(" \t\n\r\f>"));
    return true;
  }
  take(1);
  const auto end = rest_.find(quote);
  attribute.value = take(end);
  take(1);
  return end != std::string_view::npos;
}

// To the element's end tag. Where there is none (XHTML writes <script/>), what follows is read as usual.
void HtmlTags::skip_raw_text(std::string_view element) {
  const auto known = std::find_if(kRawText.begin(), kRawText.end(),
                                  [&](std::string_view name) { return base::iequals(name, element); });
  if (known == kRawText.end()) return;
  bool& no_end = no_raw_end_[static_cast<std::size_t>(known - kRawText.begin())];
  if (no_end) return;
  for (auto at = rest_.find("</"); at != std::string_view::npos; at = rest_.find("</", at + 2)) {
    if (base::istarts_with(rest_.substr(at + 2), *known)) {
      take(at);
      return;
    }
  }
  no_end = true;
}

}  // namespace podswarm::feeds
