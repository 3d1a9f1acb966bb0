#include "feeds/xml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "feeds/xml_names.h"

namespace podswarm::feeds {

namespace {

// A tree node takes some twenty times the bytes of the shortest tag: this bounds the memory of a tree.
constexpr std::size_t kMaxTags = 4'000'000;
constexpr std::size_t kMaxRepairDepth = 256;

constexpr unsigned kParseFlags = pugi::parse_cdata | pugi::parse_eol | pugi::parse_embed_pcdata;

// The text up to the tag that is one too many.
std::string_view limit_tags(std::string_view text, Place start, RepairNotes& notes) {
  if (text.size() <= kMaxTags) return text;
  if (std::count(text.begin(), text.end(), '<') <= static_cast<std::ptrdiff_t>(kMaxTags)) return text;
  std::size_t tags = 0;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (++tags <= kMaxTags) continue;
    notes.add({fmt::format("only the first {} tags were read", kMaxTags), behind(start, text.substr(0, at))});
    return text.substr(0, at);
  }
  return text;
}

bool is_root_name(std::string_view name) {
  const auto local = local_part(name);
  return base::iequals(local, "rss") || base::iequals(local, "rdf") || base::iequals(local, "feed") ||
         base::iequals(local, "opml");
}

// Whether any place could be the start of a feed's or a list's root: what has none is not worth mending.
bool may_have_root(std::string_view text) {
  static constexpr std::string_view kRoots[] = {"rss", "rdf", "feed", "opml"};
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    // Behind a prefix of up to 20 characters.
    const std::string_view name = text.substr(at + 1, 24);
    const auto colon = name.find(':');
    for (const auto root : kRoots) {
      if (base::istarts_with(name, root)) return true;
      if (colon != std::string_view::npos && base::istarts_with(name.substr(colon + 1), root)) return true;
    }
  }
  return false;
}

}  // namespace

XmlDocument::XmlDocument(std::string_view text, Blanks blanks) : blanks_(blanks) {
  const auto start = text.find('<');
  if (start == std::string_view::npos) return;
  start_ = feeds::place_of(text, start);
  const std::string_view before = text.substr(0, start);
  if (const auto junk = base::trim(before); !junk.empty()) {
    notes_.add(
        {"text before the document", feeds::place_of(text, static_cast<std::size_t>(junk.data() - text.data()))});
  }
  text = limit_tags(text.substr(start), start_, notes_);
  entities_ = DoctypeEntities(text);
  std::string without_nul;
  text_ = text;
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    notes_.add({"NUL bytes", behind(start_, text.substr(0, nul))});
    without_nul = text;
    std::erase(without_nul, '\0');
    text = without_nul;
    text_ = {};
  }
  if (!load(text) && may_have_root(text)) {
    buffer_.clear();
    text_ = {};
    load(repair_xml(text, kMaxRepairDepth, notes_, start_));
  }
  find_root();
}

bool XmlDocument::load(std::string_view text) {
  buffer_ = text;
  return bool(tree_.load_buffer_inplace(buffer_.data(), buffer_.size(),
                                        kParseFlags | (blanks_ == Blanks::kKept ? pugi::parse_ws_pcdata : 0),
                                        pugi::encoding_utf8));
}

Place XmlDocument::place_of(const char* in_tree) const {
  const std::less<> before;
  if (text_.empty() || before(in_tree, buffer_.data()) || !before(in_tree, buffer_.data() + buffer_.size())) return {};
  return behind(start_, text_.substr(0, static_cast<std::size_t>(in_tree - buffer_.data())));
}

void XmlDocument::find_root() {
  for (auto node = tree_.first_child(); node; node = node.next_sibling()) {
    if (node.type() != pugi::node_element) continue;
    if (!root_) root_ = node;
    if (is_root_name(node.name())) {
      root_ = node;
      return;
    }
  }
}

}  // namespace podswarm::feeds
