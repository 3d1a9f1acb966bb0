// What a media file says of itself: ID3v2 in MP3, the item list in MP4, comments in Ogg Vorbis, Ogg Opus, Ogg FLAC and
// FLAC. The door to TagLib. What a file is, its bytes tell, never its name: a tag in the wrong place breaks a file.
//
// Blocking, any thread, one at a time for one file. Writing is in place and not safe against a crash: the caller writes
// into a copy that it renames (tagged_copy.h).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace podswarm::library {

enum class TagError {
  kUnsupported,  // none of the formats above, or no sound in it
  kIo,
};

// "" and nothing where the file does not say, or has no place for it.
struct Tags {
  std::string title;
  std::string album;  // the podcast
  std::string artist;
  std::string genre;
  std::string date;  // "2026-11-20", or less of it
  std::string comment;
  std::string guid;                              // ID3 TGID, MP4 egid
  std::string feed_url;                          // ID3 WFED, MP4 purl
  std::optional<int> track;                      // the episode's number
  std::optional<int> disc;                       // the season's
  bool podcast = false;                          // ID3 and MP4 pcst: players file it under podcasts
  std::optional<std::chrono::seconds> duration;  // of the sound; read only

  bool operator==(const Tags&) const = default;
};

// A JPEG, PNG or, but for MP4, WebP image, whole; anything else is not written.
using Cover = std::string;

enum class TagMode {
  kMissing,    // fills in what the file does not say
  kOverwrite,  // what is given here replaces what the file says; the rest stays
};

[[nodiscard]] base::Result<Tags, TagError> read_tags(const std::filesystem::path& file);

// Whether write_tags() would change anything. Leaves the file alone.
[[nodiscard]] base::Result<bool, TagError> lacks_tags(const std::filesystem::path& file, const Tags& tags, TagMode mode,
                                                      const Cover& cover = {});
// False, and the file untouched, where there was nothing to change. The old tag's version and what it says besides
// stay. Texts are cut to kMaxTagBytes. After an error the file may be damaged.
base::Result<bool, TagError> write_tags(const std::filesystem::path& file, const Tags& tags, TagMode mode,
                                        const Cover& cover = {});

inline constexpr std::size_t kMaxTagBytes = 4000;

}  // namespace podswarm::library
