#include "web/request_check.h"

#include <gtest/gtest.h>

namespace podswarm::web {
namespace {

TEST(RequestCheck, OwnHostsAreLoopbackWithThePort) {
  for (const char* host : {"127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080", " 127.0.0.1:8080 "}) {
    EXPECT_TRUE(is_own_host(host, "127.0.0.1", 8080)) << host;
  }
  EXPECT_TRUE(is_own_host("127.0.0.9:8080", "127.0.0.9", 8080));
  EXPECT_TRUE(is_own_host("localhost", "127.0.0.1", 80));
}

TEST(RequestCheck, OtherHostsAreNot) {
  for (const char* host : {"", "localhost", "localhost:80", "evil.test:8080", "localhost.evil.test:8080", "evil.test",
                           "127.0.0.1:80801", "127.0.0.1:08080", "127.0.0.1:", ":8080", "[::1]", "[::1]8080",
                           "192.168.1.2:8080", "127.0.0.1@evil.test:8080"}) {
    EXPECT_FALSE(is_own_host(host, "127.0.0.1", 8080)) << host;
  }
}

TEST(RequestCheck, TheTokenMustBeExact) {
  EXPECT_TRUE(has_token("Bearer abc123", "abc123"));
  EXPECT_TRUE(has_token("bearer  abc123 ", "abc123"));
  for (const char* field : {"", "Bearer", "Bearer ", "Bearer abc12", "Bearer abc1234", "Bearer abc124", "Bearer ABC123",
                            "Basic abc123", "abc123", "Bearer abc123abc123", "Bearerabc123"}) {
    EXPECT_FALSE(has_token(field, "abc123")) << field;
  }
  EXPECT_FALSE(has_token("Bearer ", ""));
}

TEST(RequestCheck, TargetsAreDecoded) {
  const auto request =
      parse_target("GET", "/api/v1/feeds/a%2Fb%20c?url=http%3A%2F%2Fx&flag&q=a+b%2Bc&q=second&&=e#frag");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->path, "/api/v1/feeds/a/b c");
  EXPECT_EQ(request->query.at("url"), "http://x");
  EXPECT_EQ(request->query.at("flag"), "");
  EXPECT_EQ(request->query.at("q"), "a b+c");
  EXPECT_EQ(request->query.at(""), "e");
  EXPECT_EQ(request->query.size(), 4u);
}

TEST(RequestCheck, BadTargetsAreRefused) {
  for (const char* target : {"", "*", "api/v1/x", "http://127.0.0.1/api/v1/x", "/api/../etc", "/%2e%2e/x", "/a/..",
                             "/a%2f..%2fb", "/%00", "/a%0ab", "/\xff", "/%ff", "/?q=%ff", "/?%ff=1"}) {
    EXPECT_FALSE(parse_target("GET", target)) << target;
  }
  EXPECT_TRUE(parse_target("GET", "/a..b/...c"));
}

}  // namespace
}  // namespace podswarm::web
