// Which files of a torrent a person wants: the value of `--files`. Pure values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/core/file_priority.h"
#include "engine/engine.h"

namespace podswarm::app {

enum class FileChoiceError { kEmpty, kRange };

class FileChoice {
 public:
  // Parts between commas, blanks around them ignored. Digits, or digits with a dash between them, are places in the
  // torrent's list from 0 on, as in a magnet's `so=` (BEP 53): "0,2-4". All else is a pattern as shells know them
  // (fnmatch(3), where `*` goes across folders): "*.ogg". It is held against the path and against what is left of it
  // without its outer folders, so that a file's name alone will do. `?` can stand for a comma.
  [[nodiscard]] static base::Result<FileChoice, FileChoiceError> parse(std::string_view text);

  [[nodiscard]] bool takes(std::uint32_t index, const std::string& path) const;
  // By FileInfo::index, as Engine::set_files() takes it; empty where not one of the files is taken.
  [[nodiscard]] std::vector<engine::FilePriority> priorities(const std::vector<engine::FileInfo>& files) const;

 private:
  using Range = std::pair<std::uint32_t, std::uint32_t>;  // both included
  using Pattern = std::string;

  std::vector<std::variant<Range, Pattern>> parts_;
};

// The files as a table for who has to choose: index, size, path.
[[nodiscard]] std::string listing(const std::vector<engine::FileInfo>& files);

}  // namespace podswarm::app
