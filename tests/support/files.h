// What tests do with files: a folder that goes with the test, reading, writing, and looking at trees.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace podswarm::test {

// A new folder below the system's temporary folder, removed with all it holds. Others may look into it: servers that
// give up root's rights do.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Makes the folders above as well. Throws std::runtime_error.
void write(const std::filesystem::path& file, std::string_view content);
// "" where there is no such file.
[[nodiscard]] std::string read(const std::filesystem::path& file);

// Every regular file below `folder`: its path relative to it, and its size.
[[nodiscard]] std::map<std::string, std::uintmax_t> tree(const std::filesystem::path& folder);

}  // namespace podswarm::test
