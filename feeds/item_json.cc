#include "feeds/item_json.h"

#include <boost/json/parse.hpp>
#include <cmath>

#include "base/units.h"
#include "feeds/normalised_json.h"

namespace podswarm::feeds {

namespace json = boost::json;

namespace {

// Reads members of one object; what is absent or of a wrong type leaves the default.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  [[nodiscard]] std::string text(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  [[nodiscard]] std::optional<double> number(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  }
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    json::error_code error;
    const auto result = value->to_number<std::uint64_t>(error);
    return error ? std::nullopt : std::optional(result);
  }
  [[nodiscard]] std::optional<bool> flag(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    return value != nullptr && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::chrono::sys_seconds> time(std::string_view key) const {
    return base::parse_rfc3339(text(key));
  }
  [[nodiscard]] const json::object* object(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    return value != nullptr ? value->if_object() : nullptr;
  }
  template <class F>
  void each_object(std::string_view key, F&& visit) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr || !value->is_array()) return;
    for (const auto& element : value->get_array()) {
      if (const auto* member = element.if_object()) visit(Reader(*member));
    }
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> out;
    const auto* value = object_.if_contains(key);
    if (value == nullptr || !value->is_array()) return out;
    for (const auto& element : value->get_array()) {
      if (element.is_string()) out.emplace_back(element.get_string());
    }
    return out;
  }

 private:
  const json::object& object_;
};

AlternateEnclosure read_alternate(const Reader& in) {
  AlternateEnclosure out;
  out.type = in.text("type");
  out.length = in.count("length");
  out.bitrate = in.number("bitrate");
  out.height = in.number("height");
  out.lang = in.text("lang");
  out.title = in.text("title");
  out.rel = in.text("rel");
  out.codecs = in.text("codecs");
  out.is_default = in.flag("default").value_or(false);
  in.each_object("sources", [&](const Reader& source) {
    const std::string uri = source.text("uri");
    const std::string type = source.text("type");
    out.sources.push_back({uri, type, link_kind(uri, type)});
  });
  if (const auto* integrity = in.object("integrity")) {
    out.integrity_type = Reader(*integrity).text("type");
    out.integrity_value = Reader(*integrity).text("value");
  }
  return out;
}

}  // namespace

json::array chapters_json(const std::vector<SimpleChapter>& chapters) {
  json::array out;
  for (const auto& chapter : chapters) {
    json::object entry{{"startTime", static_cast<double>(chapter.start.count()) / 1000}, {"title", chapter.title}};
    if (!chapter.link.empty()) entry["url"] = chapter.link;
    if (!chapter.image.empty()) entry["img"] = chapter.image;
    out.push_back(std::move(entry));
  }
  return out;
}

json::object stored_json(const Item& item) {
  json::object out = to_json(item);
  if (!item.simple_chapters.empty()) out["simple_chapters"] = chapters_json(item.simple_chapters);
  return out;
}

std::optional<Item> item_from_json(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  const Reader in(value.get_object());
  Item item;
  item.guid = in.text("guid");
  item.title = in.text("title");
  item.link = in.text("link");
  item.published = in.time("published");
  item.updated = in.time("updated");
  item.description = in.text("description");
  item.content = in.text("content");
  item.author = in.text("author");
  item.duration_seconds = in.count("duration_seconds");
  item.season = in.number("season");
  item.episode = in.number("episode");
  item.episode_type = in.text("episode_type");
  item.is_explicit = in.flag("explicit");
  item.image = in.text("image");
  item.categories = in.texts("categories");
  in.each_object("enclosures", [&](const Reader& enclosure) {
    const std::string url = enclosure.text("url");
    const std::string type = enclosure.text("type");
    item.enclosures.push_back({url, type, enclosure.count("length"), link_kind(url, type)});
  });
  in.each_object("alternate_enclosures",
                 [&](const Reader& alternate) { item.alternate_enclosures.push_back(read_alternate(alternate)); });
  if (const auto* chapters = in.object("chapters")) {
    item.chapters = Chapters{Reader(*chapters).text("url"), Reader(*chapters).text("type")};
  }
  in.each_object("simple_chapters", [&](const Reader& chapter) {
    const std::chrono::milliseconds start(std::llround(chapter.number("startTime").value_or(0) * 1000));
    item.simple_chapters.push_back({start, chapter.text("title"), chapter.text("url"), chapter.text("img")});
  });
  in.each_object("transcripts", [&](const Reader& transcript) {
    item.transcripts.push_back(
        {transcript.text("url"), transcript.text("type"), transcript.text("language"), transcript.text("rel")});
  });
  if (const auto* torrent = in.object("torrent")) {
    const Reader from(*torrent);
    item.torrent = TorrentInfo{from.text("info_hash"), from.text("magnet"),    from.count("content_length"),
                               from.count("seeders"),  from.count("leechers"), from.text("filename")};
  }
  return item;
}

}  // namespace podswarm::feeds
