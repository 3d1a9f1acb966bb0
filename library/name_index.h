// The names that are taken in the library's folders, as every file system would see them: "ep.mp3" is taken where
// "Ep.mp3" is. Each folder is read once; what changes later is not seen. Blocking; not thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace podswarm::library {

class NameIndex {
 public:
  // By anything that is there under this name or one that some file system takes for it.
  [[nodiscard]] bool taken(const std::filesystem::path& path);
  // By another one than `path` itself, whether that is there or not; `except` does not count.
  [[nodiscard]] bool has_double(const std::filesystem::path& path, const std::filesystem::path& except = {});

 private:
  using Names = std::map<std::string, std::set<std::string>>;  // by folded name
  const Names& names_in(const std::filesystem::path& folder);

  std::map<std::filesystem::path, Names> folders_;
};

}  // namespace podswarm::library
