#include "base/text.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

void add_source(AlternateEnclosure& alternate, std::string uri, std::string type) {
  if (uri.empty() || alternate.sources.size() >= kMaxListEntries) return;
  if (type.empty()) type = alternate.type;
  const LinkKind kind = link_kind(uri, type);
  alternate.sources.push_back({std::move(uri), std::move(type), kind});
}

AlternateEnclosure read_alternate(const Element& element) {
  AlternateEnclosure alternate;
  alternate.type = element.attribute("type");
  alternate.length = parse_size(element.attribute("length"));
  alternate.bitrate = parse_decimal(element.attribute("bitrate"));
  alternate.height = parse_decimal(element.attribute("height"));
  alternate.lang = element.attribute("lang");
  alternate.title = element.attribute("title");
  alternate.rel = element.attribute("rel");
  alternate.codecs = element.attribute("codecs");
  alternate.is_default = base::iequals(element.attribute("default"), "true");
  element.each_child([&](const Element& child) {
    const Name name = child.name();
    if (name.local() == "source") {
      add_source(alternate, child.url_attribute("uri"), child.attribute("contentType"));
    } else if (name.local() == "integrity" && alternate.integrity_value.empty()) {
      alternate.integrity_type = child.attribute("type");
      alternate.integrity_value = child.attribute("value");
    }
  });
  return alternate;
}

}  // namespace

void read_podcast(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "guid") {
    feed.guid.offer(PlainFrom::kFirst, element.text());
  } else if (local == "updatefrequency") {
    if (feed.feed.hints.update_rrule.empty()) feed.feed.hints.update_rrule = element.attribute("rrule");
    feed.feed.hints.complete = feed.feed.hints.complete || base::iequals(element.attribute("complete"), "true");
  } else if (local == "medium") {
    if (feed.feed.medium.empty()) feed.feed.medium = base::ascii_lower(element.text());
  } else if (local == "locked") {
    const std::string answer = element.text();
    if (feed.feed.is_locked || (!base::iequals(answer, "yes") && !base::iequals(answer, "no"))) return;
    feed.feed.is_locked = base::iequals(answer, "yes");
    feed.feed.locked_owner = element.attribute("owner");
  } else if (local == "txt") {
    PodcastText text{element.attribute("purpose"), element.text()};
    if (!text.text.empty() && feed.feed.texts.size() < kMaxListEntries) feed.feed.texts.push_back(std::move(text));
  }
}

void read_podcast(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "transcript") {
    Transcript transcript{element.url_attribute("url"), element.attribute("type"), element.attribute("language"),
                          element.attribute("rel")};
    if (!transcript.url.empty() && item.item.transcripts.size() < kMaxListEntries) {
      item.item.transcripts.push_back(std::move(transcript));
    }
  } else if (local == "chapters") {
    Chapters chapters{element.url_attribute("url"), element.attribute("type")};
    if (!chapters.url.empty()) item.chapters.offer(PlainFrom::kFirst, std::move(chapters));
  } else if (local == "season") {
    item.season.offer(NumberFrom::kPodcast, parse_decimal(element.text()));
  } else if (local == "episode") {
    item.episode.offer(NumberFrom::kPodcast, parse_decimal(element.text()));
  } else if (local == "alternateenclosure") {
    if (item.item.alternate_enclosures.size() < kMaxListEntries) {
      item.item.alternate_enclosures.push_back(read_alternate(element));
    }
  }
}

}  // namespace podswarm::feeds
