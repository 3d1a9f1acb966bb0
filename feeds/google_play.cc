#include "feeds/vocabularies.h"

namespace podswarm::feeds {

void read_google_play(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "author") {
    feed.author.offer(AuthorFrom::kGooglePlay, element.text());
  } else if (local == "description") {
    feed.description.offer(DescriptionFrom::kGooglePlay, element.html());
  } else if (local == "image") {
    feed.image.offer(ImageFrom::kGooglePlay, image_url(element));
  } else if (local == "explicit") {
    feed.explicit_flag.offer(PlainFrom::kSecond, element.text());
  } else if (local == "newfeedurl" || local == "new-feed-url") {
    feed.new_feed_url.offer(PlainFrom::kThird, element.url_text());
  }
}

void read_google_play(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "author") {
    item.author.offer(AuthorFrom::kGooglePlay, element.text());
  } else if (local == "description") {
    item.description.offer(DescriptionFrom::kGooglePlay, element.html());
  } else if (local == "image") {
    item.image.offer(ImageFrom::kGooglePlay, image_url(element));
  } else if (local == "explicit") {
    item.explicit_flag.offer(PlainFrom::kSecond, element.text());
  }
}

}  // namespace podswarm::feeds
