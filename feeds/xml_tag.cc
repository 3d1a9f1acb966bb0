#include "feeds/xml_tag.h"

#include <algorithm>

namespace podswarm::feeds {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (!starts_name(name.front()) || !std::all_of(name.begin(), name.end(), continues_name)) return;
  out += ' ';
  out += name;
  out += "=\"";
  for (const char c : value) {
    if (c == '"') {
      out += "&quot;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  out += '"';
}

// The end of a quoted value that starts behind `open`. A value that holds tags was not closed where it should have
// been: it ends before the tag's own '>'.
std::size_t value_end(std::string_view text, std::size_t open, bool& quoted_end) {
  const auto close = text.find(text[open], open + 1);
  const auto value = text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
  const auto tag_end = value.find('>');
  quoted_end = close != std::string_view::npos;
  if (tag_end == std::string_view::npos) return quoted_end ? close : std::string_view::npos;
  if (quoted_end && value.find("</", tag_end) == std::string_view::npos &&
      value.find("><", tag_end) == std::string_view::npos) {
    return close;
  }
  quoted_end = false;
  const auto end = open + 1 + tag_end;
  return text[end - 1] == '/' && end - 1 > open ? end - 1 : end;
}

}  // namespace

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

TagReading read_start_tag(std::string_view text, StartTag& tag) {
  std::size_t at = 1;
  while (at < text.size() && continues_name(text[at])) ++at;
  tag.name = text.substr(1, at - 1);
  tag.attributes.clear();
  tag.self_closing = false;
  for (;;) {
    at = skip_space(text, at);
    if (at >= text.size()) return TagReading::kTruncated;
    const char c = text[at];
    if (c == '>') {
      tag.length = at + 1;
      return TagReading::kTag;
    }
    if (c == '/') {
      tag.self_closing = at + 1 < text.size() && text[at + 1] == '>';
      ++at;
      continue;
    }
    if (c == '"' || c == '\'') {  // left over from a value
      ++at;
      continue;
    }
    if (!continues_name(c)) return TagReading::kText;
    const std::size_t name_start = at;
    while (at < text.size() && continues_name(text[at])) ++at;
    const auto name = text.substr(name_start, at - name_start);
    const std::size_t equals = skip_space(text, at);
    if (equals >= text.size() || text[equals] != '=') {
      append_attribute(tag.attributes, name, name);
      continue;
    }
    at = skip_space(text, equals + 1);
    if (at >= text.size()) return TagReading::kTruncated;
    if (text[at] == '"' || text[at] == '\'') {
      bool quoted_end = false;
      const auto end = value_end(text, at, quoted_end);
      if (end == std::string_view::npos) return TagReading::kTruncated;
      append_attribute(tag.attributes, name, text.substr(at + 1, end - at - 1));
      at = quoted_end ? end + 1 : end;
    } else {
      const std::size_t start = at;
      while (at < text.size() && !is_space(text[at]) && text[at] != '>' && text[at] != '<' &&
             !(text[at] == '/' && at + 1 < text.size() && text[at + 1] == '>')) {
        ++at;
      }
      append_attribute(tag.attributes, name, text.substr(start, at - start));
    }
  }
}

}  // namespace podswarm::feeds
