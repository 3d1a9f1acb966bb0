#include "feeds/builders.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/torrent_dialects.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

// RSS 1.0's syndication module: how many times in a period the feed changes.
std::optional<std::chrono::seconds> update_interval(std::string_view period, std::string_view frequency) {
  struct Period {
    std::string_view name;
    std::chrono::seconds length;
  };
  static constexpr Period kPeriods[] = {{"hourly", std::chrono::hours(1)},
                                        {"daily", std::chrono::hours(24)},
                                        {"weekly", std::chrono::hours(24 * 7)},
                                        {"monthly", std::chrono::hours(24 * 30)},
                                        {"yearly", std::chrono::hours(24 * 365)}};
  if (period.empty() && frequency.empty()) return std::nullopt;
  const auto known = std::find_if(std::begin(kPeriods), std::end(kPeriods),
                                  [&](const auto& p) { return base::iequals(p.name, period); });
  if (known == std::end(kPeriods) && !period.empty()) return std::nullopt;
  const auto length = known == std::end(kPeriods) ? std::chrono::seconds(std::chrono::hours(24)) : known->length;
  const auto times = std::clamp<std::uint64_t>(parse_count(frequency).value_or(1), 1, 3600);
  return length / static_cast<int>(times);
}

}  // namespace

void ItemBuilder::add_enclosure(std::string url, std::string type, std::optional<std::uint64_t> length) {
  if (url.empty()) return;
  for (auto& known : item.enclosures) {
    if (known.url != url) continue;
    if (known.type.empty()) known.type = std::move(type);
    if (!known.length) known.length = length;
    known.kind = link_kind(known.url, known.type);
    return;
  }
  if (item.enclosures.size() >= kMaxListEntries) return;
  const LinkKind kind = link_kind(url, type);
  item.enclosures.push_back({std::move(url), std::move(type), length, kind});
}

Item ItemBuilder::finish() {
  item.guid = guid.take();
  item.title = title.take();
  item.link = link.take();
  item.description = description.take();
  item.content = content.take();
  item.author = author.take();
  item.image = image.take();
  item.published = published.value();
  item.updated = updated.value();
  item.duration_seconds = duration.value();
  item.season = season.value();
  item.episode = episode.value();
  item.episode_type = parse_episode_type(episode_type.value());
  item.is_explicit = parse_explicit(explicit_flag.value());
  item.chapters = chapters.take();
  item.torrent = finish_torrent(std::move(torrent), item);
  return std::move(item);
}

Feed FeedBuilder::finish() {
  feed.title = title.take();
  feed.link = link.take();
  feed.feed_url = feed_url.take();
  feed.description = description.take();
  feed.language = language.take();
  feed.image = image.take();
  feed.author = author.take();
  feed.is_explicit = parse_explicit(explicit_flag.value());
  feed.type = parse_show_type(type.value());
  feed.new_feed_url = new_feed_url.take();
  feed.next_url = next_url.take();
  feed.hub = hub.take();
  feed.published = published.value();
  feed.updated = updated.value();
  feed.guid = guid.take();
  feed.hints.update_period = update_interval(update_period.value(), update_frequency.value());
  return std::move(feed);
}

}  // namespace podswarm::feeds
