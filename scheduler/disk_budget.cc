#include "scheduler/disk_budget.h"

#include <algorithm>

#include "base/units.h"

namespace podswarm::scheduler {

namespace {

std::string over(const std::string& whose, std::uint64_t limit, std::uint64_t used, std::uint64_t more) {
  std::string text = whose + " of " + base::format_bytes(limit) + " is used up";
  if (used < limit) text = whose + " of " + base::format_bytes(limit) + " has no room for " + base::format_bytes(more);
  return text + "; downloads wait until episodes are deleted";
}

// Others write to the disk, too, and verified bytes are counted later than they are written.
constexpr std::uint64_t kTolerance = 64u << 20;

std::string no_room(const std::filesystem::path& root, std::uint64_t free, std::uint64_t needed) {
  return root.string() + ": " + base::format_bytes(free) + " free, and " + base::format_bytes(needed - free) +
         " too little for what is to come; downloads wait until there is room (download.min_free is kept free)";
}

}  // namespace

void DiskBudget::set_disk(const std::filesystem::path& root, std::optional<std::uint64_t> free) {
  free_[root] = free;
}

void DiskBudget::add_stored(std::int64_t feed, std::uint64_t bytes) {
  library_.used += bytes;
  feeds_[feed].used += bytes;
}

void DiskBudget::remove_stored(std::int64_t feed, std::uint64_t bytes) {
  library_.used -= bytes;
  feeds_[feed].used -= bytes;
}

std::uint64_t DiskBudget::rest_of(const Download& download) const {
  if (!download.size) return std::min(kMostUnknown, min_free_ / kUnknownPart);
  return *download.size - std::min(*download.size, download.received);
}

void DiskBudget::add_running(const Download& download) {
  // What a download of unknown size has received is there, and that more comes is not known.
  const std::uint64_t rest = download.size ? rest_of(download) : 0;
  to_come_ += rest;
  to_come_below_[download.root] += rest;
  const std::uint64_t counted = rest + (download.received_counted ? 0 : download.received);
  library_.used += counted;
  feeds_[download.feed].used += counted;
}

std::string DiskBudget::obstacle(const Download& download) const {
  const std::uint64_t rest = rest_of(download);
  const auto disk = free_.find(download.root);
  const std::uint64_t needed = min_free_ + to_come_ + rest;
  if (disk != free_.end() && disk->second && *disk->second < needed) {
    return no_room(download.root, *disk->second, needed);
  }
  // An unknown size is given the benefit of the doubt while there is any room: it stops when it has used that up.
  const std::uint64_t counted = (download.size ? rest : 1) + (download.received_counted ? 0 : download.received);
  const auto full = [&](const Quota& quota) { return quota.limit != 0 && quota.used + counted > quota.limit; };
  const auto feed = feeds_.find(download.feed);
  if (feed != feeds_.end() && full(feed->second)) {
    return over("the feed's quota", feed->second.limit, feed->second.used, counted);
  }
  if (full(library_)) return over("the library's quota", library_.limit, library_.used, counted);
  return {};
}

std::string DiskBudget::overrun(std::int64_t feed, const std::filesystem::path& root) const {
  const auto disk = free_.find(root);
  if (disk != free_.end() && disk->second) {
    const auto below = to_come_below_.find(root);
    const std::uint64_t to_come = below == to_come_below_.end() ? 0 : below->second;
    const std::uint64_t free = *disk->second;
    if (free < min_free_ || free + kTolerance < min_free_ + to_come) return no_room(root, free, min_free_ + to_come);
  }
  const auto full = [](const Quota& quota) { return quota.limit != 0 && quota.used > quota.limit; };
  const auto quota = feeds_.find(feed);
  if (quota != feeds_.end() && full(quota->second)) {
    return over("the feed's quota", quota->second.limit, quota->second.used, 0);
  }
  if (full(library_)) return over("the library's quota", library_.limit, library_.used, 0);
  return {};
}

std::uint64_t DiskBudget::margin(std::int64_t feed, const std::filesystem::path& root) const {
  std::uint64_t margin = UINT64_MAX;
  const auto disk = free_.find(root);
  if (disk != free_.end() && disk->second) margin = *disk->second - std::min(*disk->second, min_free_);
  const auto within = [&](const Quota& quota) {
    if (quota.limit != 0) margin = std::min(margin, quota.limit - std::min(quota.limit, quota.used));
  };
  if (const auto own = feeds_.find(feed); own != feeds_.end()) within(own->second);
  within(library_);
  return margin;
}

}  // namespace podswarm::scheduler
