#include "feeds/plain_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "feeds/html_entities.h"
#include "feeds/html_tags.h"

namespace podswarm::feeds {

namespace {

constexpr std::array<std::string_view, 14> kLineElements = {"p",  "br", "div", "li", "ul", "ol",         "tr",
                                                            "h1", "h2", "h3",  "h4", "h5", "blockquote", "hr"};

bool ends_line(const HtmlToken& token) {
  return token.kind != HtmlToken::Kind::kText &&
         std::any_of(kLineElements.begin(), kLineElements.end(),
                     [&](std::string_view name) { return base::iequals(token.text, name); });
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

// Appends `text` with its blanks collapsed; where `keep_lines`, line ends stand.
void append(std::string& out, std::string_view text, bool keep_lines) {
  for (const char c : text) {
    if (c == '\n' && keep_lines) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (!out.empty() && !out.ends_with("\n\n")) out += '\n';
    } else if (is_blank(c)) {
      if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string plain_text(std::string_view html, std::size_t max_bytes) {
  const bool has_tags = html.find('<') != std::string_view::npos;
  std::string out;
  HtmlTags tags(html);
  HtmlToken token;
  while (out.size() < max_bytes && tags.next(token)) {
    if (token.kind == HtmlToken::Kind::kText) {
      append(out, decode_references(token.text), !has_tags);
    } else if (ends_line(token)) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (!out.empty() && out.back() != '\n') out += '\n';
    }
  }
  return std::string(base::trim(base::utf8_prefix(base::trim(out), max_bytes)));
}

}  // namespace podswarm::feeds
