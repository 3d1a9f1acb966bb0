// A feed as it was published: what the parsers produce, whatever the format. Fields are named as in the normalised
// JSON (docs/parse.md). Nothing here is invented: a missing value is empty or nullopt, and identity, policy and
// fallbacks between an item and its feed belong to whoever uses the document.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

enum class FeedFormat { kRss2, kRss1, kRss09x, kAtom1, kAtom03, kJsonFeed };

// How the bytes behind a URL are fetched.
enum class LinkKind { kHttp, kTorrent, kMagnet, kOther };

// A magnet: URL is kMagnet; the type application/x-bittorrent or a path ending in .torrent is kTorrent; other http(s)
// URLs are kHttp.
[[nodiscard]] LinkKind link_kind(std::string_view url, std::string_view type);

struct Enclosure {
  std::string url;
  std::string type;                     // MIME type as declared
  std::optional<std::uint64_t> length;  // bytes; advisory
  LinkKind kind = LinkKind::kOther;
};

struct AlternateSource {
  std::string uri;
  std::string type;
  LinkKind kind = LinkKind::kOther;
};

// podcast:alternateEnclosure
struct AlternateEnclosure {
  std::string type;
  std::optional<std::uint64_t> length;
  std::optional<double> bitrate;
  std::optional<double> height;
  std::string lang;
  std::string title;
  std::string rel;
  std::string codecs;
  bool is_default = false;
  std::vector<AlternateSource> sources;
  std::string integrity_type;
  std::string integrity_value;
};

struct Chapters {
  std::string url;
  std::string type;
};

// Podlove Simple Chapters: one that the feed itself tells.
struct SimpleChapter {
  std::chrono::milliseconds start{};
  std::string title;
  std::string link;
  std::string image;
};

struct Transcript {
  std::string url;
  std::string type;
  std::string language;
  std::string rel;
};

// What an item says of a BitTorrent download, in whichever dialect (ezRSS, Torznab, nyaa, magnet links).
struct TorrentInfo {
  std::string info_hash;  // lower-case hexadecimal, 40 (v1) or 64 (v2) digits
  std::string magnet;
  std::optional<std::uint64_t> content_length;
  std::optional<std::uint64_t> seeders;
  std::optional<std::uint64_t> leechers;
  std::string filename;
};

struct Item {
  std::string guid;
  std::string title;
  std::string link;
  std::optional<std::chrono::sys_seconds> published;
  std::optional<std::chrono::sys_seconds> updated;
  std::string description;  // HTML
  std::string content;      // HTML
  std::string author;
  std::optional<std::uint64_t> duration_seconds;
  std::optional<double> season;
  std::optional<double> episode;
  std::string episode_type;  // "full", "trailer", "bonus" or ""
  std::optional<bool> is_explicit;
  std::string image;
  std::vector<std::string> categories;
  std::vector<Enclosure> enclosures;
  std::vector<AlternateEnclosure> alternate_enclosures;
  std::optional<Chapters> chapters;
  std::vector<SimpleChapter> simple_chapters;  // in the feed's order; no part of the normalised form
  std::vector<Transcript> transcripts;
  std::optional<TorrentInfo> torrent;
};

// When a feed asks not to be polled (RSS skipHours, skipDays) and how often it changes (ttl, sy:*, podcast:*).
struct UpdateHints {
  std::optional<std::uint64_t> ttl_minutes;
  std::optional<std::chrono::seconds> update_period;  // sy:updatePeriod / sy:updateFrequency
  std::vector<int> skip_hours;                        // 0..23, UTC
  std::vector<std::string> skip_days;                 // "Monday"...
  std::string update_rrule;                           // podcast:updateFrequency
  bool complete = false;                              // itunes:complete, or updateFrequency complete="true"
};

// podcast:txt
struct PodcastText {
  std::string purpose;
  std::string text;
};

struct Feed {
  FeedFormat format = FeedFormat::kRss2;
  std::string title;
  std::string link;
  std::string feed_url;
  std::string description;
  std::string language;
  std::string image;
  std::string author;
  std::vector<std::string> categories;
  std::optional<bool> is_explicit;
  std::string type;  // "episodic", "serial" or ""
  std::string new_feed_url;
  std::string next_url;
  std::string hub;
  std::optional<std::chrono::sys_seconds> published;
  std::optional<std::chrono::sys_seconds> updated;
  std::string guid;
  std::string medium;             // podcast:medium, in lower case: "podcast", "music", "audiobook", "musicl", ...
  std::optional<bool> is_locked;  // podcast:locked: whether other platforms may not import it
  std::string locked_owner;       // an e-mail address
  std::vector<PodcastText> texts;
  UpdateHints hints;
  std::vector<Item> items;  // in document order

  // What had to be mended to read it, for a person: "line 12: bare & in a URL". Bounded.
  std::vector<std::string> repairs;
};

}  // namespace podswarm::feeds
