// Where things lie by default (XDG Base Directory Specification). Pure but for process_environment().
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace podswarm::config {

// The value of an environment variable, nothing where it is unset or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] Environment process_environment();

struct Paths {
  std::filesystem::path config_file;  // $XDG_CONFIG_HOME/podswarm/config.toml
  std::filesystem::path data_dir;     // $XDG_DATA_HOME/podswarm: database, partial downloads
  std::filesystem::path runtime_dir;  // $XDG_RUNTIME_DIR/podswarm: the daemon's address and token; else below data_dir
  std::filesystem::path library_dir;  // ~/Podcasts
};

// Relative values of XDG variables are ignored, as the specification asks. Without HOME the current folder stands in.
[[nodiscard]] Paths default_paths(const Environment& environment = process_environment());

// "~" and "~/x" become the home folder's; other text stands.
[[nodiscard]] std::filesystem::path expand_home(const std::string& text,
                                                const Environment& environment = process_environment());

}  // namespace podswarm::config
