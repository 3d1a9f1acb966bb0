#include "app/directory.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "base/bytes.h"
#include "base/units.h"
#include "base/url.h"
#include "engine/core/digest.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxEntries = 200;

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::uint64_t> count_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value->get_int64());
}

std::string with_query(std::string_view base_url, const std::string& query) {
  return std::string(base_url) + (base_url.find('?') == std::string_view::npos ? "?" : "&") + query;
}

bool is_feed_address(const std::string& url) {
  const auto parsed = base::parse_url(url);
  return parsed && (parsed->scheme == "http" || parsed->scheme == "https");
}

// `read` makes an entry of each object in the list `key`.
template <class Read>
DirectoryResult read_list(std::string_view text, std::string_view key, Read&& read) {
  json::error_code error;
  const json::value answer = json::parse(text, error);
  const auto* list = !error && answer.is_object() ? answer.get_object().if_contains(key) : nullptr;
  if (list == nullptr || !list->is_array()) {
    return base::fail(DirectoryError::kNoAnswer, "the answer is not what the directory documents");
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& value : list->get_array()) {
    if (!value.is_object() || entries.size() >= kMaxEntries) continue;
    DirectoryEntry entry = read(value.get_object());
    if (is_feed_address(entry.url)) entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

DirectoryQuestion ask_itunes(std::string_view base_url, std::string_view words, int limit) {
  return {with_query(base_url, "media=podcast&entity=podcast&limit=" + std::to_string(limit) +
                                   "&term=" + base::percent_encode(words)),
          {}};
}

DirectoryQuestion ask_podcast_index(std::string_view base_url, std::string_view words, int limit, std::string_view key,
                                    std::string_view secret, base::WallTime now) {
  const std::string date = std::to_string(now.time_since_epoch().count());
  const std::string signed_text = std::string(key) + std::string(secret) + date;
  return {with_query(base_url, "max=" + std::to_string(limit) + "&q=" + base::percent_encode(words)),
          {{"X-Auth-Key", std::string(key)},
           {"X-Auth-Date", date},
           {"Authorization", base::to_hex(engine::sha1(base::as_bytes(signed_text)))}}};
}

DirectoryResult read_itunes(std::string_view text) {
  return read_list(text, "results", [](const json::object& result) {
    DirectoryEntry entry;
    entry.title = text_in(result, "collectionName");
    entry.author = text_in(result, "artistName");
    entry.url = text_in(result, "feedUrl");
    entry.site = text_in(result, "collectionViewUrl");
    entry.episodes = count_in(result, "trackCount");
    entry.newest = base::parse_rfc3339(text_in(result, "releaseDate"));
    entry.directory = "itunes";
    return entry;
  });
}

DirectoryResult read_podcast_index(std::string_view text) {
  return read_list(text, "feeds", [](const json::object& feed) {
    DirectoryEntry entry;
    entry.title = text_in(feed, "title");
    entry.author = text_in(feed, "author");
    entry.url = text_in(feed, "url");
    entry.site = text_in(feed, "link");
    entry.episodes = count_in(feed, "episodeCount");
    const auto newest = count_in(feed, "newestItemPubdate");
    constexpr std::uint64_t kYear9999 = 253'370'764'800;
    if (newest && *newest > 0 && *newest < kYear9999) {
      entry.newest = base::WallTime(std::chrono::seconds(static_cast<std::int64_t>(*newest)));
    }
    entry.directory = "podcastindex";
    return entry;
  });
}

std::vector<DirectoryEntry> merge(const std::vector<std::vector<DirectoryEntry>>& lists) {
  std::vector<DirectoryEntry> out;
  std::set<std::string> seen;
  std::size_t longest = 0;
  for (const auto& list : lists) longest = std::max(longest, list.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (const auto& list : lists) {
      if (i < list.size() && seen.insert(base::canonical_url(list[i].url)).second) out.push_back(list[i]);
    }
  }
  return out;
}

}  // namespace podswarm::app
