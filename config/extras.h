// What is made of a finished episode besides its file: [library] and each feed's own table. Plain data.
#pragma once

#include <optional>
#include <string_view>

namespace podswarm::config {

enum class TagPolicy { kOff, kMissing, kOverwrite };
[[nodiscard]] std::string_view to_string(TagPolicy policy);  // "off", "missing", "overwrite"

struct Extras {
  TagPolicy tags = TagPolicy::kOff;
  bool embed_cover = false;  // the feed's image, where tags are written
  bool cover = true;         // the feed's image as a file in its folder
  bool nfo = false;          // for Kodi and Jellyfin
  bool info_json = false;    // the item as published
  bool chapters = false;
  bool transcripts = false;

  bool operator==(const Extras&) const = default;
};

struct ExtrasOverride {
  std::optional<TagPolicy> tags;
  std::optional<bool> embed_cover;
  std::optional<bool> cover;
  std::optional<bool> nfo;
  std::optional<bool> info_json;
  std::optional<bool> chapters;
  std::optional<bool> transcripts;
};

// `extras` with what the nearer table says.
void apply(Extras& extras, const ExtrasOverride& table);

}  // namespace podswarm::config
