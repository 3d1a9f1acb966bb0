#include "base/text.h"
#include "feeds/duration.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

// Categories nest one in another; the walk goes down by a stack of its own.
void add_itunes_categories(const Element& element, std::vector<std::string>& categories) {
  std::string name = element.attribute("text");
  if (name.empty() && !element.has_child_elements()) name = element.text();
  add_category(categories, name);
  std::vector<pugi::xml_node> pending{element.node()};
  while (!pending.empty() && categories.size() < kMaxListEntries) {
    const auto parent = pending.back();
    pending.pop_back();
    for (auto child = parent.first_child(); child; child = child.next_sibling()) {
      if (!base::iequals(local_part(child.name()), "category")) continue;
      add_category(categories, Element(child, element.context()).attribute("text"));
      pending.push_back(child);
    }
  }
}

}  // namespace

std::string image_url(const Element& element) {
  for (const std::string_view attribute : {"href", "url", "src"}) {
    if (std::string url = element.url_attribute(attribute); !url.empty()) return url;
  }
  if (!element.has_child_elements()) return element.url_text();
  std::string url;
  const Vocabulary same = element.name().vocabulary();
  element.each_child([&](const Element& child) {
    const Name name = child.name();
    const bool fits = name.is(Vocabulary::kOwn, "url") || name.is(same, "url");
    if (url.empty() && fits) url = child.url_text();
  });
  return url;
}

void read_itunes(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "author") {
    if (feed.author.wants(AuthorFrom::kItunes)) feed.author.offer(AuthorFrom::kItunes, element.text());
  } else if (local == "image") {
    feed.image.offer(ImageFrom::kItunes, image_url(element));
  } else if (local == "category") {
    add_itunes_categories(element, feed.feed.categories);
  } else if (local == "keywords") {
    add_keywords(feed.feed.categories, element.text());
  } else if (local == "explicit") {
    feed.explicit_flag.offer(PlainFrom::kFirst, element.text());
  } else if (local == "type") {
    feed.type.offer(PlainFrom::kFirst, element.text());
  } else if (local == "new-feed-url") {
    feed.new_feed_url.offer(PlainFrom::kFirst, element.url_text());
  } else if (local == "title") {
    feed.title.offer(TitleFrom::kItunes, element.html());
  } else if (local == "summary") {
    if (feed.description.wants(DescriptionFrom::kSummary))
      feed.description.offer(DescriptionFrom::kSummary, element.html());
  } else if (local == "subtitle") {
    feed.description.offer(DescriptionFrom::kSubtitle, element.html());
  } else if (local == "complete") {
    feed.feed.hints.complete = feed.feed.hints.complete || base::iequals(element.text(), "yes");
  }
}

void read_itunes(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "duration") {
    item.duration.offer(DurationFrom::kItunes, parse_media_duration(element.text()));
  } else if (local == "title") {
    item.title.offer(TitleFrom::kItunes, element.html());
  } else if (local == "author") {
    item.author.offer(AuthorFrom::kItunes, element.text());
  } else if (local == "summary") {
    if (item.description.wants(DescriptionFrom::kSummary))
      item.description.offer(DescriptionFrom::kSummary, element.html());
  } else if (local == "subtitle") {
    if (item.description.wants(DescriptionFrom::kItunesSubtitle)) {
      item.description.offer(DescriptionFrom::kItunesSubtitle, element.html());
    }
  } else if (local == "image") {
    item.image.offer(ImageFrom::kItunes, image_url(element));
  } else if (local == "season") {
    item.season.offer(NumberFrom::kItunes, parse_decimal(element.text()));
  } else if (local == "episode") {
    item.episode.offer(NumberFrom::kItunes, parse_decimal(element.text()));
  } else if (local == "episodetype") {
    item.episode_type.offer(PlainFrom::kFirst, element.text());
  } else if (local == "explicit") {
    item.explicit_flag.offer(PlainFrom::kFirst, element.text());
  } else if (local == "keywords") {
    add_keywords(item.item.categories, element.text());
  } else if (local == "category") {
    add_itunes_categories(element, item.item.categories);
  }
}

}  // namespace podswarm::feeds
