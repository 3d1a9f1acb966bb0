#include "scheduler/identity.h"

#include <chrono>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "scheduler/media_key.h"

namespace podswarm::scheduler {

std::string identity_of(const feeds::Item& item) {
  if (const auto guid = base::trim(item.guid); !guid.empty()) return "guid:" + std::string(guid);
  // A torrent moves between trackers and mirrors; its info-hash stays.
  if (item.torrent && !item.torrent->info_hash.empty()) return "btih:" + base::ascii_lower(item.torrent->info_hash);
  for (const auto& enclosure : item.enclosures) {
    if (!enclosure.url.empty()) return "url:" + media_key(enclosure.url);
  }
  if (!item.link.empty()) return "link:" + base::canonical_url(item.link);
  if (item.title.empty() && !item.published) return {};
  std::string day;
  if (item.published) day = base::format_rfc3339(*item.published).substr(0, 10);
  return "title:" + base::ascii_lower(base::trim(item.title)) + "|" + day;
}

std::vector<std::string> further_keys(const feeds::Item& item) {
  std::vector<std::string> keys;
  if (item.torrent && !item.torrent->info_hash.empty())
    keys.push_back("btih:" + base::ascii_lower(item.torrent->info_hash));
  for (const auto& enclosure : item.enclosures) {
    // Pictures are shared by all episodes of a show.
    if (!enclosure.url.empty() && !base::istarts_with(enclosure.type, "image/"))
      keys.push_back("url:" + media_key(enclosure.url));
  }
  return keys;
}

std::string comparable_title(std::string_view title) {
  std::string out;
  for (const char c : base::ascii_lower(title)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (letter) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return std::string(base::trim(out));
}

std::optional<std::chrono::sys_days> day_of(std::optional<base::WallTime> published) {
  if (!published) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*published);
}

Likeness likeness(const feeds::Item& item, const KnownEpisode& known, std::string_view key, bool in_document) {
  if (key.starts_with("btih:")) return in_document ? Likeness::kDuplicate : Likeness::kSame;
  const bool same_title = comparable_title(item.title) == comparable_title(known.title);
  if (in_document) return same_title ? Likeness::kDuplicate : Likeness::kOther;
  const auto day = day_of(item.published ? item.published : item.updated);
  const bool same_day = day && day == day_of(known.published);
  return same_title || same_day ? Likeness::kSame : Likeness::kOther;
}

}  // namespace podswarm::scheduler
