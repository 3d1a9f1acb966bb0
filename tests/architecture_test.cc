// The arrows between the folders, and each third-party library's door, as docs/architecture.md has them: read from the
// #include lines of the sources.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;  // relative to the source tree
  int line;
  std::string target;
  bool quoted;

  [[nodiscard]] std::string where() const { return file + ":" + std::to_string(line) + " includes " + target; }
};

const std::vector<std::string> kFolders = {"base",    "feeds",     "engine", "db", "config",
                                           "library", "scheduler", "web",    "app"};

std::vector<Include> includes_of(const fs::path& file, const std::string& name) {
  std::vector<Include> found;
  std::ifstream in(file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.starts_with("#include ")) continue;
    const auto open = line.find_first_of("\"<");
    const auto close = line.find_first_of("\">", open + 1);
    if (open == std::string::npos || close == std::string::npos) continue;
    found.push_back({name, number, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return found;
}

const std::vector<Include>& all_includes() {
  static const std::vector<Include> all = [] {
    std::vector<Include> found;
    const fs::path root = PODSWARM_SOURCE_DIR;
    for (const auto& folder : kFolders) {
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const auto extension = entry.path().extension();
        if (extension != ".h" && extension != ".cc") continue;
        const auto of_file = includes_of(entry.path(), entry.path().lexically_relative(root).string());
        found.insert(found.end(), of_file.begin(), of_file.end());
      }
    }
    return found;
  }();
  return all;
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.find('/'));
}

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) { return text.starts_with(prefix); });
}

TEST(Architecture, EveryFolderIsRead) {
  for (const auto& folder : kFolders) {
    EXPECT_GT(std::count_if(all_includes().begin(), all_includes().end(),
                            [&](const Include& include) { return folder_of(include.file) == folder; }),
              3)
        << folder;
  }
}

TEST(Architecture, FoldersIncludeOnlyWhatTheArrowsAllow) {
  const std::vector<std::string> everything = {"base/",    "feeds/",     "engine/", "db/", "config/",
                                               "library/", "scheduler/", "web/",    "app/"};
  // Own headers are allowed everywhere.
  const std::map<std::string, std::vector<std::string>> allowed = {
      {"base", {}},
      {"feeds", {"base/"}},
      {"engine", {"base/"}},
      {"db", {"base/"}},
      {"config", {"base/"}},
      {"library", {"base/"}},
      {"scheduler", {"base/", "feeds/", "engine/", "db/", "config/", "library/"}},
      {"web", {"base/", "scheduler/service.h", "scheduler/types.h"}},
      {"app", everything},
  };
  for (const auto& include : all_includes()) {
    if (!include.quoted) continue;
    const std::string folder = folder_of(include.file);
    EXPECT_TRUE(include.target.starts_with(folder + "/") || starts_with_any(include.target, allowed.at(folder)))
        << include.where();
    EXPECT_TRUE(fs::exists(fs::path(PODSWARM_SOURCE_DIR) / include.target))
        << include.where() << ", which is not named from the top of the tree";
  }
}

TEST(Architecture, EveryLibraryHasItsDoor) {
  struct Door {
    std::vector<std::string> headers;
    std::vector<std::string> files;
  };
  const std::vector<Door> doors = {
      {{"Poco/"}, {"feeds/", "web/"}},
      {{"pugixml"}, {"feeds/"}},
      {{"SQLiteCpp/", "sqlite3"}, {"db/"}},
      {{"toml++/", "toml.hpp"}, {"config/"}},
      {{"CLI/"}, {"app/cli"}},
      {{"re2/"}, {"feeds/rules/"}},
      {{"pcre2.h"}, {"feeds/rules/pcre_match.cc"}},
      {{"taglib/", "fileref.h", "tag.h"}, {"library/"}},
      {{"openssl/"}, {"engine/", "feeds/"}},
      {{"boost/asio", "boost/beast"}, {"engine/", "scheduler/", "app/"}},
      {{"brotli/", "zlib.h"}, {"feeds/", "engine/"}},
      {{"iconv.h"}, {"feeds/"}},
      {{"utf8proc.h"}, {"library/name_fold"}},
  };
  for (const auto& include : all_includes()) {
    if (include.quoted) continue;
    for (const auto& door : doors) {
      if (!starts_with_any(include.target, door.headers)) continue;
      EXPECT_TRUE(starts_with_any(include.file, door.files)) << include.where();
    }
    EXPECT_NE(include.target, "regex") << include.where() << ": feed text is matched by RE2";
    EXPECT_NE(include.target, "boost/asio.hpp")
        << include.where() << ": narrow headers compile in a fraction of the time";
  }
}

TEST(Architecture, TheEnginesCoresKnowNoSocketsFilesThreadsOrClocks) {
  // Beast's HTTP parser eats bytes and does nothing else.
  const std::vector<std::string> pure = {"boost/asio/buffer.hpp", "boost/beast/http/"};
  const std::vector<std::string> shells = {"boost/asio", "boost/beast", "sys/socket.h", "netinet/",    "thread",
                                           "mutex",      "fstream",     "fcntl.h",      "engine/net/", "engine/disk/"};
  for (const auto& include : all_includes()) {
    if (!include.file.starts_with("engine/core/") || starts_with_any(include.target, pure)) continue;
    EXPECT_FALSE(starts_with_any(include.target, shells)) << include.where();
  }
}

}  // namespace
}  // namespace podswarm
