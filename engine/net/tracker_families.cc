#include "engine/net/tracker_families.h"

#include <algorithm>

namespace podswarm::engine {

std::vector<AddressFamily> TrackerFamilies::choose(const std::string& host,
                                                   const std::vector<boost::asio::ip::address>& addresses,
                                                   const boost::asio::ip::address& local, base::SteadyTime now) const {
  std::vector<AddressFamily> chosen;
  for (const AddressFamily family : {AddressFamily::kV4, AddressFamily::kV6}) {
    if (!std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) { return is_of(family, address); })) {
      return {AddressFamily::kAny};
    }
    const auto paused = paused_.find({host, family});
    if (paused != paused_.end() && now < paused->second) continue;
    if (!local.is_unspecified() && !is_of(family, local)) continue;
    chosen.push_back(family);
  }
  if (chosen.empty()) chosen.push_back(AddressFamily::kAny);
  return chosen;
}

void TrackerFamilies::failed(const std::string& host, AddressFamily family, base::SteadyTime now) {
  if (paused_.size() >= kMost) {
    std::erase_if(paused_, [now](const auto& entry) { return entry.second <= now; });
    if (paused_.size() >= kMost) paused_.erase(paused_.begin());
  }
  paused_.insert_or_assign({host, family}, now + kPause);
}

void TrackerFamilies::all_failed(const std::string& host) {
  paused_.erase({host, AddressFamily::kV4});
  paused_.erase({host, AddressFamily::kV6});
}

}  // namespace podswarm::engine
