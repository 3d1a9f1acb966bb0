// A document of markup as a tree, mended where need be, and what its root says it is. No entity that the document
// declares is expanded here, nothing is fetched. The tree may be deep: never walk it by recursion.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "feeds/doctype_entities.h"
#include "feeds/xml_repair.h"

namespace podswarm::feeds {

// White space alone between two tags: it matters where there is markup within texts, and costs memory elsewhere.
enum class Blanks { kDropped, kKept };

class XmlDocument {
 public:
  // `text` is UTF-8 and outlives the document. Texts and attribute values stay escaped in the tree, so that what was a
  // reference can be told from what was written out. An element's first text stands in its own value.
  explicit XmlDocument(std::string_view text, Blanks blanks = Blanks::kDropped);
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;

  // The first element that starts a feed or a subscription list, else the first element at all.
  [[nodiscard]] pugi::xml_node root() const { return root_; }
  [[nodiscard]] const DoctypeEntities& entities() const { return entities_; }
  [[nodiscard]] const RepairNotes& notes() const { return notes_; }
  // Where a name or value in the tree begins in `text`; not known once the text had to be mended.
  [[nodiscard]] Place place_of(const char* in_tree) const;

 private:
  bool load(std::string_view text);
  void find_root();

  Blanks blanks_;
  std::string_view text_;  // what the buffer was before it became a tree; "" where it is not the document's own
  Place start_;            // of it in the document
  std::string buffer_;     // the tree's strings live in it
  pugi::xml_document tree_;
  pugi::xml_node root_;
  DoctypeEntities entities_;
  RepairNotes notes_;
};

}  // namespace podswarm::feeds
