// Bytes to a Feed document: RSS 0.90–2.0, Atom 0.3 and 1.0, JSON Feed. Forgiving: a broken document of which something
// can be read is read. Pure: nothing is fetched, no state, safe from any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "feeds/document.h"

namespace podswarm::feeds {

enum class ParseError {
  kEmpty,
  kNotAFeed,  // HTML, plain text, some other XML: the message says what it looks like
  kTooLarge,
  kBroken,  // a feed by its root, but nothing could be read
};

template <class T>
using ParseResult = base::Result<T, ParseError>;

struct ParseOptions {
  std::string_view base_url;      // the document's own URL, after redirects; may be empty
  std::string_view content_type;  // the HTTP header's value; its charset counts where the bytes leave doubt
  std::size_t max_bytes = 64u << 20;
  std::size_t max_items = 20'000;
  std::size_t max_depth = 256;
  std::size_t max_text_bytes = 1u << 20;  // of one field; the rest is cut off
};

[[nodiscard]] ParseResult<Feed> parse_feed(std::string_view bytes, const ParseOptions& options = {});

}  // namespace podswarm::feeds
