#include "feeds/xml_element.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/html_entities.h"

namespace podswarm::feeds {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Text that stops growing at the cap. (A character more than the cap would be cut, hence the slack.)
class CappedText {
 public:
  // `name` is that of the element or attribute, in the tree.
  CappedText(ReadContext& context, const char* name) : context_(context), name_(name) {}

  void literal(std::string_view raw) {
    if (context_.has_controls) {
      for (const char c : raw.substr(0, room())) {
        if (!is_control(c)) text_ += c;
      }
      full_ = full_ || raw.size() > room();
      return;
    }
    if (raw.size() > room()) {
      raw = raw.substr(0, room());
      full_ = true;
    }
    text_.append(raw);
  }

  // With references decoded once.
  void escaped(std::string_view raw) {
    bool first = true;
    const char* const start = raw.data();
    while (!full_) {
      const auto ampersand = raw.find('&');
      if (first && ampersand != std::string_view::npos) text_.reserve(text_.size() + std::min(raw.size(), room()));
      first = false;
      literal(raw.substr(0, ampersand));
      if (ampersand == std::string_view::npos) return;
      raw.remove_prefix(ampersand);
      raw.remove_prefix(reference(raw, start));
    }
  }

  [[nodiscard]] bool full() const { return full_ || text_.size() > context_.options.max_text_bytes; }

  std::string take() {
    if (full()) {
      if (context_.cut_texts++ == 0) context_.first_cut = name_;
      text_.resize(base::utf8_prefix(text_, context_.options.max_text_bytes).size());
      // A character that was cut while it was appended.
      if (!base::is_valid_utf8(std::string_view(text_).substr(text_.size() - std::min<std::size_t>(text_.size(), 4)))) {
        text_ = base::repair_utf8(text_, "");
      }
    }
    const auto trimmed = base::trim(text_);
    if (trimmed.size() != text_.size()) {
      const auto start = static_cast<std::size_t>(trimmed.data() - text_.data());
      text_.resize(trimmed.empty() ? 0 : start + trimmed.size());
      text_.erase(0, trimmed.empty() ? 0 : start);
    }
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::size_t room() const {
    const std::size_t limit = context_.options.max_text_bytes + 1;
    return text_.size() < limit ? limit - text_.size() : 0;
  }

  std::size_t reference(std::string_view raw, const char* start) {
    if (const std::size_t taken = decode_reference(raw, text_)) return taken;
    if (!context_.entities.empty()) {
      const auto end = raw.substr(0, 64).find(';');
      if (end != std::string_view::npos) {
        const auto* value = context_.entities.find(raw.substr(1, end - 1));
        if (value != nullptr && value->size() <= context_.entity_budget) {
          context_.entity_budget -= value->size();
          literal(*value);
          return end + 1;
        }
      }
    }
    if (context_.bare_ampersands++ == 0) {
      context_.before_ampersand = {start, static_cast<std::size_t>(raw.data() - start)};
    }
    literal("&");
    return 1;
  }

  ReadContext& context_;
  const char* name_;
  std::string text_;
  bool full_ = false;
};

// Walks below `root` without recursion: `open(node)` for each node in document order (false: not below it),
// `close(node)` behind its children.
template <class Open, class Close>
void walk(pugi::xml_node root, std::size_t max_depth, Open&& open, Close&& close) {
  std::size_t depth = 0;
  pugi::xml_node node = root.first_child();
  while (node) {
    const bool below = open(node) && depth < max_depth;
    if (below && node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    close(node);
    while (!node.next_sibling()) {
      node = node.parent();
      if (node == root || depth == 0) return;
      --depth;
      close(node);
    }
    node = node.next_sibling();
  }
}

// Text is kept escaped in markup; a CDATA section becomes it.
void append_escaped(CappedText& out, std::string_view raw) {
  while (!raw.empty()) {
    const auto special = raw.find_first_of("<>&");
    out.literal(raw.substr(0, special));
    if (special == std::string_view::npos) return;
    out.literal(raw[special] == '<' ? "&lt;" : raw[special] == '>' ? "&gt;" : "&amp;");
    raw.remove_prefix(special + 1);
  }
}

// Text within markup: names and numbers become characters, all but those that are markup.
void append_markup_text(CappedText& out, std::string_view raw) {
  if (raw.find('&') == std::string_view::npos) {
    out.literal(raw);
  } else {
    append_escaped(out, decode_references(raw));
  }
}

// HTML knows neither prefixes nor namespace declarations.
void append_start_tag(CappedText& out, pugi::xml_node element) {
  out.literal("<");
  out.literal(local_part(element.name()));
  for (auto attribute = element.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    if (base::istarts_with(name, "xmlns") || base::istarts_with(name, "xml:")) continue;
    const std::string_view value = attribute.value();
    const std::string_view quote = value.find('"') == std::string_view::npos ? "\"" : "'";
    out.literal(" ");
    out.literal(name);
    out.literal("=");
    out.literal(quote);
    out.literal(value);
    out.literal(quote);
  }
}

bool is_void_tag(std::string_view name) {
  static constexpr std::string_view kVoid[] = {"br",    "hr",   "img",  "input", "meta",  "wbr",    "col",
                                               "embed", "area", "base", "link",  "param", "source", "track"};
  return std::any_of(std::begin(kVoid), std::end(kVoid), [&](auto v) { return base::iequals(name, v); });
}

}  // namespace

std::string Element::text() const {
  CappedText out(*context_, node_.name());
  out.escaped(node_.value());
  walk(
      node_, context_->options.max_depth,
      [&](pugi::xml_node node) {
        if (out.full()) return false;
        if (node.type() == pugi::node_cdata) {
          out.literal(node.value());
        } else {
          out.escaped(node.value());
        }
        return true;
      },
      [](pugi::xml_node) {});
  return out.take();
}

bool Element::has_child_elements() const {
  for (auto child = node_.first_child(); child; child = child.next_sibling()) {
    if (child.type() == pugi::node_element) return true;
  }
  return false;
}

std::string Element::inner_markup() const {
  context_->met_markup = context_->met_markup || has_child_elements();
  CappedText out(*context_, node_.name());
  append_markup_text(out, node_.value());
  walk(
      node_, context_->options.max_depth,
      [&](pugi::xml_node node) {
        if (out.full()) return false;
        switch (node.type()) {
          case pugi::node_cdata:
            append_escaped(out, node.value());
            return true;
          case pugi::node_pcdata:
            append_markup_text(out, node.value());
            return true;
          case pugi::node_element:
            append_start_tag(out, node);
            out.literal(">");
            append_markup_text(out, node.value());
            return true;
          default:
            return true;
        }
      },
      [&](pugi::xml_node node) {
        if (node.type() != pugi::node_element || out.full()) return;
        const auto name = local_part(node.name());
        if (!node.first_child() && node.value()[0] == '\0' && is_void_tag(name)) return;
        out.literal("</");
        out.literal(name);
        out.literal(">");
      });
  return out.take();
}

std::string Element::html() const {
  return has_child_elements() ? inner_markup() : text();
}

std::string Element::attribute(std::string_view name) const {
  const auto attribute = find_attribute(node_, name);
  if (!attribute) return {};
  CappedText out(*context_, attribute.name());
  out.escaped(attribute.value());
  return out.take();
}

}  // namespace podswarm::feeds
