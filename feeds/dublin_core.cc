#include "feeds/date.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

void read_dublin_core(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "title") {
    feed.title.offer(TitleFrom::kDublinCore, element.html());
  } else if (local == "description") {
    feed.description.offer(DescriptionFrom::kDublinCore, element.html());
  } else if (local == "language") {
    feed.language.offer(LanguageFrom::kDublinCore, element.text());
  } else if (local == "creator") {
    feed.author.offer(AuthorFrom::kDcCreator, element.text());
  } else if (local == "author") {
    feed.author.offer(AuthorFrom::kDcAuthor, element.text());
  } else if (local == "subject") {
    add_category(feed.feed.categories, element.text());
  } else if (local == "date") {
    feed.updated.offer(DateFrom::kDublinCore, parse_date(element.text()));
  }
}

void read_dublin_core(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "title") {
    item.title.offer(TitleFrom::kDublinCore, element.html());
  } else if (local == "description") {
    item.description.offer(DescriptionFrom::kDublinCore, element.html());
  } else if (local == "creator") {
    item.author.offer(AuthorFrom::kDcCreator, element.text());
  } else if (local == "author") {
    item.author.offer(AuthorFrom::kDcAuthor, element.text());
  } else if (local == "subject") {
    add_category(item.item.categories, element.text());
  } else if (local == "date") {
    item.published.offer(DateFrom::kDublinCore, parse_date(element.text()));
  }
}

void read_dc_terms(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "issued") {
    feed.published.offer(DateFrom::kDcTerms, parse_date(element.text()));
  } else if (local == "modified") {
    feed.updated.offer(DateFrom::kDcTerms, parse_date(element.text()));
  }
}

void read_dc_terms(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "issued") {
    item.published.offer(DateFrom::kDcTerms, parse_date(element.text()));
  } else if (local == "modified") {
    item.updated.offer(DateFrom::kDcTerms, parse_date(element.text()));
  }
}

void read_syndication(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "updateperiod") {
    feed.update_period.offer(PlainFrom::kFirst, element.text());
  } else if (local == "updatefrequency") {
    feed.update_frequency.offer(PlainFrom::kFirst, element.text());
  }
}

}  // namespace podswarm::feeds
