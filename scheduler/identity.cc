#include "scheduler/identity.h"

#include <chrono>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"

namespace podswarm::scheduler {

std::string identity_of(const feeds::Item& item) {
  if (const auto guid = base::trim(item.guid); !guid.empty()) return "guid:" + std::string(guid);
  // A torrent moves between trackers and mirrors; its info-hash stays.
  if (item.torrent && !item.torrent->info_hash.empty()) return "btih:" + base::ascii_lower(item.torrent->info_hash);
  for (const auto& enclosure : item.enclosures) {
    if (!enclosure.url.empty()) return "url:" + base::canonical_url(enclosure.url);
  }
  if (!item.link.empty()) return "link:" + base::canonical_url(item.link);
  if (item.title.empty() && !item.published) return {};
  std::string day;
  if (item.published) day = base::format_rfc3339(*item.published).substr(0, 10);
  return "title:" + base::ascii_lower(base::trim(item.title)) + "|" + day;
}

}  // namespace podswarm::scheduler
