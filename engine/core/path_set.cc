#include "engine/core/path_set.h"

#include <algorithm>

#include "base/text.h"
#include "engine/core/safe_path.h"

namespace podswarm::engine {

namespace {

// Above this a whole path is made of shorter elements: systems refuse paths of 4,096 bytes, and the download's folder
// stands before it.
constexpr std::size_t kMaxPathBytes = 2000;

}  // namespace

std::string PathSet::add(std::string_view cleaned) {
  const auto elements = base::split(cleaned, '/');
  std::size_t max_bytes = kMaxNameBytes;
  if (cleaned.size() > kMaxPathBytes) {
    max_bytes = std::clamp<std::size_t>(kMaxPathBytes / elements.size(), 16, kMaxNameBytes);
  }
  std::string path;
  for (std::size_t i = 0; i + 1 < elements.size(); ++i) {
    path = folder(path, disk_element(elements[i], max_bytes), max_bytes);
  }
  return path + take(path, disk_element(elements.back(), max_bytes), max_bytes);
}

std::string PathSet::folder(const std::string& parent, const std::string& name, std::size_t max_bytes) {
  const std::string key = base::ascii_lower(parent + name);
  const auto known = folders_.find(key);
  if (known != folders_.end()) return known->second;
  const std::string path = parent + take(parent, name, max_bytes) + "/";
  folders_.emplace(key, path);
  return path;
}

std::string PathSet::take(const std::string& parent, const std::string& name, std::size_t max_bytes) {
  const std::string key = base::ascii_lower(parent + name);
  if (taken_.insert(key).second) return name;
  unsigned& number = last_number_[key];
  for (;;) {
    std::string other = numbered(name, ++number, max_bytes);
    if (taken_.insert(base::ascii_lower(parent + other)).second) return other;
  }
}

}  // namespace podswarm::engine
