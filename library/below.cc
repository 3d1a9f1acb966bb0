#include "library/below.h"

#include <fcntl.h>

#include "base/beneath.h"

namespace podswarm::library {

namespace fs = std::filesystem;

std::optional<fs::path> path_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_normal().lexically_relative((folder / "").lexically_normal().parent_path());
  if (relative.empty() || relative == "." || *relative.begin() == "..") return std::nullopt;
  return relative;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path_below(path, folder);
  if (!relative) return false;
  const auto opened = base::open_beneath(folder, relative->parent_path(), O_PATH | O_DIRECTORY);
  return opened || opened.error().code != base::FileError::kOutside;
}

fs::path root_of(const fs::path& path, const fs::path& library) {
  return path_below(path, library) ? library : path.parent_path();
}

fs::path common_folder(std::span<const fs::path> paths) {
  if (paths.empty()) return {};
  fs::path common = paths.front().parent_path();
  for (const auto& path : paths) {
    // A root is its own parent, and "" everybody's.
    while (!common.empty() && !path_below(path, common)) {
      common = common == common.parent_path() ? fs::path() : common.parent_path();
    }
  }
  return common;
}

}  // namespace podswarm::library
