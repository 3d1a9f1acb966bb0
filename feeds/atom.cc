#include "feeds/atom.h"

#include "base/text.h"
#include "feeds/date.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

// The relation in lower case, without the registry's address that RFC 4287 allows before it.
std::string relation(const Element& link) {
  std::string rel = base::ascii_lower(link.attribute("rel"));
  static constexpr std::string_view kRegistry = "http://www.iana.org/assignments/relation/";
  if (rel.rfind(kRegistry, 0) == 0) rel.erase(0, kRegistry.size());
  return rel.empty() ? "alternate" : rel;
}

std::string link_target(const Element& link) {
  std::string url = link.url_attribute("href");
  if (!url.empty()) return url;
  // An empty reference is the base itself.
  const auto& scope = link.context().scope;
  if (link.has_attribute("href") && !scope.xml_base().empty()) return scope.resolve("");
  return link.url_text();
}

void read_link(const Element& link, FeedBuilder& feed) {
  const std::string rel = relation(link);
  if (rel == "alternate") {
    if (feed.link.wants(LinkFrom::kAlternate)) feed.link.offer(LinkFrom::kAlternate, link_target(link));
  } else if (rel == "self") {
    feed.feed_url.offer(PlainFrom::kFirst, link_target(link));
  } else if (rel == "next") {
    feed.next_url.offer(PlainFrom::kFirst, link_target(link));
  } else if (rel == "hub") {
    feed.hub.offer(PlainFrom::kFirst, link_target(link));
  }
}

void read_link(const Element& link, ItemBuilder& item) {
  const std::string rel = relation(link);
  if (rel == "alternate") {
    if (item.link.wants(LinkFrom::kAlternate)) item.link.offer(LinkFrom::kAlternate, link_target(link));
  } else if (rel == "enclosure") {
    item.add_enclosure(link_target(link), link.attribute("type"), parse_size(link.attribute("length")));
  } else if (rel == "http://podlove.org/simple-chapters") {
    Chapters chapters{link_target(link), link.attribute("type")};
    if (!chapters.url.empty()) item.chapters.offer(PlainFrom::kSecond, std::move(chapters));
  }
}

// A person's name, else the e-mail address, else what text there is.
std::string person(const Element& element) {
  std::string name;
  std::string email;
  element.each_child([&](const Element& child) {
    const Name child_name = child.name();
    if (child_name.local() == "name" && name.empty()) name = child.text();
    if (child_name.local() == "email" && email.empty()) email = child.text();
  });
  if (!name.empty()) return name;
  if (!email.empty()) return email;
  return element.has_child_elements() ? std::string{} : element.text();
}

void read_category(const Element& element, std::vector<std::string>& categories) {
  for (const std::string_view key : {"term", "label"}) {
    if (const std::string value = element.attribute(key); !value.empty()) return add_category(categories, value);
  }
  add_category(categories, element.text());
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_text_type(std::string_view type) {
  return type.empty() || type == "text" || type == "html" || type == "xhtml" || type == "escaped" ||
         type.rfind("text/", 0) == 0 || ends_with(type, "xml") || ends_with(type, "json") || ends_with(type, "html");
}

// The entry itself is a recording or a torrent that lies elsewhere (RFC 4287 §4.1.3.2).
bool is_media_elsewhere(const Element& content) {
  if (!content.has_attribute("src")) return false;
  const std::string type = base::ascii_lower(content.attribute("type"));
  return type.rfind("audio/", 0) == 0 || type.rfind("video/", 0) == 0 || type == "application/x-bittorrent";
}

// The content of a single div, which xhtml texts must have around them and which is no part of the text.
std::string without_div(const Element& element) {
  pugi::xml_node only;
  if (!base::trim(element.node().value()).empty()) return element.inner_markup();
  for (auto child = element.node().first_child(); child; child = child.next_sibling()) {
    if (child.type() == pugi::node_pcdata && base::trim(child.value()).empty()) continue;
    if (only || child.type() != pugi::node_element) return element.inner_markup();
    only = child;
  }
  if (!base::iequals(local_part(only.name()), "div")) return element.inner_markup();
  return Element(only, element.context()).inner_markup();
}

}  // namespace

std::string atom_text(const Element& element) {
  const std::string type = base::ascii_lower(element.attribute("type"));
  const bool markup = type == "xhtml" || type == "application/xhtml+xml";
  if (element.has_child_elements()) return markup ? without_div(element) : element.inner_markup();
  const bool base64 = base::iequals(element.attribute("mode"), "base64");
  if (base64 || !is_text_type(type)) {
    // RFC 4287 §4.1.3.3 wants base64 for media types that are not text; what does not decode to text was text.
    std::string text = element.text();
    auto decoded = decode_base64(text);
    if (decoded && base::is_valid_utf8(*decoded) && decoded->find('\0') == std::string::npos)
      return std::move(*decoded);
    return text;
  }
  return markup ? element.inner_markup() : element.text();
}

void read_atom(const Element& element, std::string_view local, FeedBuilder& feed, bool as_module) {
  if (local == "link") {
    read_link(element, feed);
  } else if (local == "title") {
    feed.title.offer(as_module ? TitleFrom::kAtom : TitleFrom::kOwn, atom_text(element));
  } else if (local == "subtitle" || local == "tagline") {
    feed.description.offer(as_module ? DescriptionFrom::kBareSubtitle : DescriptionFrom::kOwn, atom_text(element));
  } else if (local == "id") {
    feed.guid.offer(PlainFrom::kSecond, element.text());
  } else if (local == "updated") {
    feed.updated.offer(DateFrom::kAtom, parse_date(element.text()));
  } else if (local == "modified") {
    feed.updated.offer(DateFrom::kModified, parse_date(element.text()));
  } else if (local == "published") {
    feed.published.offer(DateFrom::kBare, parse_date(element.text()));
  } else if (local == "author") {
    feed.author.offer(as_module ? AuthorFrom::kAtom : AuthorFrom::kOwn, person(element));
  } else if (local == "category") {
    read_category(element, feed.feed.categories);
  } else if (local == "logo") {
    feed.image.offer(ImageFrom::kLogo, element.url_text());
  } else if (local == "icon") {
    feed.image.offer(ImageFrom::kIcon, element.url_text());
  }
}

void read_atom(const Element& element, std::string_view local, ItemBuilder& item, bool as_module) {
  if (local == "link") {
    read_link(element, item);
  } else if (local == "title") {
    item.title.offer(as_module ? TitleFrom::kAtom : TitleFrom::kOwn, atom_text(element));
  } else if (local == "summary") {
    if (item.description.wants(DescriptionFrom::kAtom))
      item.description.offer(DescriptionFrom::kAtom, atom_text(element));
  } else if (local == "content") {
    if (is_media_elsewhere(element)) {
      item.add_enclosure(element.url_attribute("src"), element.attribute("type"), std::nullopt);
    } else if (item.content.wants(ContentFrom::kAtom)) {
      item.content.offer(ContentFrom::kAtom, atom_text(element));
    }
  } else if (local == "id") {
    item.guid.offer(PlainFrom::kSecond, element.text());
  } else if (local == "published") {
    item.published.offer(DateFrom::kAtom, parse_date(element.text()));
  } else if (local == "issued") {
    item.published.offer(DateFrom::kIssued, parse_date(element.text()));
  } else if (local == "updated") {
    item.updated.offer(DateFrom::kAtom, parse_date(element.text()));
  } else if (local == "modified") {
    item.updated.offer(DateFrom::kModified, parse_date(element.text()));
  } else if (local == "author") {
    item.author.offer(as_module ? AuthorFrom::kAtom : AuthorFrom::kOwn, person(element));
  } else if (local == "category") {
    read_category(element, item.item.categories);
  }
}

namespace {

Item read_entry(const Element& entry) {
  ItemBuilder item;
  entry.each_child([&](const Element& child) {
    const Name name = child.name();
    if (read_module(child, name, item) || name.vocabulary() != Vocabulary::kOwn) return;
    read_atom(child, name.local(), item, false);
  });
  return item.finish();
}

}  // namespace

void read_atom_feed(const Element& root, FeedBuilder& feed) {
  feed.language.offer(LanguageFrom::kXmlLang, std::string(root.context().scope.language()));
  root.each_child([&](const Element& child) {
    const Name name = child.name();
    if (read_module(child, name, feed) || name.vocabulary() != Vocabulary::kOwn) return;
    if (name.local() != "entry") return read_atom(child, name.local(), feed, false);
    if (feed.feed.items.size() >= child.context().options.max_items) {
      if (feed.items_left_out++ == 0) feed.first_left_out = child.node().name();
    } else {
      feed.feed.items.push_back(read_entry(child));
    }
  });
}

}  // namespace podswarm::feeds
