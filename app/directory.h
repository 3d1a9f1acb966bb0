// The public directories of podcasts: Apple's iTunes Search API and the Podcast Index API, as questions and answers.
// Pure: who fetches is the caller's business.
// https://performance-partners.apple.com/search-api, https://podcastindex-org.github.io/docs-api/
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace podswarm::app {

struct DirectoryEntry {
  std::string title;
  std::string author;
  std::string url;   // of the feed, http or https
  std::string site;  // may be empty
  std::optional<std::uint64_t> episodes;
  std::optional<base::WallTime> newest;
  std::string directory;  // "itunes" or "podcastindex"
};

struct DirectoryQuestion {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
};

// `base_url` is the endpoint without its query.
[[nodiscard]] DirectoryQuestion ask_itunes(std::string_view base_url, std::string_view words, int limit);
// Signed with the key and secret for this moment (X-Auth-Key, X-Auth-Date, Authorization: SHA-1 of the three in hex).
[[nodiscard]] DirectoryQuestion ask_podcast_index(std::string_view base_url, std::string_view words, int limit,
                                                  std::string_view key, std::string_view secret, base::WallTime now);

enum class DirectoryError { kNoAnswer };
using DirectoryResult = base::Result<std::vector<DirectoryEntry>, DirectoryError>;

// The entries that have a feed, in the directory's order, at most 200. kNoAnswer: not the JSON that is documented.
[[nodiscard]] DirectoryResult read_itunes(std::string_view json);
[[nodiscard]] DirectoryResult read_podcast_index(std::string_view json);

// One list of several: the entries in turn, each feed (by canonical address) once.
[[nodiscard]] std::vector<DirectoryEntry> merge(const std::vector<std::vector<DirectoryEntry>>& lists);

}  // namespace podswarm::app
