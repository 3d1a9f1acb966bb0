// An element as the readers of the vocabularies see it: its name resolved, its text decoded and capped, its URLs
// resolved. Views into one document during one walk; use from one thread.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "feeds/doctype_entities.h"
#include "feeds/parse.h"
#include "feeds/xml_names.h"

namespace podswarm::feeds {

// What one walk through a document shares.
struct ReadContext {
  ReadContext(RootKind kind, const ParseOptions& parse_options)
      : options(parse_options), scope(kind, parse_options.base_url) {}

  const ParseOptions& options;
  Scope scope;
  DoctypeEntities entities;
  // What the document's own entities may still expand to, in bytes: short references to long texts blow a document up.
  std::size_t entity_budget = 1u << 20;
  bool has_controls = false;  // the document has control characters to drop

  bool met_markup = false;  // a text had elements in it

  // What was met on the way, for the notes on repairs.
  std::size_t bare_ampersands = 0;
  std::string_view before_ampersand;  // the first one: the text in the tree up to it
  std::size_t cut_texts = 0;
  const char* first_cut = nullptr;  // its name in the tree
};

class Element {
 public:
  // `node` must have been entered in the context's scope; each_child() sees to that.
  Element(pugi::xml_node node, ReadContext& context) : node_(node), context_(&context) {}

  [[nodiscard]] Name name() const { return context_->scope.name(node_); }
  [[nodiscard]] ReadContext& context() const { return *context_; }
  [[nodiscard]] pugi::xml_node node() const { return node_; }

  // The text in it and in all elements below, decoded once and trimmed.
  [[nodiscard]] std::string text() const;
  // What it holds as HTML: decoded text, or where there are elements inside, the markup itself.
  [[nodiscard]] std::string html() const;
  // The markup inside as it stands, also where there is only text.
  [[nodiscard]] std::string inner_markup() const;
  [[nodiscard]] bool has_child_elements() const;

  // Decoded and trimmed; "" if there is none. The name's case does not matter.
  [[nodiscard]] std::string attribute(std::string_view name) const;
  [[nodiscard]] bool has_attribute(std::string_view name) const { return bool(find_attribute(node_, name)); }

  // Resolved against what is in force here; "" stays "".
  [[nodiscard]] std::string url_text() const { return url(text()); }
  [[nodiscard]] std::string url_attribute(std::string_view name) const { return url(attribute(name)); }
  [[nodiscard]] std::string url(std::string_view reference) const {
    return reference.empty() ? std::string{} : context_->scope.resolve(reference);
  }

  // Calls `visit(Element)` for each child element, in order, with what it declares in force.
  template <class Visit>
  void each_child(Visit&& visit) const {
    for (auto child = node_.first_child(); child; child = child.next_sibling()) {
      if (child.type() != pugi::node_element) continue;
      context_->scope.enter(child);
      visit(Element(child, *context_));
      context_->scope.leave();
    }
  }

 private:
  pugi::xml_node node_;
  ReadContext* context_;
};

}  // namespace podswarm::feeds
