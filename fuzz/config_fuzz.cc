// Any text as a configuration file: a configuration or problems, never both, never neither.
#include <cstdlib>

#include "config/config.h"

using namespace podswarm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = config::parse_config(text, "fuzz.toml");
  if (result.config.has_value() != result.problems.empty()) std::abort();
  if (result.config) (void)config::settings_for(*result.config, "https://a.example/", "A", {});
  (void)config::parse_rules(text, "fuzz.toml");
  return 0;
}
