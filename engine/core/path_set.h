// Gives every file of a torrent a path on disk of its own (see FileLayout::Entry::path). A pure value.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace podswarm::engine {

// Paths differ when they differ without regard to the case of ASCII letters, as some file systems see them. A file
// whose name is taken is numbered ("bar.1.txt"); a folder whose name a file has taken is numbered for all files in it.
class PathSet {
 public:
  // `cleaned` are clean_element()s joined with '/'. The answer was given for no file before.
  [[nodiscard]] std::string add(std::string_view cleaned);

 private:
  // The folder `name` in `parent` ("" or ends in '/'), as a path that ends in '/'.
  [[nodiscard]] std::string folder(const std::string& parent, const std::string& name, std::size_t max_bytes);
  // `name`, or with a number when it is taken; the answer is taken then.
  [[nodiscard]] std::string take(const std::string& parent, const std::string& name, std::size_t max_bytes);

  std::unordered_set<std::string> taken_;                  // paths in lower case
  std::unordered_map<std::string, std::string> folders_;   // folders: path in lower case to the path on disk
  std::unordered_map<std::string, unsigned> last_number_;  // of a name that was taken, in lower case
};

}  // namespace podswarm::engine
