#include "feeds/redirects.h"

#include <gtest/gtest.h>

namespace podswarm::feeds {
namespace {

RedirectChain started(std::string_view url, int max = 20) {
  return *RedirectChain::start(url, max);
}

TEST(Redirects, ResolveAgainstTheCurrentUrl) {
  auto chain = started("http://a.test/x/feed?q=1#part");
  EXPECT_EQ(chain.current_text(), "http://a.test/x/feed?q=1");
  ASSERT_TRUE(chain.follow(302, "../y"));
  EXPECT_EQ(chain.current_text(), "http://a.test/y");
  ASSERT_TRUE(chain.follow(302, "?z=1"));
  EXPECT_EQ(chain.current_text(), "http://a.test/y?z=1");
  ASSERT_TRUE(chain.follow(302, "//b.test/w w#top"));
  EXPECT_EQ(chain.current_text(), "http://b.test/w%20w");
  ASSERT_TRUE(chain.follow(302, "HTTPS://C.test"));
  EXPECT_EQ(chain.current_text(), "https://c.test/");
  ASSERT_TRUE(chain.follow(302, "http://c.test"));
  EXPECT_EQ(chain.current_text(), "http://c.test/");
}

TEST(Redirects, ArePermanentOnlyWhereEveryHopIs) {
  auto chain = started("http://a.test/");
  EXPECT_EQ(chain.permanent_url(), "");
  ASSERT_TRUE(chain.follow(301, "https://a.test/"));
  ASSERT_TRUE(chain.follow(308, "https://b.test/feed"));
  EXPECT_EQ(chain.permanent_url(), "https://b.test/feed");
  ASSERT_TRUE(chain.follow(302, "https://cdn.test/feed"));
  EXPECT_EQ(chain.permanent_url(), "");
  ASSERT_TRUE(chain.follow(301, "https://cdn.test/other"));
  EXPECT_EQ(chain.permanent_url(), "");
}

TEST(Redirects, FindACircle) {
  auto chain = started("http://a.test/1");
  ASSERT_TRUE(chain.follow(302, "/2"));
  const auto back = chain.follow(302, "HTTP://A.test:80/1#again");
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, FetchError::kRedirect);
  EXPECT_NE(back.error().message.find("circle"), std::string::npos);
  EXPECT_FALSE(started("http://a.test/1").follow(302, "#x"));
}

TEST(Redirects, HaveALimit) {
  auto chain = started("http://a.test/0", 2);
  ASSERT_TRUE(chain.follow(302, "/1"));
  ASSERT_TRUE(chain.follow(302, "/2"));
  ASSERT_FALSE(chain.follow(302, "/3"));
  EXPECT_FALSE(started("http://a.test/0", 0).follow(302, "/1"));
}

TEST(Redirects, LeadToHttpOnly) {
  for (const char* location : {"ftp://a.test/x", "file:///etc/passwd", "javascript:alert(1)", "", "  ", "http://",
                               "https://a%0d%0aX.test/", "http://a test/", "gopher://x"}) {
    auto chain = started("http://a.test/feed");
    const auto followed = chain.follow(301, location);
    ASSERT_FALSE(followed) << location;
    EXPECT_EQ(followed.error().code, FetchError::kRedirect);
  }
}

TEST(Redirects, RememberLeavingTheOrigin) {
  auto chain = started("https://a.test/feed");
  ASSERT_TRUE(chain.follow(302, "/2"));
  EXPECT_TRUE(chain.stayed_at_origin());
  ASSERT_TRUE(chain.follow(302, "https://a.test:443/3"));
  EXPECT_TRUE(chain.stayed_at_origin());
  ASSERT_TRUE(chain.follow(302, "https://b.test/"));
  EXPECT_FALSE(chain.stayed_at_origin());
  ASSERT_TRUE(chain.follow(302, "https://a.test/4"));
  EXPECT_FALSE(chain.stayed_at_origin());
}

TEST(Redirects, TakeAnotherSchemeOrPortForAnotherOrigin) {
  for (const char* location : {"http://a.test/feed", "https://a.test:8443/feed", "https://www.a.test/feed"}) {
    auto chain = started("https://a.test/feed");
    ASSERT_TRUE(chain.follow(301, location));
    EXPECT_FALSE(chain.stayed_at_origin()) << location;
  }
}

TEST(Redirects, CarryUserinfoToTheMovedUrlOfTheSameOriginOnly) {
  auto chain = started("https://us%40er:p%3Aw@a.test/feed");
  EXPECT_EQ(chain.current_text(), "https://a.test/feed");
  ASSERT_TRUE(chain.follow(301, "/new"));
  EXPECT_EQ(chain.current_text(), "https://a.test/new");
  EXPECT_EQ(chain.permanent_url(), "https://us%40er:p%3Aw@a.test/new");
  ASSERT_TRUE(chain.follow(301, "https://x:y@b.test/"));
  EXPECT_EQ(chain.permanent_url(), "https://b.test/");
}

TEST(Redirects, StartFromHttpUrlsOnly) {
  for (const char* url : {"", "feed", "ftp://a.test/", "http://", "http:///x", "http://a%00b/", "http://a.test:99999/",
                          "http://ex\xC3\xA4mple.test/", "magnet:?xt=urn:btih:0"}) {
    const auto chain = RedirectChain::start(url, 20);
    ASSERT_FALSE(chain) << url;
    EXPECT_EQ(chain.error().code, FetchError::kBadUrl);
  }
  const auto secret = RedirectChain::start("ftp://user:secret@a.test/", 20);
  EXPECT_EQ(secret.error().message.find("secret"), std::string::npos);
  EXPECT_TRUE(RedirectChain::start(" http://[::1]:8080/x ", 20));
}

}  // namespace
}  // namespace podswarm::feeds
