// From what a person has at hand to a feed's address: the feeds that a web page names (RSS and Atom autodiscovery,
// <link rel="alternate">; else links to feeds in its text), and addresses in the schemes that podcast programs
// register (feed:, itpc:, pcast: ...). Pure; linear in the size of the page; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

struct DiscoveredFeed {
  std::string url;    // absolute, http or https
  std::string title;  // as the page calls it; may be empty
  std::string type;   // MIME type as declared, lower case; may be empty
};

struct DiscoveryOptions {
  std::string_view base_url;      // the page's own URL, after redirects
  std::string_view content_type;  // the HTTP header's value
};

// The different feeds that the page names, in its order, at most 64. Left out: the page itself, feeds of comments where
// there are others, and a feed in a second format (RSS and Atom under one title). Links in the text count only where
// no <link> names a feed. Empty where `page` is no HTML.
[[nodiscard]] std::vector<DiscoveredFeed> discover_feeds(std::string_view page, const DiscoveryOptions& options);

// "feed:https://a.example/f", "itpc://a.example/f", "pcast:a.example/f" and the like as http or https; any other text
// trimmed, as it is.
[[nodiscard]] std::string feed_address(std::string_view text);

// "“News” https://a.example/news, https://a.example/other": for a message, a dozen at most, no secrets.
[[nodiscard]] std::string describe_choices(const std::vector<DiscoveredFeed>& choices);

}  // namespace podswarm::feeds
