#include "feeds/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "feeds/atom.h"
#include "feeds/charset.h"
#include "feeds/json_feed.h"
#include "feeds/looks_like.h"
#include "feeds/rss.h"
#include "feeds/xml_document.h"

namespace podswarm::feeds {

namespace {

// Atom by its namespace, without one by its version.
FeedFormat atom_format(pugi::xml_node root) {
  const std::string_view name = root.name();
  const auto colon = name.find(':');
  const std::string declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  const std::string uri = comparable_uri(find_attribute(root, declaration).value());
  if (uri == "purl.org/atom/ns") return FeedFormat::kAtom03;
  if (uri == "www.w3.org/2005/atom") return FeedFormat::kAtom1;
  const std::string_view version = base::trim(find_attribute(root, "version").value());
  return version.rfind("0.", 0) == 0 ? FeedFormat::kAtom03 : FeedFormat::kAtom1;
}

void add_repair(Feed& feed, std::string what, Place place) {
  feed.repairs.push_back(to_text({std::move(what), place}));
}

// Of what there are several, the place is the first one's.
void add_notes(Feed& feed, const FeedBuilder& builder, const ReadContext& context, const XmlDocument& document) {
  if (builder.items_left_out > 0) {
    add_repair(feed,
               fmt::format("{} items beyond the first {} were left out", builder.items_left_out, feed.items.size()),
               document.place_of(builder.first_left_out));
  }
  if (context.bare_ampersands > 0) {
    const Place text = document.place_of(context.before_ampersand.data());
    add_repair(feed, fmt::format("{} bare & read as text", context.bare_ampersands),
               text == Place{} ? text : behind(text, context.before_ampersand));
  }
  if (context.cut_texts > 0) {
    const std::string which = context.cut_texts == 1 ? "a text" : fmt::format("{} texts", context.cut_texts);
    add_repair(feed, fmt::format("{} cut off at {} bytes", which, context.options.max_text_bytes),
               document.place_of(context.first_cut));
  }
}

// Reads the document. Blanks between tags are dropped at first; where it turns out that texts have tags in them,
// `met_markup` is set, and the document wants to be read again with them.
ParseResult<Feed> parse_markup(std::string_view bytes, const DecodedText& decoded, const ParseOptions& options,
                               Blanks blanks, bool& met_markup) {
  const XmlDocument document(decoded.view, blanks);
  const auto root = document.root();
  const std::string kind = base::ascii_lower(local_part(root.name()));
  const bool is_atom = kind == "feed";
  if (!is_atom && kind != "rss" && kind != "rdf") {
    return base::fail(ParseError::kNotAFeed, "no feed, but " + looks_like(bytes, root));
  }
  ReadContext context(is_atom ? RootKind::kAtom : RootKind::kRss, options);
  context.has_controls = decoded.has_controls;
  context.entities = document.entities();
  context.entity_budget = std::max(context.entity_budget, decoded.view.size());
  context.scope.enter(root);
  FeedBuilder builder;
  builder.feed.format = is_atom ? atom_format(root) : rss_format(root);
  if (!decoded.note.empty()) add_repair(builder.feed, decoded.note, decoded.place);
  for (const auto& repair : document.notes().all()) builder.feed.repairs.push_back(to_text(repair));
  if (is_atom) {
    read_atom_feed(Element(root, context), builder);
  } else {
    read_rss(Element(root, context), builder);
  }
  met_markup = context.met_markup;
  Feed feed = builder.finish();
  add_notes(feed, builder, context, document);
  return feed;
}

ParseResult<Feed> parse_markup(std::string_view bytes, const DecodedText& decoded, const ParseOptions& options) {
  // Feeds with markup in their texts mostly say so at the start.
  const bool expected = decoded.view.substr(0, 16u << 10).find("xhtml") != std::string_view::npos;
  bool met_markup = false;
  if (!expected) {
    auto feed = parse_markup(bytes, decoded, options, Blanks::kDropped, met_markup);
    if (!met_markup) return feed;
  }
  return parse_markup(bytes, decoded, options, Blanks::kKept, met_markup);
}

}  // namespace

ParseResult<Feed> parse_feed(std::string_view bytes, const ParseOptions& options) {
  if (bytes.size() > options.max_bytes) {
    return base::fail(ParseError::kTooLarge,
                      fmt::format("{} bytes, at most {} are read", bytes.size(), options.max_bytes));
  }
  DecodedText decoded;
  decode_text(bytes, options.content_type, decoded);
  const std::string_view text = base::trim(decoded.view);
  if (text.empty()) return base::fail(ParseError::kEmpty, "the document is empty");
  if (text.front() == '{') {
    return parse_json_feed(text, options,
                           place_of(decoded.view, static_cast<std::size_t>(text.data() - decoded.view.data())));
  }
  return parse_markup(bytes, decoded, options);
}

}  // namespace podswarm::feeds
