#include "feeds/reference.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

using namespace std::literals;

// Blanks, and marks that nobody sees.
constexpr std::string_view kBlanks[] = {
    " "sv, "\t"sv, "\r"sv, "\n"sv, "\u00A0"sv, "\u200B"sv, "\u200E"sv, "\u200F"sv, "\u2028"sv, "\u2029"sv, "\uFEFF"sv,
};

struct Wrapper {
  std::string_view open;
  std::string_view close;
};
constexpr Wrapper kWrappers[] = {
    {"<![CDATA[", "]]>"}, {"\"", "\""}, {"'", "'"}, {"<", ">"}, {"\u201C", "\u201D"},
};
// Nobody wraps an address more often.
constexpr int kMaxWrappers = 4;

std::string_view trimmed(std::string_view text) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto blank : kBlanks) {
      if (text.starts_with(blank)) {
        text.remove_prefix(blank.size());
        changed = true;
      }
      if (text.ends_with(blank)) {
        text.remove_suffix(blank.size());
        changed = true;
      }
    }
  }
  return text;
}

// The absolute address within what surrounds it. Anything else may be meant as it stands: a relative reference can
// begin with a quote.
std::string_view unwrapped(std::string_view text) {
  std::string_view inner = text;
  for (int i = 0; i < kMaxWrappers; ++i) {
    const auto* wrapper = std::find_if(std::begin(kWrappers), std::end(kWrappers), [&](const Wrapper& w) {
      return inner.size() >= w.open.size() + w.close.size() && inner.starts_with(w.open) && inner.ends_with(w.close);
    });
    if (wrapper == std::end(kWrappers)) break;
    inner.remove_prefix(wrapper->open.size());
    inner.remove_suffix(wrapper->close.size());
    inner = trimmed(inner);
  }
  return is_http_url(inner) || is_magnet(inner) ? inner : text;
}

}  // namespace

std::string tidy_reference(std::string_view text) {
  std::string out(unwrapped(trimmed(text)));
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\t'; });
  return out;
}

}  // namespace podswarm::feeds
