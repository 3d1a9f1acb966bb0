// A feed and its items while they are read: every vocabulary offers what it knows, the precedence decides. Use from one
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "feeds/document.h"
#include "feeds/precedence.h"

namespace podswarm::feeds {

using OptionalTime = std::optional<std::chrono::sys_seconds>;

// What the torrent dialects have said so far.
struct TorrentReading {
  TorrentInfo info;
  std::optional<std::uint64_t> peers;  // Torznab's, seeders and leechers together
};

struct ItemBuilder {
  Choice<PlainFrom> guid;
  Choice<TitleFrom> title;
  Choice<LinkFrom> link;
  Choice<DescriptionFrom> description;
  Choice<ContentFrom> content;
  Choice<AuthorFrom> author;
  Choice<ImageFrom> image;
  Choice<DateFrom, OptionalTime> published;
  Choice<DateFrom, OptionalTime> updated;
  Choice<DurationFrom, std::optional<std::uint64_t>> duration;
  Choice<NumberFrom, std::optional<double>> season;
  Choice<NumberFrom, std::optional<double>> episode;
  Choice<PlainFrom> episode_type;
  Choice<PlainFrom> explicit_flag;  // as written
  Choice<PlainFrom, std::optional<Chapters>> chapters;
  TorrentReading torrent;
  Item item;  // the lists

  // Adds an enclosure, or fills in what an earlier one of the same URL lacks. Without a URL it is dropped.
  void add_enclosure(std::string url, std::string type, std::optional<std::uint64_t> length);

  [[nodiscard]] Item finish();
};

struct FeedBuilder {
  Choice<TitleFrom> title;
  Choice<LinkFrom> link;
  Choice<PlainFrom> feed_url;
  Choice<DescriptionFrom> description;
  Choice<LanguageFrom> language;
  Choice<ImageFrom> image;
  Choice<AuthorFrom> author;
  Choice<PlainFrom> explicit_flag;  // as written
  Choice<PlainFrom> type;           // as written
  Choice<PlainFrom> new_feed_url;
  Choice<PlainFrom> next_url;
  Choice<PlainFrom> hub;
  Choice<DateFrom, OptionalTime> published;
  Choice<DateFrom, OptionalTime> updated;
  Choice<PlainFrom> guid;
  Choice<PlainFrom> update_period;       // sy:updatePeriod, as written
  Choice<PlainFrom> update_frequency;    // sy:updateFrequency, as written
  Feed feed;                             // the lists and hints
  std::size_t items_left_out = 0;        // beyond ParseOptions::max_items
  const char* first_left_out = nullptr;  // its name in the tree

  [[nodiscard]] Feed finish();
};

}  // namespace podswarm::feeds
