// Which episodes the files of a folder are, by what their names, their tags, their sizes and durations say. Each clue counts
// for or against; a file is an episode's only where the clues are strong enough and no other episode comes near, and no
// other file claims it. A short title is no clue by itself: songs and films have the same ones. What is left is said, never
// guessed. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace podswarm::scheduler {

struct FoundFile {
  std::filesystem::path path;  // its folders' names are clues too
  std::uint64_t size = 0;
  // Of its tags; empty where it has none.
  std::string title;
  std::string album;
  std::string guid;
  std::string date;  // "2026-11-20", or less of it
  std::optional<std::chrono::seconds> duration;
};

struct KnownItem {
  std::int64_t id = 0;
  std::int64_t feed_id = 0;
  std::vector<std::string> feed_names;      // what it is called here, and its own title
  std::string title;
  std::string guid;
  std::vector<std::chrono::sys_days> days;  // when it was published: in UTC, by the local clock
  std::optional<std::uint64_t> size;        // as the feed claims
  std::optional<std::chrono::seconds> duration;
  std::optional<double> season;
  std::optional<double> episode;
  std::vector<std::string> file_names;  // of its enclosures
};

struct FileMatch {
  enum class Kind { kMatched, kAmbiguous, kUnknown };
  Kind kind = Kind::kUnknown;
  std::int64_t episode_id = 0;           // of kMatched
  std::vector<std::int64_t> candidates;  // of kAmbiguous: episodes, best first
  std::string reason;                    // the clues of the best, or what stands in the way; for a person
};

// In the order of `files`; their order and that of `episodes` make no difference. `show_told`: a person says that the files
// are of the show that the episodes are of.
[[nodiscard]] std::vector<FileMatch> match_files(std::span<const FoundFile> files, std::span<const KnownItem> episodes,
                                                 bool show_told = false);

}  // namespace podswarm::scheduler
