#include "library/name_index.h"

#include <algorithm>
#include <system_error>

#include "library/name_fold.h"

namespace podswarm::library {

const NameIndex::Names& NameIndex::names_in(const std::filesystem::path& folder) {
  const auto known = folders_.find(folder);
  if (known != folders_.end()) return known->second;
  Names names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    names[folded(name)].insert(name);
  }
  return folders_.emplace(folder, std::move(names)).first->second;
}

bool NameIndex::taken(const std::filesystem::path& path) {
  return names_in(path.parent_path()).contains(folded(path.filename().string()));
}

bool NameIndex::has_double(const std::filesystem::path& path, const std::filesystem::path& except) {
  const auto& names = names_in(path.parent_path());
  const auto same = names.find(folded(path.filename().string()));
  if (same == names.end()) return false;
  const bool excepted = except.parent_path() == path.parent_path();
  return std::any_of(same->second.begin(), same->second.end(), [&](const std::string& name) {
    return name != path.filename().string() && !(excepted && name == except.filename().string());
  });
}

}  // namespace podswarm::library
