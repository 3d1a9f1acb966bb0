#include "feeds/xml_names.h"

#include <algorithm>

#include "base/text.h"
#include "base/url.h"
#include "feeds/html_entities.h"
#include "feeds/reference.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

// More declarations in force at once than any honest document has; further ones are passed over, so that looking a
// prefix up stays cheap.
constexpr std::size_t kMaxBindings = 256;
// Of a longer base each short reference would become as long: below it, none is resolved.
constexpr std::size_t kMaxBaseBytes = 2048;

struct Known {
  std::string_view uri;  // comparable
  Vocabulary vocabulary;
};

constexpr Known kUris[] = {
    {"www.w3.org/2005/atom", Vocabulary::kAtom},
    {"purl.org/atom/ns", Vocabulary::kAtom},
    {"www.itunes.com/dtds/podcast-1.0.dtd", Vocabulary::kItunes},
    {"itunes.com/dtds/podcast-1.0.dtd", Vocabulary::kItunes},
    {"www.itunes.com/dtds/podcast-1.0", Vocabulary::kItunes},
    {"purl.org/rss/1.0/modules/content", Vocabulary::kContent},
    {"purl.org/dc/elements/1.1", Vocabulary::kDublinCore},
    {"purl.org/dc/elements/1.0", Vocabulary::kDublinCore},
    {"purl.org/dc/terms", Vocabulary::kDcTerms},
    {"search.yahoo.com/mrss", Vocabulary::kMedia},
    {"video.search.yahoo.com/mrss", Vocabulary::kMedia},
    {"tools.search.yahoo.com/mrss", Vocabulary::kMedia},
    {"www.rssboard.org/media-rss", Vocabulary::kMedia},
    {"podcastindex.org/namespace/1.0", Vocabulary::kPodcast},
    {"github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md", Vocabulary::kPodcast},
    {"podlove.org/simple-chapters", Vocabulary::kPodlove},
    {"xmlns.ezrss.it/0.1", Vocabulary::kTorrent},
    {"xmlns.ezrss.it/0.1/dtd", Vocabulary::kTorrent},
    {"torznab.com/schemas/2015/feed", Vocabulary::kTorznab},
    {"www.newznab.com/dtd/2010/feeds/attributes", Vocabulary::kTorznab},
    {"nyaa.si/xmlns/nyaa", Vocabulary::kNyaa},
    {"sukebei.nyaa.si/xmlns/nyaa", Vocabulary::kNyaa},
    {"showrss.info", Vocabulary::kShowRss},
    {"purl.org/rss/1.0/modules/syndication", Vocabulary::kSyndication},
    {"purl.oclc.org/net/rss_2.0/enc", Vocabulary::kEnclosure},
    {"www.google.com/schemas/play-podcasts/1.0", Vocabulary::kGooglePlay},
    {"www.google.com/schemas/play-podcasts/1.0/play-podcasts.xsd", Vocabulary::kGooglePlay},
    {"www.w3.org/1999/xhtml", Vocabulary::kXhtml},
    {"www.w3.org/1999/02/22-rdf-syntax-ns", Vocabulary::kRdf},
};

// What RSS has been given as a namespace over the years.
constexpr std::string_view kRssUris[] = {
    "purl.org/rss/1.0",
    "my.netscape.com/rdf/simple/0.9",
    "channel.netscape.com/rdf/simple/0.9",
    "my.netscape.com/publish/formats/rss-0.91.dtd",
    "backend.userland.com/rss",
    "backend.userland.com/rss2",
    "backend.userland.com/rss091",
    "backend.userland.com/rss092",
    "backend.userland.com/rss093",
    "blogs.law.harvard.edu/tech/rss",
    "cyber.law.harvard.edu/rss",
    "www.rssboard.org/rss-specification",
};

// Prefixes that say what is meant where their URI is missing or unknown.
constexpr Known kPrefixes[] = {
    {"itunes", Vocabulary::kItunes},   {"atom", Vocabulary::kAtom},       {"content", Vocabulary::kContent},
    {"media", Vocabulary::kMedia},     {"dc", Vocabulary::kDublinCore},   {"dcterms", Vocabulary::kDcTerms},
    {"podcast", Vocabulary::kPodcast}, {"torrent", Vocabulary::kTorrent}, {"torznab", Vocabulary::kTorznab},
    {"newznab", Vocabulary::kTorznab}, {"nyaa", Vocabulary::kNyaa},       {"showrss", Vocabulary::kShowRss},
    {"sy", Vocabulary::kSyndication},  {"xhtml", Vocabulary::kXhtml},     {"rdf", Vocabulary::kRdf},
    {"tv", Vocabulary::kShowRss},      {"enc", Vocabulary::kEnclosure},   {"googleplay", Vocabulary::kGooglePlay},
    {"psc", Vocabulary::kPodlove},
};

std::string_view prefix_of(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

Vocabulary by_prefix(std::string_view prefix, RootKind kind) {
  for (const auto& known : kPrefixes) {
    if (base::iequals(prefix, known.uri)) {
      return known.vocabulary == Vocabulary::kAtom && kind == RootKind::kAtom ? Vocabulary::kOwn : known.vocabulary;
    }
  }
  return base::iequals(prefix, "rss") && kind == RootKind::kRss ? Vocabulary::kOwn : Vocabulary::kOther;
}

}  // namespace

std::string comparable_uri(std::string_view uri) {
  std::string out;
  out.reserve(uri.size());
  for (const char c : uri) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (out.rfind(scheme, 0) == 0) {
      out.erase(0, scheme.size());
      break;
    }
  }
  while (!out.empty() && (out.back() == '/' || out.back() == '#')) out.pop_back();
  return out;
}

std::string_view local_part(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_attribute find_attribute(pugi::xml_node element, std::string_view name) {
  for (auto attribute = element.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    if (base::iequals(attribute.name(), name)) return attribute;
  }
  return {};
}

Name::Name(Vocabulary vocabulary, std::string_view local) {
  if (local.size() > text_.size()) return;
  vocabulary_ = vocabulary;
  size_ = static_cast<unsigned char>(local.size());
  std::transform(local.begin(), local.end(), text_.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
}

Vocabulary Scope::classify(std::string_view prefix, std::string_view uri, bool is_root) const {
  // RSS's own elements have no namespace; one that the root or the channel declares for all is a mistake.
  const bool outermost = frames_.size() <= 2;
  if (kind_ == RootKind::kRss && prefix.empty() && outermost) return Vocabulary::kOwn;
  const std::string key = comparable_uri(uri);
  if (key.empty()) return prefix.empty() ? Vocabulary::kOwn : by_prefix(prefix, kind_);
  for (const auto& known : kUris) {
    if (key != known.uri) continue;
    return known.vocabulary == Vocabulary::kAtom && kind_ == RootKind::kAtom ? Vocabulary::kOwn : known.vocabulary;
  }
  if (is_root || key == root_uri_) return Vocabulary::kOwn;
  if (kind_ == RootKind::kRss && std::find(std::begin(kRssUris), std::end(kRssUris), key) != std::end(kRssUris)) {
    return Vocabulary::kOwn;
  }
  return by_prefix(prefix, kind_);
}

void Scope::bind(std::string_view prefix, std::string_view uri, bool is_root) {
  if (bindings_.size() < kMaxBindings) bindings_.push_back({prefix, classify(prefix, uri, is_root)});
}

void Scope::enter(pugi::xml_node element) {
  frames_.push_back({bindings_.size(), bases_.size(), languages_.size()});
  const bool is_root = frames_.size() == 1;
  const std::string_view own_prefix = is_root ? prefix_of(element.name()) : std::string_view{};
  for (auto attribute = element.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    if (name.size() < 5 || (name[0] | 0x20) != 'x' || !base::istarts_with(name, "xml")) continue;
    if (name.size() == 5 && base::iequals(name, "xmlns")) {
      if (is_root && own_prefix.empty()) root_uri_ = comparable_uri(attribute.value());
      bind({}, attribute.value(), is_root && own_prefix.empty());
    } else if (base::istarts_with(name, "xmlns:")) {
      const auto prefix = name.substr(6);
      const bool names_root = is_root && prefix == own_prefix;
      if (names_root) root_uri_ = comparable_uri(attribute.value());
      bind(prefix, attribute.value(), names_root);
    } else if (base::iequals(name, "xml:base")) {
      std::string resolved = resolve(decode_references(attribute.value()));
      if (resolved.size() > kMaxBaseBytes) resolved.clear();
      // A base that is relative to nothing known resolves nothing.
      if (resolved.empty() || has_scheme(resolved)) bases_.push_back(std::move(resolved));
    } else if (base::iequals(name, "xml:lang")) {
      languages_.emplace_back(base::trim(attribute.value()));
    }
  }
}

void Scope::leave() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  bindings_.resize(frame.bindings, Binding{{}, Vocabulary::kOther});
  bases_.resize(frame.bases);
  languages_.resize(frame.languages);
}

Name Scope::name(pugi::xml_node element) const {
  const std::string_view text = element.name();
  const std::string_view prefix = prefix_of(text);
  const std::string_view local = local_part(text);
  for (auto i = bindings_.size(); i > 0; --i) {
    if (bindings_[i - 1].prefix == prefix) return {bindings_[i - 1].vocabulary, local};
  }
  return {prefix.empty() ? Vocabulary::kOwn : by_prefix(prefix, kind_), local};
}

std::string Scope::resolve(std::string_view reference) const {
  std::string clean = tidy_reference(reference);
  if (has_scheme(clean)) return clean;
  const std::string_view against = base();
  if (against.empty()) return clean;
  if (clean.empty()) return std::string(against);
  return base::resolve_url(against, clean);
}

}  // namespace podswarm::feeds
