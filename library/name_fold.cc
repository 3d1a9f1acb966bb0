#include "library/name_fold.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "base/text.h"

namespace podswarm::library {

namespace {

// Nothing where the text is no UTF-8.
std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> mapped(std::string_view text, int options, std::size_t& size) {
  utf8proc_uint8_t* out = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &out, static_cast<utf8proc_option_t>(options));
  size = length < 0 ? 0 : static_cast<std::size_t>(length);
  return {length < 0 ? nullptr : out, &std::free};
}

std::string text_of(const utf8proc_uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string composed(std::string_view text) {
  std::size_t size = 0;
  const auto out = mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE, size);
  return out ? text_of(out.get(), size) : std::string(text);
}

std::string folded(std::string_view name) {
  std::size_t size = 0;
  const auto out = mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, size);
  return out ? text_of(out.get(), size) : base::ascii_lower(name);
}

}  // namespace podswarm::library
