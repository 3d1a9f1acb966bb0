#include "scheduler/tagging.h"

#include <fmt/chrono.h>

#include <cmath>

#include "base/url.h"
#include "feeds/item_json.h"
#include "feeds/plain_text.h"
#include "library/sidecar_file.h"
#include "scheduler/episode_facts.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

// "12", and nothing for 12.5.
std::optional<int> whole(std::optional<double> number) {
  if (!number || *number < 0 || *number > 1'000'000 || std::floor(*number) != *number) return std::nullopt;
  return static_cast<int>(*number);
}

// An address with a query may hold a subscriber's secret, and files are passed on.
std::string public_address(const std::string& url) {
  return url.find('?') == std::string::npos ? base::redact_url(url) : std::string();
}

std::string string_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<int> number_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return static_cast<int>(found->get_int64());
}

}  // namespace

library::TagMode tag_mode(config::TagPolicy policy) {
  return policy == config::TagPolicy::kOverwrite ? library::TagMode::kOverwrite : library::TagMode::kMissing;
}

std::optional<library::TagRequest> tags_wanted(Context& context, const db::EpisodeRow& episode,
                                               const config::FeedSettings& settings,
                                               const std::filesystem::path& folder, std::chrono::seconds utc_offset) {
  if (settings.extras.tags == config::TagPolicy::kOff) return std::nullopt;
  library::TagRequest request;
  request.mode = tag_mode(settings.extras.tags);
  auto& tags = request.tags;
  tags.title = episode.title;
  tags.genre = "Podcast";
  tags.podcast = true;
  tags.guid = episode.guid;
  if (const auto feed = context.feeds.find(episode.feed_id)) {
    tags.album = feed->name;
    tags.artist = feed->name;
    tags.feed_url = public_address(feed->url);
  }
  if (episode.published_at) tags.date = fmt::format("{:%Y-%m-%d}", *episode.published_at + utc_offset);
  if (const auto item = feeds::item_from_json(episode.item)) {
    if (!item->author.empty()) tags.artist = item->author;
    const auto facts = episode_facts(*item, tags.album);
    tags.track = whole(facts.episode);
    tags.disc = facts.season;
    tags.comment =
        feeds::plain_text(item->description.empty() ? item->content : item->description, library::kMaxTagBytes);
  }
  if (settings.extras.embed_cover && !folder.empty()) request.cover = library::cover_in(folder);
  return request;
}

json::object to_json(const library::TagRequest& request) {
  const auto& tags = request.tags;
  json::object object{{"overwrite", request.mode == library::TagMode::kOverwrite},
                      {"cover", request.cover.string()},
                      {"title", tags.title},
                      {"album", tags.album},
                      {"artist", tags.artist},
                      {"genre", tags.genre},
                      {"date", tags.date},
                      {"comment", tags.comment},
                      {"guid", tags.guid},
                      {"feed_url", tags.feed_url},
                      {"podcast", tags.podcast}};
  if (tags.track) object["track"] = *tags.track;
  if (tags.disc) object["disc"] = *tags.disc;
  return object;
}

library::TagRequest tag_request_from_json(const json::object& object) {
  const auto flag = [&](std::string_view key) {
    const auto* found = object.if_contains(key);
    return found != nullptr && found->is_bool() && found->get_bool();
  };
  library::TagRequest request;
  request.mode = flag("overwrite") ? library::TagMode::kOverwrite : library::TagMode::kMissing;
  request.cover = string_at(object, "cover");
  auto& tags = request.tags;
  tags.title = string_at(object, "title");
  tags.album = string_at(object, "album");
  tags.artist = string_at(object, "artist");
  tags.genre = string_at(object, "genre");
  tags.date = string_at(object, "date");
  tags.comment = string_at(object, "comment");
  tags.guid = string_at(object, "guid");
  tags.feed_url = string_at(object, "feed_url");
  tags.podcast = flag("podcast");
  tags.track = number_at(object, "track");
  tags.disc = number_at(object, "disc");
  return request;
}

}  // namespace podswarm::scheduler
