// Episodes that are in the library as a podcast feed for players: RSS 2.0 with the iTunes and Podcasting 2.0 namespaces
// and content:encoded. What the publisher said stands, but for where the files are. Pure; whatever text comes in, what
// goes out is well-formed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace podswarm::library {

struct FeedTranscript {
  std::string url;
  std::string type;
  std::string language;
};

// One file of one episode. URLs that are not http or https are left out.
struct FeedEpisode {
  std::string guid;
  std::string title;
  std::string link;
  std::optional<std::chrono::sys_seconds> published;
  std::string description;  // HTML
  std::string content;      // HTML; where it says more than the description
  std::string author;
  std::optional<std::chrono::seconds> duration;
  std::optional<double> season;
  std::optional<double> episode;
  std::string episode_type;  // "full", "trailer", "bonus" or ""
  std::optional<bool> is_explicit;
  std::string image;
  std::vector<std::string> categories;
  std::vector<FeedTranscript> transcripts;
  std::string chapters_url;
  std::string chapters_type;

  std::string media_url;
  std::string media_type;
  std::uint64_t media_size = 0;
};

struct PodcastFeed {
  std::string title;
  std::string link;  // the site; the feed's own address where there is none, as RSS wants a link
  std::string self_url;
  std::string description;
  std::string language;
  std::string author;
  std::string image;
  std::vector<FeedEpisode> episodes;  // as they are to stand: newest first
};

// The text ends the same for the same input: nothing in it tells the time of writing. A guid that stands twice is told
// apart, as players know episodes by it.
[[nodiscard]] std::string write_podcast_feed(const PodcastFeed& feed);

}  // namespace podswarm::library
