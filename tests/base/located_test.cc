#include "base/located.h"

#include <gtest/gtest.h>

#include <vector>

namespace podswarm::base {
namespace {

TEST(Located, DiagnosticsPointAtTheirPlace) {
  EXPECT_EQ((Diagnostic{"podswarm.toml", {3, 7}, "unknown key", "did you mean \"url\"?"}.to_string()),
            "podswarm.toml:3:7: unknown key (did you mean \"url\"?)");
  EXPECT_EQ((Diagnostic{"podswarm.toml", {}, "missing", ""}.to_string()), "podswarm.toml: missing");
}

TEST(Located, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("title", "title"), 0u);
  EXPECT_EQ(edit_distance("interval", "intreval"), edit_distance("intreval", "interval"));
}

TEST(Located, NearestIsNearOrNothing) {
  const std::vector<std::string> keys{"interval", "user-agent", "url", "title"};
  EXPECT_EQ(nearest("intervall", keys), "interval");
  EXPECT_EQ(nearest("titel", keys), "title");
  EXPECT_EQ(nearest("ulr", keys), "url");
  EXPECT_EQ(nearest("something", keys), "");
  EXPECT_EQ(nearest("x", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace podswarm::base
