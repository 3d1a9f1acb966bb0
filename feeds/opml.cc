#include "feeds/opml.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/xml.h"
#include "feeds/charset.h"
#include "feeds/looks_like.h"
#include "feeds/xml_document.h"
#include "feeds/xml_element.h"

namespace podswarm::feeds {

namespace {

// Each feed has a copy of the names around it, so that a short document can ask for many: all lists together may hold
// so much. It is enough for any number of feeds that is read, each twenty folders deep.
constexpr std::size_t kMaxFolderBytes = 24u << 20;
// Of what is written.
constexpr std::size_t kMaxFolderDepth = 256;

// What an outline calls itself.
std::string outline_name(const Element& outline) {
  std::string name = outline.attribute("text");
  return name.empty() ? outline.attribute("title") : name;
}

// The outlines in document order, without recursion: they may nest as deep as they like.
class OutlineWalk {
 public:
  OutlineWalk(ReadContext& context, OpmlList& list) : context_(context), list_(list) {}

  void run(pugi::xml_node body) {
    pugi::xml_node node = body.first_child();
    std::size_t depth = 0;
    while (node) {
      const bool is_outline = base::iequals(local_part(node.name()), "outline");
      if (is_outline) visit(node);
      if (is_outline && node.first_child() && depth + 1 < context_.options.max_depth) {
        folder_.push_back(outline_name(Element(node, context_)));
        node = node.first_child();
        ++depth;
        continue;
      }
      while (node && !node.next_sibling() && depth > 0) {
        node = node.parent();
        folder_.pop_back();
        --depth;
      }
      node = node.next_sibling();
    }
    if (feeds_left_out_ > 0) {
      list_.repairs.push_back(
          fmt::format("{} feeds beyond the first {} were left out", feeds_left_out_, list_.feeds.size()));
    }
    if (folders_left_out_ > 0) {
      list_.repairs.push_back(
          fmt::format("the folders of {} feeds were left out: together they are too long", folders_left_out_));
    }
  }

 private:
  void visit(pugi::xml_node node) {
    const Element outline(node, context_);
    OpmlFeed feed;
    feed.url = outline.url_attribute("xmlUrl");
    if (feed.url.empty()) return;
    if (list_.feeds.size() >= context_.options.max_items) {
      ++feeds_left_out_;
      return;
    }
    feed.title = outline_name(outline);
    feed.link = outline.url_attribute("htmlUrl");
    add_folder(feed);
    list_.feeds.push_back(std::move(feed));
  }

  void add_folder(OpmlFeed& feed) {
    std::size_t bytes = 0;
    for (const auto& name : folder_) bytes += name.empty() ? 0 : sizeof(std::string) + name.size();
    if (bytes > folder_bytes_left_) {
      ++folders_left_out_;
      return;
    }
    folder_bytes_left_ -= bytes;
    for (const auto& name : folder_) {
      if (!name.empty()) feed.folder.push_back(name);
    }
  }

  ReadContext& context_;
  OpmlList& list_;
  std::vector<std::string> folder_;
  std::size_t folder_bytes_left_ = kMaxFolderBytes;
  std::size_t folders_left_out_ = 0;
  std::size_t feeds_left_out_ = 0;
};

pugi::xml_node child_named(pugi::xml_node parent, std::string_view local) {
  for (auto child = parent.first_child(); child; child = child.next_sibling()) {
    if (base::iequals(local_part(child.name()), local)) return child;
  }
  return {};
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format(" {}=\"", name);
  base::append_xml_attribute(out, value);
  out += '"';
}

void append_indent(std::string& out, std::size_t depth) {
  out.append(4 + 2 * depth, ' ');
}

void append_feed(std::string& out, const OpmlFeed& feed, std::size_t depth) {
  append_indent(out, depth);
  out += "<outline type=\"rss\"";
  append_attribute(out, "text", feed.title.empty() ? feed.url : feed.title);
  if (!feed.title.empty()) append_attribute(out, "title", feed.title);
  append_attribute(out, "xmlUrl", feed.url);
  if (!feed.link.empty()) append_attribute(out, "htmlUrl", feed.link);
  out += "/>\n";
}

// The folders as a tree, in the order in which they first occur.
struct Folder {
  std::string name;
  std::vector<std::size_t> feeds;  // indexes into the list
  std::vector<Folder> folders;

  Folder& sub(const std::string& wanted) {
    for (auto& folder : folders) {
      if (folder.name == wanted) return folder;
    }
    folders.push_back({wanted, {}, {}});
    return folders.back();
  }
};

// Recursion as deep as the caller's own folders are; kMaxFolderDepth bounds it.
void append_folder(std::string& out, const Folder& folder, const OpmlList& list, std::size_t depth) {
  for (const auto index : folder.feeds) append_feed(out, list.feeds[index], depth);
  for (const auto& sub : folder.folders) {
    append_indent(out, depth);
    out += "<outline";
    append_attribute(out, "text", sub.name);
    out += ">\n";
    append_folder(out, sub, list, depth + 1);
    append_indent(out, depth);
    out += "</outline>\n";
  }
}

}  // namespace

ParseResult<OpmlList> parse_opml(std::string_view bytes, const ParseOptions& options) {
  if (bytes.size() > options.max_bytes) {
    return base::fail(ParseError::kTooLarge,
                      fmt::format("{} bytes, at most {} are read", bytes.size(), options.max_bytes));
  }
  DecodedText decoded;
  decode_text(bytes, options.content_type, decoded);
  if (base::trim(decoded.view).empty()) return base::fail(ParseError::kEmpty, "the document is empty");
  const XmlDocument document(decoded.view);
  const auto root = document.root();
  if (!base::iequals(local_part(root.name()), "opml")) {
    return base::fail(ParseError::kNotAFeed, "no OPML list, but " + looks_like(bytes, root));
  }
  ReadContext context(RootKind::kRss, options);
  context.has_controls = decoded.has_controls;
  context.entities = document.entities();
  context.entity_budget = std::max(context.entity_budget, decoded.view.size());
  context.scope.enter(root);
  OpmlList list;
  if (const auto title = child_named(child_named(root, "head"), "title")) list.title = Element(title, context).text();
  const auto body = child_named(root, "body");
  OutlineWalk(context, list).run(body ? body : root);
  return list;
}

std::string write_opml(const OpmlList& list) {
  Folder top;
  for (std::size_t i = 0; i < list.feeds.size(); ++i) {
    Folder* folder = &top;
    for (std::size_t depth = 0; depth < std::min(list.feeds[i].folder.size(), kMaxFolderDepth); ++depth) {
      folder = &folder->sub(list.feeds[i].folder[depth]);
    }
    folder->feeds.push_back(i);
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>";
  base::append_xml_text(out, list.title);
  out += "</title>\n  </head>\n  <body>\n";
  append_folder(out, top, list, 0);
  out += "  </body>\n</opml>\n";
  return out;
}

}  // namespace podswarm::feeds
