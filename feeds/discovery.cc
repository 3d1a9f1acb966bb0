#include "feeds/discovery.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "base/url.h"
#include "feeds/charset.h"
#include "feeds/html_tags.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxPageBytes = 4u << 20;  // links stand in the head, or soon after
constexpr std::size_t kMaxFeeds = 64;
constexpr std::size_t kMaxTitleBytes = 300;
constexpr std::size_t kMaxUrlBytes = 4096;
constexpr std::size_t kMaxNamed = 12;

struct Found {
  std::string href;
  std::string title;
  std::string type;
};

std::string mime_type(std::string_view value) {
  return base::ascii_lower(base::trim(value.substr(0, value.find(';'))));
}

bool is_feed_type(std::string_view type) {
  static constexpr std::array<std::string_view, 6> kTypes = {"application/rss+xml",    "application/atom+xml",
                                                             "application/feed+json",  "application/rdf+xml",
                                                             "application/x.atom+xml", "application/x-rss+xml"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

bool has_word(std::string_view list, std::string_view word) {
  std::size_t start = 0;
  while (start < list.size()) {
    const auto end = std::min(list.find_first_of(" \t\r\n\f", start), list.size());
    if (base::iequals(list.substr(start, end - start), word)) return true;
    start = end + 1;
  }
  return false;
}

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : base::trim(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  return std::string(base::trim(base::utf8_prefix(out, kMaxTitleBytes)));
}

// What a <link> says of a feed, if it does.
bool is_feed_link(const HtmlToken& link, const std::string& title, const std::string& type) {
  const std::string rel = link.attribute("rel");
  if (has_word(rel, "stylesheet")) return false;
  if (has_word(rel, "feed")) return type.empty() || is_feed_type(type) || type == "text/html";
  if (!has_word(rel, "alternate")) return false;
  if (is_feed_type(type)) return true;
  // Plain XML types are used for anything; then the title must say what it is.
  if (type != "text/xml" && type != "application/xml") return false;
  const std::string words = base::ascii_lower(title);
  return words.find("rss") != words.npos || words.find("feed") != words.npos || words.find("atom") != words.npos;
}

// Whether an address in a page's text looks like a feed's.
bool is_feed_href(const std::string& href, const std::string& type) {
  if (is_feed_type(type)) return true;
  if (feed_address(href) != base::trim(href)) return true;
  std::string path = base::ascii_lower(base::url_path(href));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  for (const std::string_view ending :
       {".rss", ".atom", "/feed", "/rss", "/atom", "/rss2", "/rss.xml", "/atom.xml", "/feed.xml", "/podcast.xml",
        "/feed.json", "/index.rdf", "/rss.php", "/feed.php", "/feed/podcast"}) {
    if (path.ends_with(ending)) return true;
  }
  const auto question = href.find('?');
  const std::string query = question == href.npos ? "" : base::ascii_lower(href.substr(question));
  for (const std::string_view key : {"?feed=", "&feed=", "format=rss", "format=atom", "type=rss", "type=atom"}) {
    if (query.find(key) != query.npos) return true;
  }
  const auto url = base::parse_url(href);
  return url && (url->host == "feeds.feedburner.com" || url->host == "feeds.megaphone.fm" ||
                 url->host == "feeds.simplecast.com" || url->host == "feeds.buzzsprout.com");
}

// Reads a page to its end and keeps what it names.
class PageReader {
 public:
  void run(std::string_view page) {
    HtmlTags tags(page);
    HtmlToken token;
    while (tags.next(token)) {
      if (token.kind == HtmlToken::Kind::kText) {
        if (in_anchor_ && anchor_text_.size() < kMaxTitleBytes) anchor_text_ += token.text.substr(0, kMaxTitleBytes);
      } else if (token.is_end("a")) {
        close_anchor();
      } else if (token.kind == HtmlToken::Kind::kStartTag) {
        start_tag(token);
      }
    }
    close_anchor();
  }

  std::string base_href;
  std::vector<Found> links;
  std::vector<Found> anchors;

 private:
  void start_tag(const HtmlToken& token) {
    if (token.is_start("base")) {
      if (base_href.empty()) base_href = token.attribute("href");
    } else if (token.is_start("link")) {
      Found link{token.attribute("href"), collapsed(token.attribute("title")), mime_type(token.attribute("type"))};
      if (links.size() < kMaxFeeds && !link.href.empty() && is_feed_link(token, link.title, link.type)) {
        links.push_back(std::move(link));
      }
    } else if (token.is_start("a") || token.is_start("area")) {
      close_anchor();
      Found anchor{token.attribute("href"), collapsed(token.attribute("title")), mime_type(token.attribute("type"))};
      if (anchors.size() >= kMaxFeeds || anchor.href.empty() || !is_feed_href(anchor.href, anchor.type)) return;
      anchors.push_back(std::move(anchor));
      in_anchor_ = token.is_start("a");
    }
  }

  void close_anchor() {
    if (in_anchor_ && anchors.back().title.empty()) anchors.back().title = collapsed(anchor_text_);
    in_anchor_ = false;
    anchor_text_.clear();
  }

  bool in_anchor_ = false;
  std::string anchor_text_;
};

bool is_of_comments(const DiscoveredFeed& feed) {
  const std::string title = base::ascii_lower(feed.title);
  const std::string url = base::ascii_lower(feed.url);
  if (url.find("/comments/") != url.npos || url.find("feed=comments") != url.npos) return true;
  for (const std::string_view word : {"comments", "comment feed", "kommentar", "commentaires", "comentarios",
                                      "coment\xC3\xA1rios", "commenti", "reacties"}) {
    if (title.find(word) != title.npos) return true;
  }
  return false;
}

// A title without the words that name a format.
std::string subject(std::string_view title) {
  std::string out;
  std::string word;
  const auto flush = [&] {
    static const std::set<std::string, std::less<>> kFormats = {"rss",  "rss1",  "rss2", "atom", "rdf", "json", "xml",
                                                                "feed", "feeds", "0",    "1",    "2",   "3",    "91",
                                                                "92",   "09",    "03",   "via",  "the"};
    if (!word.empty() && !kFormats.contains(word)) out += word + " ";
    word.clear();
  };
  for (const char c : base::ascii_lower(title)) {
    const bool in_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (in_word) {
      word += c;
    } else {
      flush();
    }
  }
  flush();
  return out;
}

std::vector<DiscoveredFeed> absolute(const std::vector<Found>& found, const std::string& base,
                                     std::string_view page_url) {
  std::vector<DiscoveredFeed> out;
  std::set<std::string> seen = {base::canonical_url(page_url)};
  for (const auto& one : found) {
    std::string url = feed_address(one.href);
    // "https:host/path" has a scheme and no host: what it means depends on who reads it.
    if (!is_http_url(url)) url = base::resolve_url(base, url);
    const auto parsed = base::parse_url(url);
    if (url.size() > kMaxUrlBytes || !parsed || !is_http_url(url) || !parsed->user.empty()) continue;
    url = base::sanitize_url(url.substr(0, url.find('#')));
    if (seen.insert(base::canonical_url(url)).second) out.push_back({std::move(url), one.title, one.type});
  }
  return out;
}

}  // namespace

std::vector<DiscoveredFeed> discover_feeds(std::string_view page, const DiscoveryOptions& options) {
  DecodedText decoded;
  decode_text(page.substr(0, kMaxPageBytes), options.content_type, decoded);
  PageReader reader;
  reader.run(decoded.view);
  const std::string base =
      reader.base_href.empty() ? std::string(options.base_url) : base::resolve_url(options.base_url, reader.base_href);
  auto feeds = absolute(reader.links, base, options.base_url);
  if (feeds.empty()) feeds = absolute(reader.anchors, base, options.base_url);

  if (!std::all_of(feeds.begin(), feeds.end(), is_of_comments)) std::erase_if(feeds, is_of_comments);
  std::vector<DiscoveredFeed> distinct;
  for (auto& feed : feeds) {
    const bool other_format = std::any_of(distinct.begin(), distinct.end(), [&](const DiscoveredFeed& kept) {
      return kept.type != feed.type && subject(kept.title) == subject(feed.title);
    });
    if (!other_format) distinct.push_back(std::move(feed));
  }
  return distinct;
}

std::string feed_address(std::string_view text) {
  text = base::trim(text);
  struct Scheme {
    std::string_view name;
    std::string_view meaning;
  };
  static constexpr Scheme kSchemes[] = {
      {"feed", "http"},           {"feeds", "https"},       {"rss", "http"},          {"itpc", "http"},
      {"itpcs", "https"},         {"pcast", "http"},        {"pcasts", "https"},      {"podcast", "http"},
      {"podcasts", "https"},      {"itms", "https"},        {"itmss", "https"},       {"itms-apps", "https"},
      {"itms-appss", "https"},    {"itms-pcast", "https"},  {"itms-pcasts", "https"}, {"itms-podcast", "https"},
      {"itms-podcasts", "https"}, {"itms-itunesu", "https"}};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::string(text);
  for (const auto& scheme : kSchemes) {
    if (!base::iequals(text.substr(0, colon), scheme.name)) continue;
    std::string_view rest = text.substr(colon + 1);
    while (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.empty()) return std::string(text);
    // "feed:https://host/", and the "feed:https//host/" that some programs make of it.
    for (const std::string_view inner : {"https", "http"}) {
      if (!base::istarts_with(rest, inner)) continue;
      std::string_view tail = rest.substr(inner.size());
      if (tail.starts_with(':')) tail.remove_prefix(1);
      if (tail.starts_with("//")) return std::string(inner) + ":" + std::string(tail);
    }
    return std::string(scheme.meaning) + "://" + std::string(rest);
  }
  return std::string(text);
}

std::string describe_choices(const std::vector<DiscoveredFeed>& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size() && i < kMaxNamed; ++i) {
    if (i > 0) out += ", ";
    if (!choices[i].title.empty()) out += "\"" + choices[i].title + "\" ";
    out += base::redact_url(choices[i].url);
  }
  if (choices.size() > kMaxNamed) out += " and " + std::to_string(choices.size() - kMaxNamed) + " more";
  return out;
}

}  // namespace podswarm::feeds
