#include "feeds/duration.h"
#include "feeds/values.h"
#include "feeds/vocabularies.h"

namespace podswarm::feeds {

namespace {

// Normal play time (RFC 2326 §3.6): "1:02:03.456", "62:03" or "3723.456". Digits behind the third are cut off.
std::optional<std::chrono::milliseconds> parse_play_time(std::string_view text) {
  const auto seconds = parse_media_duration(text);
  if (!seconds) return std::nullopt;
  std::int64_t thousandths = 0;
  if (const auto point = text.find_first_of(".,"); point != std::string_view::npos) {
    std::int64_t unit = 100;
    for (const char digit : text.substr(point + 1, 3)) {
      thousandths += (digit - '0') * unit;
      unit /= 10;
    }
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds) * 1000 + thousandths);
}

}  // namespace

void read_podlove(const Element& element, std::string_view local, ItemBuilder& item) {
  if (local != "chapters") return;
  auto& chapters = item.item.simple_chapters;
  element.each_child([&](const Element& child) {
    if (!child.name().is(Vocabulary::kPodlove, "chapter") || chapters.size() >= kMaxListEntries) return;
    const auto start = parse_play_time(child.attribute("start"));
    if (!start) return;
    chapters.push_back({*start, child.attribute("title"), child.url_attribute("href"), child.url_attribute("image")});
  });
}

}  // namespace podswarm::feeds
