// Descriptions that Kodi and Jellyfin read beside their files: an episode's <episodedetails>, a feed's <tvshow>. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace podswarm::library {

// What is unknown is left out.
struct EpisodeNfo {
  std::string title;
  std::string show;
  std::string plot;
  std::string aired;  // "2026-11-16"
  std::string author;
  std::string guid;
  std::optional<int> season;
  std::optional<int> episode;
  std::optional<std::chrono::seconds> duration;
};

struct ShowNfo {
  std::string title;
  std::string language;
  std::string link;
  std::string image;  // an address
};

[[nodiscard]] std::string to_nfo(const EpisodeNfo& episode);
[[nodiscard]] std::string to_nfo(const ShowNfo& show);

}  // namespace podswarm::library
