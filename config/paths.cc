#include "config/paths.h"

#include <cstdlib>

namespace podswarm::config {

namespace fs = std::filesystem;

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

namespace {

fs::path home(const Environment& environment) {
  return environment("HOME").value_or(".");
}

// The variable's folder where it is set and absolute, else the one given.
fs::path base_folder(const Environment& environment, const char* variable, fs::path otherwise) {
  const fs::path value = environment(variable).value_or("");
  return value.is_absolute() ? value : std::move(otherwise);
}

}  // namespace

Paths default_paths(const Environment& environment) {
  const fs::path home_folder = home(environment);
  Paths paths;
  paths.config_file = base_folder(environment, "XDG_CONFIG_HOME", home_folder / ".config") / "podswarm" / "config.toml";
  paths.data_dir = base_folder(environment, "XDG_DATA_HOME", home_folder / ".local" / "share") / "podswarm";
  const fs::path runtime = base_folder(environment, "XDG_RUNTIME_DIR", {});
  paths.runtime_dir = runtime.empty() ? paths.data_dir / "run" : runtime / "podswarm";
  paths.library_dir = home_folder / "Podcasts";
  return paths;
}

fs::path expand_home(const std::string& text, const Environment& environment) {
  if (text == "~") return home(environment);
  if (text.starts_with("~/")) return home(environment) / text.substr(2);
  return text;
}

}  // namespace podswarm::config
