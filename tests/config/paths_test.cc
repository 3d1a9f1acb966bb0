#include "config/paths.h"

#include <gtest/gtest.h>

#include <map>

namespace podswarm::config {
namespace {

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

TEST(Paths, FollowTheXdgVariables) {
  const auto paths = default_paths(environment(
      {{"HOME", "/home/u"}, {"XDG_CONFIG_HOME", "/c"}, {"XDG_DATA_HOME", "/d"}, {"XDG_RUNTIME_DIR", "/r"}}));
  EXPECT_EQ(paths.config_file, "/c/podswarm/config.toml");
  EXPECT_EQ(paths.data_dir, "/d/podswarm");
  EXPECT_EQ(paths.runtime_dir, "/r/podswarm");
  EXPECT_EQ(paths.library_dir, "/home/u/Podcasts");
}

TEST(Paths, FallBackToTheHomeFolder) {
  const auto paths = default_paths(environment({{"HOME", "/home/u"}, {"XDG_DATA_HOME", "relative"}}));
  EXPECT_EQ(paths.config_file, "/home/u/.config/podswarm/config.toml");
  EXPECT_EQ(paths.data_dir, "/home/u/.local/share/podswarm");
  EXPECT_EQ(paths.runtime_dir, "/home/u/.local/share/podswarm/run");
}

TEST(Paths, ATildeIsTheHomeFolder) {
  const auto home = environment({{"HOME", "/home/u"}});
  EXPECT_EQ(expand_home("~/Podcasts", home), "/home/u/Podcasts");
  EXPECT_EQ(expand_home("~", home), "/home/u");
  EXPECT_EQ(expand_home("/srv/~/x", home), "/srv/~/x");
  EXPECT_EQ(expand_home("~other/x", home), "~other/x");
}

}  // namespace
}  // namespace podswarm::config
