// An episode's chapters: read from the podcast namespace's JSON, and written into the file for players (ID3v2 CHAP and
// CTOC, MP3 alone: https://id3.org/id3v2-chapters-1.0).
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "library/tags.h"

namespace podswarm::library {

struct Chapter {
  std::chrono::milliseconds start{};
  std::chrono::milliseconds end{};  // 0: the next one's start, or the file's end
  std::string title;
  std::string url;
  bool listed = true;  // in the table of contents

  bool operator==(const Chapter&) const = default;
};

// "application/json+chapters", in order of time; empty where it is none, has none or has more than a thousand. What has
// no time is left out, texts are cut to kMaxTagBytes. Pure.
[[nodiscard]] std::vector<Chapter> parse_chapters(std::string_view text);

// Those that an MP3 has; empty for any other file.
[[nodiscard]] std::vector<Chapter> read_chapters(const std::filesystem::path& file);

// Puts a copy of the file with these chapters in its place, under its name and with its time: whoever shares the old one,
// such as a torrent that seeds, keeps it as it was. kMissing: only where it has none. False: there was nothing to do, or
// the file has moved away meanwhile. Blocking; safe against crashes.
base::Result<bool, TagError> embed_chapters(const std::filesystem::path& file, std::vector<Chapter> chapters,
                                            TagMode mode);

}  // namespace podswarm::library
