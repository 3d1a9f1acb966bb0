#include "library/podcast_feed.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string_view>

#include "base/http_date.h"
#include "base/text.h"
#include "base/xml.h"

namespace podswarm::library {

namespace {

// A text of a feed may be large; a player needs the notes, not a book.
constexpr std::size_t kMaxTextBytes = 256 * 1024;

bool is_web_url(std::string_view url) {
  return base::istarts_with(url, "http://") || base::istarts_with(url, "https://");
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void open(std::string_view name) {
    indent();
    out_ += fmt::format("<{}>\n", name);
    ++depth_;
  }
  void close(std::string_view name) {
    --depth_;
    indent();
    out_ += fmt::format("</{}>\n", name);
  }
  // Nothing where there is no text.
  void element(std::string_view name, std::string_view text, std::string_view attributes = {}) {
    if (base::trim(text).empty()) return;
    indent();
    out_ += fmt::format("<{}{}>", name, attributes);
    base::append_xml_text(out_, base::utf8_prefix(text, kMaxTextBytes));
    out_ += fmt::format("</{}>\n", name);
  }
  void url(std::string_view name, std::string_view url) {
    if (is_web_url(url)) element(name, url);
  }
  // An empty element; attributes without a value are left out.
  void empty(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> attributes) {
    indent();
    out_ += fmt::format("<{}", name);
    for (const auto& [key, value] : attributes) {
      if (value.empty()) continue;
      out_ += fmt::format(" {}=\"", key);
      base::append_xml_attribute(out_, value);
      out_ += '"';
    }
    out_ += "/>\n";
  }

 private:
  void indent() { out_.append(2 * depth_, ' '); }

  std::string& out_;
  std::size_t depth_ = 0;
};

bool is_whole(double number) {
  return number >= 0 && number < 1e9 && std::floor(number) == number;
}

// Podcasting 2.0 numbers may have decimals; iTunes knows whole ones above zero.
void write_number(Writer& xml, std::string_view local, std::optional<double> number) {
  if (!number || !(*number >= 0) || *number >= 1e9) return;
  if (is_whole(*number) && *number > 0) xml.element(fmt::format("itunes:{}", local), fmt::format("{:.0f}", *number));
  xml.element(fmt::format("podcast:{}", local), fmt::format("{}", *number));
}

void write_explicit(Writer& xml, std::optional<bool> is_explicit) {
  if (is_explicit) xml.element("itunes:explicit", *is_explicit ? "true" : "false");
}

void write_episode(Writer& xml, const FeedEpisode& episode, const std::string& guid) {
  xml.open("item");
  xml.element("title", base::trim(episode.title).empty() ? "untitled" : std::string_view(episode.title));
  xml.element("guid", guid, " isPermaLink=\"false\"");
  xml.url("link", episode.link);
  if (episode.published) xml.element("pubDate", base::format_http_date(*episode.published));
  xml.empty("enclosure",
            {{"url", episode.media_url}, {"length", std::to_string(episode.media_size)}, {"type", episode.media_type}});
  xml.element("description", episode.description);
  if (episode.content != episode.description) xml.element("content:encoded", episode.content);
  xml.element("itunes:author", episode.author);
  if (episode.duration && episode.duration->count() > 0) {
    xml.element("itunes:duration", std::to_string(episode.duration->count()));
  }
  write_number(xml, "season", episode.season);
  write_number(xml, "episode", episode.episode);
  xml.element("itunes:episodeType", episode.episode_type);
  write_explicit(xml, episode.is_explicit);
  if (is_web_url(episode.image)) xml.empty("itunes:image", {{"href", episode.image}});
  for (const auto& category : episode.categories) xml.element("category", category);
  for (const auto& transcript : episode.transcripts) {
    if (!is_web_url(transcript.url)) continue;
    xml.empty("podcast:transcript",
              {{"url", transcript.url}, {"type", transcript.type}, {"language", transcript.language}});
  }
  if (is_web_url(episode.chapters_url)) {
    xml.empty("podcast:chapters", {{"url", episode.chapters_url}, {"type", episode.chapters_type}});
  }
  xml.close("item");
}

// The newest date in the feed: the time of writing would make each copy another one.
std::optional<std::chrono::sys_seconds> newest(const PodcastFeed& feed) {
  std::optional<std::chrono::sys_seconds> out;
  for (const auto& episode : feed.episodes) {
    if (episode.published && (!out || *episode.published > *out)) out = episode.published;
  }
  return out;
}

}  // namespace

std::string write_podcast_feed(const PodcastFeed& feed) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\""
      " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\""
      " xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\""
      " xmlns:podcast=\"https://podcastindex.org/namespace/1.0\">\n";
  Writer xml(out);
  xml.open("channel");
  xml.element("title", feed.title);
  xml.element("link", is_web_url(feed.link) ? feed.link : feed.self_url);
  xml.empty("atom:link", {{"href", feed.self_url}, {"rel", "self"}, {"type", "application/rss+xml"}});
  xml.element("description", feed.description.empty() ? feed.title : feed.description);
  xml.element("language", feed.language);
  xml.element("generator", "Podswarm");
  if (const auto date = newest(feed)) xml.element("lastBuildDate", base::format_http_date(*date));
  xml.element("itunes:author", feed.author);
  if (is_web_url(feed.image)) xml.empty("itunes:image", {{"href", feed.image}});
  // Whoever is shown the address by accident: this is no feed for a directory.
  xml.element("itunes:block", "Yes");
  std::set<std::string, std::less<>> used;
  for (const auto& episode : feed.episodes) {
    std::string guid = episode.guid;
    for (int times = 2; !used.insert(guid).second; ++times) guid = fmt::format("{}#{}", episode.guid, times);
    write_episode(xml, episode, guid);
  }
  xml.close("channel");
  out += "</rss>\n";
  return out;
}

}  // namespace podswarm::library
