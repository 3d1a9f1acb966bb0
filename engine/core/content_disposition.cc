#include "engine/core/content_disposition.h"

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxField = 8192;

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) base::append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::string to_utf8(std::string text) {
  return base::is_valid_utf8(text) ? text : latin1_to_utf8(text);
}

// UTF-8'en'na%C3%AFve.mp3
std::string decode_extended(std::string_view value) {
  const auto first = value.find('\'');
  const auto second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return to_utf8(base::percent_decode(value));
  const std::string_view charset = value.substr(0, first);
  const std::string bytes = base::percent_decode(value.substr(second + 1));
  if (base::iequals(charset, "ISO-8859-1")) return latin1_to_utf8(bytes);
  return to_utf8(bytes);
}

// Takes a quoted string or a bare word off the front of `rest`. A bare word runs to the semicolon: names with blanks
// come unquoted too.
std::string take_value(std::string_view& rest) {
  std::string out;
  if (rest.empty() || rest.front() != '"') {
    const auto end = std::min(rest.find(';'), rest.size());
    out = base::trim(rest.substr(0, end));
    rest.remove_prefix(end);
    return out;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    // Only \" and \\ are escapes in the wild; before anything else the backslash belongs to a path.
    const bool escape = rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    if (escape) ++i;
    out += rest[i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return out;
}

}  // namespace

std::string content_disposition_file_name(std::string_view field) {
  if (field.size() > kMaxField) return {};
  std::string plain, extended;
  std::string_view rest = field;
  while (!rest.empty()) {
    rest = base::trim(rest);
    const auto end = rest.find_first_of("=;");
    if (end == std::string_view::npos) break;
    const std::string_view name = base::trim(rest.substr(0, end));
    const bool has_value = rest[end] == '=';
    rest.remove_prefix(end + 1);
    if (!has_value) continue;
    rest = base::trim(rest);
    std::string value = take_value(rest);
    if (base::iequals(name, "filename*") && extended.empty()) extended = decode_extended(value);
    if (base::iequals(name, "filename") && plain.empty()) plain = to_utf8(std::move(value));
    const auto next = rest.find(';');
    rest.remove_prefix(next == std::string_view::npos ? rest.size() : next + 1);
  }
  return extended.empty() ? plain : extended;
}

}  // namespace podswarm::engine
