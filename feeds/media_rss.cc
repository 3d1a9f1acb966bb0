#include "base/text.h"
#include "feeds/duration.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

bool is_image(const Element& content) {
  return base::iequals(content.attribute("medium"), "image") || base::istarts_with(content.attribute("type"), "image/");
}

void read_content(const Element& element, ItemBuilder& item) {
  item.add_enclosure(element.url_attribute("url"), element.attribute("type"),
                     parse_size(element.attribute("fileSize")));
  if (item.duration.wants(DurationFrom::kMedia)) {
    item.duration.offer(DurationFrom::kMedia, parse_media_duration(element.attribute("duration")));
  }
}

// What may stand in the item, in media:group and in media:content alike.
void read_optional(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "title") {
    item.title.offer(TitleFrom::kMedia, element.html());
  } else if (local == "description") {
    if (item.description.wants(DescriptionFrom::kMedia))
      item.description.offer(DescriptionFrom::kMedia, element.html());
  } else if (local == "thumbnail") {
    std::string url = element.url_attribute("url");
    item.image.offer(ImageFrom::kMediaThumbnail, url.empty() ? element.url_text() : std::move(url));
  } else if (local == "category") {
    add_category(item.item.categories, element.text());
  }
}

}  // namespace

void read_media(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "thumbnail") {
    feed.image.offer(ImageFrom::kThumbnail, element.url_attribute("url"));
  } else if (local == "content") {
    if (is_image(element)) feed.image.offer(ImageFrom::kMediaContent, element.url_attribute("url"));
  } else if (local == "category") {
    add_category(feed.feed.categories, element.text());
  }
}

void read_media(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "group") {
    element.each_child([&](const Element& child) {
      const Name name = child.name();
      if (name.vocabulary() != Vocabulary::kMedia) return;
      if (name.local() != "content") return read_optional(child, name.local(), item);
      read_content(child, item);
      child.each_child([&](const Element& inner) {
        const Name inner_name = inner.name();
        if (inner_name.vocabulary() == Vocabulary::kMedia) read_optional(inner, inner_name.local(), item);
      });
    });
  } else if (local == "content") {
    read_content(element, item);
    element.each_child([&](const Element& child) {
      const Name name = child.name();
      if (name.vocabulary() == Vocabulary::kMedia) read_optional(child, name.local(), item);
    });
  } else {
    read_optional(element, local, item);
  }
}

}  // namespace podswarm::feeds
