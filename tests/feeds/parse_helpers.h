// Feeds written in a line or two, for the tests of the parsers.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "feeds/parse.h"

namespace podswarm::feeds {

// Parses or fails the test; a failed parse gives an empty feed.
inline Feed parse_ok(std::string_view text, const ParseOptions& options = {}) {
  auto feed = parse_feed(text, options);
  if (!feed) {
    ADD_FAILURE() << "not parsed: " << feed.error().message;
    return {};
  }
  return std::move(*feed);
}

// An RSS 2.0 feed with the usual namespaces around the channel's content.
inline std::string rss(std::string_view channel) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\""
         " xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\""
         " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:media=\"http://search.yahoo.com/mrss/\""
         " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\""
         " xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\""
         " xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel>" +
         std::string(channel) + "</channel></rss>";
}

// The one item of such a feed.
inline Item rss_item(std::string_view content) {
  Feed feed = parse_ok(rss("<item>" + std::string(content) + "</item>"));
  if (feed.items.size() != 1) {
    ADD_FAILURE() << feed.items.size() << " items";
    return {};
  }
  return std::move(feed.items.front());
}

inline std::string atom(std::string_view content) {
  return "<feed xmlns=\"http://www.w3.org/2005/Atom\">" + std::string(content) + "</feed>";
}

inline Item atom_entry(std::string_view content) {
  Feed feed = parse_ok(atom("<entry>" + std::string(content) + "</entry>"));
  if (feed.items.size() != 1) {
    ADD_FAILURE() << feed.items.size() << " entries";
    return {};
  }
  return std::move(feed.items.front());
}

}  // namespace podswarm::feeds
