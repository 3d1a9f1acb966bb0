#include "engine/net/name_cache.h"

#include <algorithm>
#include <utility>

namespace podswarm::engine {

const Lookup* NameCache::find(const std::string& host, base::SteadyTime now) const {
  const auto at = names_.find(host);
  return at == names_.end() || at->second.until <= now ? nullptr : &at->second.lookup;
}

void NameCache::put(const std::string& host, Lookup lookup, base::SteadyTime now) {
  if (names_.size() >= kMost && !names_.contains(host)) {
    std::erase_if(names_, [now](const auto& entry) { return entry.second.until <= now; });
    if (names_.size() >= kMost) {
      names_.erase(std::min_element(names_.begin(), names_.end(),
                                    [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
    }
  }
  const auto keep = lookup.addresses.empty() ? kKeepFailure : kKeep;
  names_.insert_or_assign(host, Entry{std::move(lookup), now + keep});
}

}  // namespace podswarm::engine
