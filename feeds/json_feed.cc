#include "feeds/json_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/text.h"
#include "base/url.h"
#include "feeds/builders.h"
#include "feeds/date.h"
#include "feeds/duration.h"
#include "feeds/reference.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 64;
// A tree of values takes some thirty times the bytes of the shortest; an honest document's are longer than these.
constexpr std::size_t kFewValues = 1'000'000;
constexpr std::size_t kBytesPerValue = 16;

class Reader {
 public:
  explicit Reader(const ParseOptions& options) : options_(options) {}

  // A string, or a number as it was meant; anything else is "".
  [[nodiscard]] std::string text(const json::object& object, std::string_view key) const {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return {};
    if (const auto* string = value->if_string()) {
      return std::string(base::trim(base::utf8_prefix(*string, options_.max_text_bytes)));
    }
    if (value->is_int64() || value->is_uint64()) return json::serialize(*value);
    return {};
  }

  // A string; of a list of them the first; of an object its own "url".
  [[nodiscard]] std::string url(const json::object& object, std::string_view key) const {
    std::string reference = text(object, key);
    if (const auto* value = object.if_contains(key); value != nullptr && reference.empty()) {
      const auto* list = value->if_array();
      if (list != nullptr && !list->empty()) value = &list->front();
      if (const auto* string = value->if_string()) reference = base::trim(*string);
      if (const auto* nested = value->if_object()) reference = text(*nested, "url");
    }
    reference = tidy_reference(reference);
    if (reference.empty() || options_.base_url.empty() || has_scheme(reference)) return reference;
    return base::resolve_url(options_.base_url, reference);
  }

  // The first author's name (1.1: `authors`, 1.0: `author`), also where it is a bare string.
  [[nodiscard]] std::string author(const json::object& object) const {
    if (const auto* authors = object.if_contains("authors")) {
      if (const auto* list = authors->if_array()) {
        for (const auto& entry : *list) {
          if (std::string name = author_name(entry); !name.empty()) return name;
        }
      } else if (std::string name = author_name(*authors); !name.empty()) {
        return name;
      }
    }
    const auto* single = object.if_contains("author");
    return single == nullptr ? std::string{} : author_name(*single);
  }

  Item item(const json::object& object) const {
    ItemBuilder builder;
    builder.guid.offer(PlainFrom::kFirst, text(object, "id"));
    builder.title.offer(TitleFrom::kOwn, text(object, "title"));
    builder.link.offer(LinkFrom::kText, url(object, "url"));
    builder.link.offer(LinkFrom::kExternal, url(object, "external_url"));
    builder.description.offer(DescriptionFrom::kOwn, text(object, "summary"));
    builder.content.offer(ContentFrom::kEncoded, text(object, "content_html"));
    builder.content.offer(ContentFrom::kAtom, text(object, "content_text"));
    builder.image.offer(ImageFrom::kItunes, url(object, "image"));
    builder.image.offer(ImageFrom::kOwn, url(object, "banner_image"));
    builder.author.offer(AuthorFrom::kOwn, author(object));
    builder.published.offer(DateFrom::kOwn, parse_date(text(object, "date_published")));
    builder.updated.offer(DateFrom::kOwn, parse_date(text(object, "date_modified")));
    if (const auto* tags = array(object, "tags")) {
      for (const auto& tag : *tags) {
        if (const auto* string = tag.if_string()) add_category(builder.item.categories, *string);
      }
    } else {
      add_keywords(builder.item.categories, text(object, "tags"));
    }
    each_object(object, "attachments", [&](const json::object& fields) { read_attachment(fields, builder); });
    return builder.finish();
  }

  // The objects of a list, or the one that stands where a list should.
  template <class Visit>
  static void each_object(const json::object& object, std::string_view key, Visit&& visit) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return;
    if (const auto* single = value->if_object()) return visit(*single);
    const auto* list = value->if_array();
    if (list == nullptr) return;
    for (const auto& entry : *list) {
      if (const auto* fields = entry.if_object()) visit(*fields);
    }
  }

  [[nodiscard]] static const json::array* array(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_array();
  }

 private:
  [[nodiscard]] std::string author_name(const json::value& value) const {
    if (const auto* string = value.if_string()) return std::string(base::trim(*string));
    const auto* object = value.if_object();
    return object == nullptr ? std::string{} : text(*object, "name");
  }

  // Numbers that stand in strings count too, as `read` reads them.
  template <class Read>
  [[nodiscard]] static std::optional<std::uint64_t> whole_number(const json::object& object, std::string_view key,
                                                                 Read&& read) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* number = value->if_uint64()) return *number;
    if (const auto* number = value->if_int64()) {
      return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
    }
    if (const auto* number = value->if_double()) {
      if (!(*number >= 0 && *number < 1e15)) return std::nullopt;
      return static_cast<std::uint64_t>(*number);
    }
    const auto* string = value->if_string();
    return string == nullptr ? std::nullopt : read(*string);
  }

  void read_attachment(const json::object& fields, ItemBuilder& builder) const {
    auto length = whole_number(fields, "size_in_bytes", parse_size);
    if (length == 0) length.reset();
    builder.add_enclosure(url(fields, "url"), text(fields, "mime_type"), length);
    builder.duration.offer(DurationFrom::kAttachment,
                           whole_number(fields, "duration_in_seconds", parse_media_duration));
  }

  const ParseOptions& options_;
};

// Up to where the root's lists hold whole objects; 0 if there are none. A document cut off there becomes whole with
// "]}".
std::size_t last_whole_item(std::string_view text) {
  std::size_t end = 0;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
      if (c == '}' && depth == 2) end = i + 1;
      if (depth <= 0) break;
    }
  }
  return end;
}

// What programs of other languages write for "no number".
std::size_t foreign_null(std::string_view text) {
  for (const std::string_view word : {"NaN", "-Infinity", "Infinity", "undefined", "None"}) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

// With line ends and tabs within strings escaped, as JSON wants them and templates forget,
// other control characters dropped, and words for "no number" outside of them made null. At most twice as long.
std::string in_json(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 64);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (const std::size_t length = in_string ? 0 : foreign_null(text.substr(i))) {
      out += "null";
      i += length - 1;
      continue;
    }
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      if (c == '\n') out += "\\n";
      if (c == '\r') out += "\\r";
      if (c == '\t') out += "\\t";
      continue;
    }
    out += c;
    if (c == '\\' && in_string && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0x20)
      out += text[++i];
  }
  return out;
}

// The text up to the value that is one too many.
std::string_view limit_values(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (c == '\\') ++i;
    if (!in_string && (c == ',' || c == '{' || c == '[') && ++values > most) return text.substr(0, i);
  }
  return text;
}

// `stopped_at`: how far it came.
json::value parse_value(std::string_view text, json::storage_ptr storage, boost::system::error_code& error,
                        std::size_t* stopped_at = nullptr) {
  json::parse_options how;
  how.max_depth = kMaxDepth;
  how.allow_comments = true;
  how.allow_trailing_commas = true;
  how.allow_invalid_utf8 = true;
  json::stream_parser parser(storage, how);
  // What stands behind the object does not matter.
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (stopped_at != nullptr) *stopped_at = read;
  if (!error && !parser.done()) parser.finish(error);
  return error ? json::value(nullptr) : parser.release();
}

// The document as a tree in `memory`, mended where need be; what was done stands in `repairs`.
ParseResult<json::value> read_tree(std::string_view document, Place start, json::monotonic_resource& memory,
                                   std::vector<std::string>& repairs) {
  const std::size_t most = std::max(kFewValues, document.size() / kBytesPerValue);
  std::string_view text = limit_values(document, most);
  const bool has_too_many = text.size() < document.size();
  boost::system::error_code error;
  std::size_t stopped_at = 0;
  if (json::value root = parse_value(text, &memory, error, &stopped_at); !error) return root;
  const Place place = behind(start, text.substr(0, stopped_at));
  std::string mended = in_json(text);
  memory.release();
  error.clear();
  if (json::value root = parse_value(mended, &memory, error); !error) {
    repairs.push_back(to_text({"line ends within strings, or words for numbers", place}));
    return root;
  }
  const std::string reason = has_too_many ? fmt::format("more than {} values", most) : error.message();
  const std::size_t whole = last_whole_item(mended);
  if (whole == 0) {
    return base::fail(has_too_many ? ParseError::kTooLarge : ParseError::kNotAFeed,
                      fmt::format("{}JSON at line {}, column {}: {}", has_too_many ? "" : "broken ", place.line,
                                  place.column, reason));
  }
  mended.resize(whole);
  mended += "]}";
  memory.release();
  error.clear();
  json::value root = parse_value(mended, &memory, error);
  if (error) return base::fail(ParseError::kNotAFeed, fmt::format("broken JSON: {}", reason));
  const std::string what = has_too_many ? reason : fmt::format("broken JSON ({})", reason);
  repairs.push_back(to_text({what + ", read up to the last whole item", place}));
  return root;
}

}  // namespace

ParseResult<Feed> parse_json_feed(std::string_view text, const ParseOptions& options, Place start) {
  Feed feed;
  json::monotonic_resource memory;
  auto root = read_tree(text, start, memory, feed.repairs);
  if (!root) return base::fail(root.error().code, root.error().message);
  const auto* object = root->if_object();
  if (object == nullptr || !object->contains("version") || !object->contains("items")) {
    return base::fail(ParseError::kNotAFeed, "JSON, but no JSON Feed: it has no \"version\" and \"items\"");
  }
  const Reader reader(options);
  feed.format = FeedFormat::kJsonFeed;
  feed.title = reader.text(*object, "title");
  feed.link = reader.url(*object, "home_page_url");
  feed.feed_url = reader.url(*object, "feed_url");
  feed.description = reader.text(*object, "description");
  feed.language = reader.text(*object, "language");
  feed.image = reader.url(*object, "icon");
  if (feed.image.empty()) feed.image = reader.url(*object, "favicon");
  feed.author = reader.author(*object);
  feed.next_url = reader.url(*object, "next_url");
  const auto* expired = object->if_contains("expired");
  feed.hints.complete = expired != nullptr && expired->is_bool() && expired->get_bool();
  if (const auto* hubs = Reader::array(*object, "hubs")) {
    for (const auto& hub : *hubs) {
      if (const auto* fields = hub.if_object(); fields != nullptr && feed.hub.empty())
        feed.hub = reader.url(*fields, "url");
    }
  }
  if (const auto* items = Reader::array(*object, "items")) {
    for (const auto& item : *items) {
      const auto* fields = item.if_object();
      if (fields == nullptr) continue;
      if (feed.items.size() >= options.max_items) {
        feed.repairs.push_back(fmt::format("only the first {} items were read", options.max_items));
        break;
      }
      feed.items.push_back(reader.item(*fields));
    }
  }
  return feed;
}

}  // namespace podswarm::feeds
