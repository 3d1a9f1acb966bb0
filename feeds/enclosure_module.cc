#include "base/text.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

// By the name behind its prefix: RDF's and the module's own are bound to whatever the document likes.
std::string attribute_named(const Element& element, std::string_view local) {
  for (auto attribute = element.node().first_attribute(); attribute; attribute = attribute.next_attribute()) {
    if (base::iequals(local_part(attribute.name()), local)) return element.attribute(attribute.name());
  }
  return {};
}

}  // namespace

void read_enclosure_module(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local != "enclosure") return;
  std::string url = attribute_named(element, "resource");
  if (url.empty()) url = attribute_named(element, "url");
  item.add_enclosure(element.url(url), attribute_named(element, "type"),
                     parse_size(attribute_named(element, "length")));
}

}  // namespace podswarm::feeds
