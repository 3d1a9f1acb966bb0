// OPML 1 and 2 subscription lists, read and written. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "feeds/parse.h"

namespace podswarm::feeds {

struct OpmlFeed {
  std::string url;
  std::string title;
  std::string link;
  std::vector<std::string> folder;  // the names around it, outermost first
};

struct OpmlList {
  std::string title;
  std::vector<OpmlFeed> feeds;
  // What was left out or mended, for a person. Bounded.
  std::vector<std::string> repairs{};
};

[[nodiscard]] ParseResult<OpmlList> parse_opml(std::string_view bytes, const ParseOptions& options = {});

// OPML 2.0 in UTF-8; feeds of one folder are written in one outline. URLs stand as given: redact them first.
[[nodiscard]] std::string write_opml(const OpmlList& list);

}  // namespace podswarm::feeds
