// A file that accompanies an episode or a feed: checked for being what it should be, and put beside, never over
// anything that is there. Blocking.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "library/library.h"

namespace podswarm::library {

enum class SidecarFormat {
  kCover,       // ".jpg", ".png" ... as its bytes say
  kNfo,         // ".nfo"
  kInfo,        // ".info.json"
  kChapters,    // ".chapters.json", podcast namespace
  kTranscript,  // ".en.vtt", ".srt", ".json" ...
};

struct SidecarPlace {
  std::filesystem::path root;    // of the library, which must be there
  std::filesystem::path folder;  // below it
  std::string name;              // without the ending
  SidecarFormat format = SidecarFormat::kNfo;
  std::string type;      // of a transcript: its MIME type as declared
  std::string language;  // of a transcript: "en", "pt-BR"; "" = unknown
  bool make_folder = false;
};

// Where it is now. The same text there already is no error; kCollision: something else is. kIo: it is not what it
// should be (a page that says "not found", most of all), or the disk is in trouble.
[[nodiscard]] base::Result<std::filesystem::path, PlaceError> write_sidecar(const SidecarPlace& place,
                                                                            std::string_view content);

// The ending for this content, with its dots; "" where it is not what it should be. Pure.
[[nodiscard]] std::string sidecar_ending(const SidecarPlace& place, std::string_view content);

// The image of a feed in its folder: cover.* or folder.*; "" where there is none.
[[nodiscard]] std::filesystem::path cover_in(const std::filesystem::path& folder);

}  // namespace podswarm::library
