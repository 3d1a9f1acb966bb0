#include "feeds/normalised_json.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstdint>

#include "base/units.h"

namespace podswarm::feeds {

namespace {

namespace json = boost::json;

json::value text(const std::string& value) {
  return value.empty() ? json::value(nullptr) : json::value(value);
}

json::value time(const std::optional<std::chrono::sys_seconds>& value) {
  return value ? json::value(base::format_rfc3339(*value)) : json::value(nullptr);
}

template <class T>
json::value optional(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

// Whole numbers without a decimal point: a season is 3, an episode may be 315.5.
json::value number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (*value == std::floor(*value) && *value < 9e15) return static_cast<std::uint64_t>(*value);
  return *value;
}

json::array texts(const std::vector<std::string>& values) {
  json::array out;
  out.reserve(values.size());
  for (const auto& value : values) out.emplace_back(value);
  return out;
}

std::string_view name(FeedFormat format) {
  switch (format) {
    case FeedFormat::kRss2:
      return "rss2";
    case FeedFormat::kRss1:
      return "rss1";
    case FeedFormat::kRss09x:
      return "rss0.9x";
    case FeedFormat::kAtom1:
      return "atom1";
    case FeedFormat::kAtom03:
      return "atom0.3";
    case FeedFormat::kJsonFeed:
      return "jsonfeed";
  }
  return "";
}

std::string_view name(LinkKind kind) {
  switch (kind) {
    case LinkKind::kHttp:
      return "http";
    case LinkKind::kTorrent:
      return "torrent";
    case LinkKind::kMagnet:
      return "magnet";
    case LinkKind::kOther:
      return "other";
  }
  return "";
}

json::array enclosures(const std::vector<Enclosure>& list) {
  json::array out;
  for (const auto& e : list) {
    out.push_back(json::object{
        {"url", text(e.url)}, {"type", text(e.type)}, {"length", optional(e.length)}, {"kind", name(e.kind)}});
  }
  return out;
}

json::array alternates(const std::vector<AlternateEnclosure>& list) {
  json::array out;
  for (const auto& a : list) {
    json::array sources;
    for (const auto& s : a.sources) {
      sources.push_back(json::object{{"uri", text(s.uri)}, {"type", text(s.type)}, {"kind", name(s.kind)}});
    }
    json::value integrity = nullptr;
    if (!a.integrity_type.empty() || !a.integrity_value.empty()) {
      integrity = json::object{{"type", text(a.integrity_type)}, {"value", text(a.integrity_value)}};
    }
    out.push_back(json::object{{"type", text(a.type)},
                               {"length", optional(a.length)},
                               {"bitrate", number(a.bitrate)},
                               {"height", number(a.height)},
                               {"lang", text(a.lang)},
                               {"title", text(a.title)},
                               {"rel", text(a.rel)},
                               {"codecs", text(a.codecs)},
                               {"default", a.is_default},
                               {"sources", std::move(sources)},
                               {"integrity", std::move(integrity)}});
  }
  return out;
}

json::array transcripts(const std::vector<Transcript>& list) {
  json::array out;
  for (const auto& t : list) {
    out.push_back(json::object{
        {"url", text(t.url)}, {"type", text(t.type)}, {"language", text(t.language)}, {"rel", text(t.rel)}});
  }
  return out;
}

json::value torrent(const std::optional<TorrentInfo>& info) {
  if (!info) return nullptr;
  return json::object{{"info_hash", text(info->info_hash)},
                      {"magnet", text(info->magnet)},
                      {"content_length", optional(info->content_length)},
                      {"seeders", optional(info->seeders)},
                      {"leechers", optional(info->leechers)},
                      {"filename", text(info->filename)}};
}

json::object hints(const UpdateHints& h) {
  json::array hours;
  for (const int hour : h.skip_hours) hours.emplace_back(hour);
  return {{"update_period_seconds", h.update_period ? json::value(h.update_period->count()) : json::value(nullptr)},
          {"skip_hours", std::move(hours)},
          {"skip_days", texts(h.skip_days)},
          {"update_rrule", text(h.update_rrule)},
          {"complete", h.complete}};
}

json::value locked(const Feed& feed) {
  if (!feed.is_locked) return nullptr;
  return json::object{{"locked", *feed.is_locked}, {"owner", text(feed.locked_owner)}};
}

json::array purposes(const std::vector<PodcastText>& list) {
  json::array out;
  for (const auto& entry : list) {
    out.push_back(json::object{{"purpose", text(entry.purpose)}, {"text", text(entry.text)}});
  }
  return out;
}

}  // namespace

json::object to_json(const Item& item) {
  json::value chapters = nullptr;
  if (item.chapters) chapters = json::object{{"url", text(item.chapters->url)}, {"type", text(item.chapters->type)}};
  return {{"guid", text(item.guid)},
          {"title", text(item.title)},
          {"link", text(item.link)},
          {"published", time(item.published)},
          {"updated", time(item.updated)},
          {"description", text(item.description)},
          {"content", text(item.content)},
          {"author", text(item.author)},
          {"duration_seconds", optional(item.duration_seconds)},
          {"season", number(item.season)},
          {"episode", number(item.episode)},
          {"episode_type", text(item.episode_type)},
          {"explicit", optional(item.is_explicit)},
          {"image", text(item.image)},
          {"categories", texts(item.categories)},
          {"enclosures", enclosures(item.enclosures)},
          {"alternate_enclosures", alternates(item.alternate_enclosures)},
          {"chapters", std::move(chapters)},
          {"transcripts", transcripts(item.transcripts)},
          {"torrent", torrent(item.torrent)}};
}

json::object to_json(const Feed& feed) {
  json::array items;
  items.reserve(feed.items.size());
  for (const auto& item : feed.items) items.emplace_back(to_json(item));
  return {{"format", name(feed.format)},
          {"title", text(feed.title)},
          {"link", text(feed.link)},
          {"feed_url", text(feed.feed_url)},
          {"description", text(feed.description)},
          {"language", text(feed.language)},
          {"image", text(feed.image)},
          {"author", text(feed.author)},
          {"categories", texts(feed.categories)},
          {"explicit", optional(feed.is_explicit)},
          {"type", text(feed.type)},
          {"new_feed_url", text(feed.new_feed_url)},
          {"next_url", text(feed.next_url)},
          {"hub", text(feed.hub)},
          {"ttl", optional(feed.hints.ttl_minutes)},
          {"published", time(feed.published)},
          {"updated", time(feed.updated)},
          {"guid", text(feed.guid)},
          {"medium", text(feed.medium)},
          {"locked", locked(feed)},
          {"texts", purposes(feed.texts)},
          {"hints", hints(feed.hints)},
          {"repairs", texts(feed.repairs)},
          {"items", std::move(items)}};
}

json::object to_json(const OpmlList& list) {
  json::array feeds;
  for (const auto& feed : list.feeds) {
    feeds.push_back(json::object{{"url", text(feed.url)},
                                 {"title", text(feed.title)},
                                 {"link", text(feed.link)},
                                 {"folder", texts(feed.folder)}});
  }
  return {
      {"format", "opml"}, {"title", text(list.title)}, {"feeds", std::move(feeds)}, {"repairs", texts(list.repairs)}};
}

}  // namespace podswarm::feeds
