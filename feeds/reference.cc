#include "feeds/reference.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::feeds {

namespace {

using namespace std::literals;

// What no address begins or ends with.
constexpr std::string_view kAround[] = {
    " "sv,      "\t"sv,     "\r"sv,     "\n"sv,     "\""sv,     "<"sv,      ">"sv,
    "\u00A0"sv, "\u200B"sv, "\u200E"sv, "\u200F"sv, "\u2028"sv, "\uFEFF"sv, "\u201C"sv,
    "\u201D"sv, "\u2018"sv, "\u2019"sv, "\u00AB"sv, "\u00BB"sv,
};

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\'';
}

std::string_view without_surroundings(std::string_view text) {
  if (text.empty() || (is_plain(text.front()) && is_plain(text.back()))) return text;
  static constexpr std::string_view kOpen = "<![CDATA[";
  static constexpr std::string_view kClose = "]]>";
  const auto starts = [&](std::string_view what) { return !text.empty() && text.starts_with(what); };
  const auto ends = [&](std::string_view what) { return !text.empty() && text.ends_with(what); };
  for (bool changed = true; changed;) {
    changed = false;
    if (starts(kOpen)) text.remove_prefix(kOpen.size());
    if (ends(kClose)) text.remove_suffix(kClose.size());
    for (const auto what : kAround) {
      if (starts(what)) {
        text.remove_prefix(what.size());
        changed = true;
      }
      if (ends(what)) {
        text.remove_suffix(what.size());
        changed = true;
      }
    }
  }
  // Quotes of the programmer's kind may belong to the address; in pairs they do not.
  while (text.size() > 1 && text.front() == '\'' && text.back() == '\'') text = text.substr(1, text.size() - 2);
  return text;
}

std::string with_ampersands(std::string_view text) {
  static constexpr std::string_view kRest = "amp;";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto behind = std::min(text.find('&'), text.size() - 1) + 1;
    out.append(text.substr(0, behind));
    text.remove_prefix(behind);
    while (out.back() == '&' && text.starts_with(kRest)) text.remove_prefix(kRest.size());
  }
  return out;
}

// The length of "https://" at the start, also with too few or too many slashes, with backslashes or without its first
// letter; 0 where there is nothing like it.
std::size_t web_scheme(std::string_view text) {
  std::size_t at = 0;
  for (const std::string_view name : {"https", "http", "ttps", "ttp"}) {
    if (at == 0 && base::istarts_with(text, name)) at = name.size();
  }
  if (at == 0) return 0;
  const bool colon = at < text.size() && text[at] == ':';
  at += colon ? 1 : 0;
  const std::size_t end = std::min(text.find_first_not_of("/\\", at), text.size());
  const std::size_t slashes = end - at;
  if (colon && slashes == 0) return base::istarts_with(text.substr(end), "http") ? end : 0;  // "https:https://"
  return slashes > (colon ? 0 : 1) ? end : 0;
}

// Of two schemes the inner one was meant: the outer was there before an address was pasted.
void mend_scheme(std::string& text) {
  std::size_t start = 0;
  std::size_t length = web_scheme(text);
  if (length == 0) return;
  while (const std::size_t more = web_scheme(std::string_view(text).substr(start + length))) {
    start += length;
    length = more;
  }
  const std::string_view scheme = std::string_view(text).substr(start, length);
  const bool secure = scheme.find_first_of("sS") != std::string_view::npos;
  text.replace(0, start + length, secure ? "https://" : "http://");
  const std::size_t path_end = std::min(text.find_first_of("?#"), text.size());
  std::replace(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(path_end), '\\', '/');
}

}  // namespace

std::string tidy_reference(std::string_view text) {
  std::string out(without_surroundings(text));
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\t'; });
  // Encoded as a whole, as it stands in another address's query.
  if (base::istarts_with(out, "http%3a%2f%2f") || base::istarts_with(out, "https%3a%2f%2f")) {
    out = base::percent_decode(out);
  }
  if (out.find("&amp;") != std::string::npos) out = with_ampersands(out);
  mend_scheme(out);
  return out;
}

}  // namespace podswarm::feeds
