#include "feeds/rss.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/date.h"
#include "feeds/html_entities.h"
#include "feeds/reference.h"
#include "feeds/torrent_dialects.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

std::string child_url(const Element& element, std::string_view local) {
  std::string url;
  element.each_child([&](const Element& child) {
    if (url.empty() && child.name().is(Vocabulary::kOwn, local)) url = child.url_text();
  });
  return url;
}

// The text, else the href of a link that is written as Atom's, which may then be another one than the site's.
template <class Builder>
void read_link(const Element& element, Builder& builder) {
  if (!builder.link.wants(LinkFrom::kText)) return;
  if (std::string url = element.url_text(); !url.empty()) return builder.link.offer(LinkFrom::kText, std::move(url));
  if (element.has_attribute("rel")) return read_atom(element, "link", builder, true);
  builder.link.offer(LinkFrom::kHref, element.url_attribute("href"));
  // "<link/>http://…": what becomes of it where a program has taken the feed for HTML.
  const auto behind = element.node().next_sibling();
  if (behind.type() != pugi::node_pcdata || element.node().first_child() || element.node().first_attribute()) return;
  std::string text = decode_references(base::trim(behind.value()));
  if (is_http_url(text)) builder.link.offer(LinkFrom::kText, element.url(text));
}

// The address as a child; people also write it as an attribute or as text, where other texts stand as well.
std::string own_image_url(const Element& image) {
  if (std::string url = child_url(image, "url"); !url.empty()) return url;
  for (const std::string_view attribute : {"href", "url", "src"}) {
    if (std::string url = tidy_reference(image.attribute(attribute)); is_http_url(url)) return url;
  }
  std::string text = image.has_child_elements() ? std::string{} : tidy_reference(image.text());
  return is_http_url(text) ? text : std::string{};
}

void read_skip_hours(const Element& element, UpdateHints& hints) {
  element.each_child([&](const Element& child) {
    const auto hour = parse_count(child.text());
    // 24 stands for midnight in older feeds.
    if (hour && *hour <= 24 && hints.skip_hours.size() < 24) hints.skip_hours.push_back(static_cast<int>(*hour % 24));
  });
}

void read_skip_days(const Element& element, UpdateHints& hints) {
  static constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                               "Friday", "Saturday", "Sunday"};
  element.each_child([&](const Element& child) {
    const std::string text = child.text();
    for (const auto day : kDays) {
      if (base::iequals(text, day) && hints.skip_days.size() < 7) hints.skip_days.emplace_back(day);
    }
  });
}

void read_channel_element(const Element& element, std::string_view local, FeedBuilder& feed) {
  if (local == "title") {
    feed.title.offer(TitleFrom::kOwn, element.html());
  } else if (local == "link") {
    read_link(element, feed);
  } else if (local == "description") {
    feed.description.offer(DescriptionFrom::kOwn, element.html());
  } else if (local == "subtitle") {
    feed.description.offer(DescriptionFrom::kBareSubtitle, element.html());
  } else if (local == "language") {
    feed.language.offer(LanguageFrom::kOwn, element.text());
  } else if (local == "pubdate") {
    feed.published.offer(DateFrom::kOwn, parse_date(element.text()));
  } else if (local == "published") {
    feed.published.offer(DateFrom::kBare, parse_date(element.text()));
  } else if (local == "lastbuilddate") {
    feed.updated.offer(DateFrom::kOwn, parse_date(element.text()));
  } else if (local == "updated" || local == "modified") {
    feed.updated.offer(DateFrom::kBare, parse_date(element.text()));
  } else if (local == "managingeditor") {
    feed.author.offer(AuthorFrom::kOwn, element.text());
  } else if (local == "author") {
    feed.author.offer(AuthorFrom::kBare, element.text());
  } else if (local == "category") {
    add_category(feed.feed.categories, element.text());
  } else if (local == "image") {
    feed.image.offer(ImageFrom::kOwn, own_image_url(element));
  } else if (local == "ttl") {
    if (!feed.feed.hints.ttl_minutes) feed.feed.hints.ttl_minutes = parse_count(element.text());
  } else if (local == "skiphours") {
    read_skip_hours(element, feed.feed.hints);
  } else if (local == "skipdays") {
    read_skip_days(element, feed.feed.hints);
  }
}

void read_enclosure(const Element& element, ItemBuilder& item) {
  std::string url = element.url_attribute("url");
  std::string type = element.attribute("type");
  std::string length = element.attribute("length");
  if (url.empty()) {
    element.each_child([&](const Element& child) {
      const Name name = child.name();
      if (name.is(Vocabulary::kOwn, "url") && url.empty()) url = child.url_text();
      if (name.is(Vocabulary::kOwn, "type") && type.empty()) type = child.text();
      if (name.is(Vocabulary::kOwn, "length") && length.empty()) length = child.text();
    });
  }
  // What people write who know HTML better than RSS.
  for (const std::string_view attribute : {"href", "src"}) {
    if (url.empty()) url = element.url_attribute(attribute);
  }
  if (url.empty() && !element.has_child_elements()) {
    if (std::string text = element.url_text(); is_http_url(text) || is_magnet(text)) url = std::move(text);
  }
  item.add_enclosure(std::move(url), std::move(type), parse_size(length));
}

// A guid that is a URL stands for the link, unless it says that it is none.
void read_guid(const Element& element, ItemBuilder& item) {
  std::string guid = element.text();
  if (guid.empty()) return;
  if (!base::iequals(element.attribute("isPermaLink"), "false")) {
    std::string url = element.url(guid);
    if (is_http_url(url)) item.link.offer(LinkFrom::kGuid, std::move(url));
  }
  item.guid.offer(PlainFrom::kFirst, std::move(guid));
}

void read_item_element(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local == "title") {
    item.title.offer(TitleFrom::kOwn, element.html());
  } else if (local == "link") {
    read_link(element, item);
  } else if (local == "guid") {
    read_guid(element, item);
  } else if (local == "pubdate") {
    item.published.offer(DateFrom::kOwn, parse_date(element.text()));
  } else if (local == "description") {
    item.description.offer(DescriptionFrom::kOwn, element.html());
  } else if (local == "enclosure") {
    read_enclosure(element, item);
  } else if (local == "author") {
    item.author.offer(AuthorFrom::kOwn, element.text());
  } else if (local == "category") {
    add_category(item.item.categories, element.text());
  } else if (local == "published" || local == "issued") {
    item.published.offer(DateFrom::kBare, parse_date(element.text()));
  } else if (local == "updated" || local == "modified") {
    item.updated.offer(DateFrom::kBare, parse_date(element.text()));
  } else if (local == "image") {
    item.image.offer(ImageFrom::kOwn, own_image_url(element));
  } else if (local == "summary") {
    item.description.offer(DescriptionFrom::kAtom, element.html());
  } else if (local == "encoded") {
    item.content.offer(ContentFrom::kBareEncoded, element.html());
  } else if (local == "content") {
    item.content.offer(ContentFrom::kAtom, element.html());
  } else if (local == "fullitem") {
    item.content.offer(ContentFrom::kFullItem, element.html());
  } else if (local == "body") {
    item.content.offer(ContentFrom::kBody, element.html());
  } else {
    read_bare_torrent_element(element, local, item.torrent);
  }
}

// RDF's name for the item, whatever prefix RDF has.
std::string about(const Element& item) {
  for (auto attribute = item.node().first_attribute(); attribute; attribute = attribute.next_attribute()) {
    if (base::iequals(local_part(attribute.name()), "about")) return item.attribute(attribute.name());
  }
  return {};
}

Item read_item(const Element& element) {
  ItemBuilder item;
  item.guid.offer(PlainFrom::kThird, about(element));
  element.each_child([&](const Element& child) {
    const Name name = child.name();
    if (read_module(child, name, item) || name.vocabulary() != Vocabulary::kOwn) return;
    read_item_element(child, name.local(), item);
  });
  return item.finish();
}

// Growing a list of items one by one would move them all again and again, and so would making room for each of many
// channels alone.
void reserve_items(const Element& parent, FeedBuilder& feed) {
  std::size_t children = 0;
  for (auto child = parent.node().first_child(); child; child = child.next_sibling()) ++children;
  auto& items = feed.feed.items;
  const std::size_t most = parent.context().options.max_items;
  const std::size_t wanted = std::min(items.size() + children, most);
  if (wanted > items.capacity()) items.reserve(std::min(std::max(wanted, 2 * items.capacity()), most));
}

void add_item(const Element& element, FeedBuilder& feed) {
  if (feed.feed.items.size() >= element.context().options.max_items) {
    if (feed.items_left_out++ == 0) feed.first_left_out = element.node().name();
  } else {
    feed.feed.items.push_back(read_item(element));
  }
}

void read_channel(const Element& channel, FeedBuilder& feed) {
  feed.language.offer(LanguageFrom::kXmlLang, std::string(channel.context().scope.language()));
  reserve_items(channel, feed);
  channel.each_child([&](const Element& child) {
    const Name name = child.name();
    if (read_module(child, name, feed) || name.vocabulary() != Vocabulary::kOwn) return;
    if (name.local() == "item") return add_item(child, feed);
    read_channel_element(child, name.local(), feed);
  });
}

}  // namespace

void read_rss(const Element& root, FeedBuilder& feed) {
  feed.language.offer(LanguageFrom::kXmlLang, std::string(root.context().scope.language()));
  bool has_channel = false;
  root.each_child(
      [&](const Element& child) { has_channel = has_channel || child.name().is(Vocabulary::kOwn, "channel"); });
  root.each_child([&](const Element& child) {
    const Name name = child.name();
    // Without a channel, what should stand in it stands in the root.
    if (!has_channel && read_module(child, name, feed)) return;
    if (name.vocabulary() != Vocabulary::kOwn) return;
    if (name.local() == "channel") {
      read_channel(child, feed);
    } else if (name.local() == "item") {
      add_item(child, feed);
    } else if (name.local() == "image") {
      feed.image.offer(ImageFrom::kOwn, child_url(child, "url"));
    } else if (name.local() == "redirect") {
      feed.new_feed_url.offer(PlainFrom::kSecond, child_url(child, "newlocation"));
    } else if (!has_channel) {
      read_channel_element(child, name.local(), feed);
    }
  });
}

FeedFormat rss_format(pugi::xml_node root) {
  if (base::iequals(local_part(root.name()), "rss")) {
    const std::string_view version = base::trim(find_attribute(root, "version").value());
    return version.rfind("0.9", 0) == 0 ? FeedFormat::kRss09x : FeedFormat::kRss2;
  }
  for (auto attribute = root.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    if (!base::istarts_with(attribute.name(), "xmlns")) continue;
    const std::string uri = comparable_uri(attribute.value());
    if (uri.find("netscape.com/") != std::string::npos) return FeedFormat::kRss09x;
  }
  return FeedFormat::kRss1;
}

}  // namespace podswarm::feeds
