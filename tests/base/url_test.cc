#include "base/url.h"

#include <gtest/gtest.h>

namespace podswarm::base {
namespace {

TEST(Url, PartsOfAnAbsoluteUrl) {
  const auto url = parse_url(" HTTPS://us%40er:p%3Aw@Example.COM:8443/a%20b/c?q=1&r=%2F#frag ");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->user, "us@er");
  EXPECT_EQ(url->password, "p:w");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a%20b/c?q=1&r=%2F");
  EXPECT_EQ(url->authority(), "example.com:8443");
}

TEST(Url, DefaultPortsAndEmptyPaths) {
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("https://a")->port, 443);
  EXPECT_EQ(parse_url("http://a:")->port, 80);
  EXPECT_EQ(parse_url("udp://tracker.test:1337")->port, 1337);
  EXPECT_EQ(parse_url("udp://tracker.test")->port, 0);
  EXPECT_EQ(parse_url("http://a")->target, "/");
  EXPECT_EQ(parse_url("http://a?q")->target, "/?q");
  EXPECT_EQ(parse_url("http://a#f")->target, "/");
  EXPECT_EQ(parse_url("http://a:80/")->authority(), "a");
  EXPECT_EQ(parse_url("https://a:80/")->authority(), "a:80");
}

TEST(Url, Ipv6HostsHaveBracketsOutsideOnly) {
  const auto url = parse_url("http://[2001:DB8::1]:8080/x[1]");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->authority(), "[2001:db8::1]:8080");
  EXPECT_EQ(url->target, "/x%5B1%5D");
  EXPECT_EQ(parse_url("http://[::1]")->authority(), "[::1]");
}

TEST(Url, WhatHasNoHostOrPortIsRefused) {
  for (const char* text : {"", "feed", "/feed", "http:", "http://", "http:///x", "mailto:a@b.test", "magnet:?xt=urn",
                           "http://a:0/", "http://a:65536/", "http://a:99999/", "http://a:x/", "http://a:-1/", "://a",
                           "1http://a/", "http://[::1", "http://a b/"}) {
    const auto url = parse_url(text);
    EXPECT_TRUE(!url || url->host == "a b") << text;
  }
  EXPECT_EQ(parse_url("http://a:65535/")->port, 65535);
}

TEST(Url, SanitizingEncodesWhatMayNotStand) {
  EXPECT_EQ(sanitize_url("\n http://a/ x \"y\" <z>\t"), "http://a/%20x%20%22y%22%20%3Cz%3E");
  EXPECT_EQ(sanitize_url("http://a/\xC3\xA4?\xC3\xB6"), "http://a/%C3%A4?%C3%B6");
  EXPECT_EQ(sanitize_url("http://a/100%/%41%4"), "http://a/100%25/%41%254");
  EXPECT_EQ(sanitize_url("ht\ntp://a/b\r\nc"), "http://a/bc");
  EXPECT_EQ(sanitize_url("http://a/#b#c"), "http://a/#b%23c");
  EXPECT_EQ(sanitize_url("http://a/b+c"), "http://a/b+c");
  for (const char* text : {"http://a/ x%", "http://[::1]/[x]", "a b#c#d"}) {
    EXPECT_EQ(sanitize_url(sanitize_url(text)), sanitize_url(text)) << text;
  }
}

TEST(Url, ReferencesResolveAsRfc3986Says) {
  const char* base = "http://a/b/c/d?q";
  const std::pair<const char*, const char*> table[] = {
      {"g", "http://a/b/c/g"},        {"./g", "http://a/b/c/g"},     {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},           {"//g", "http://g"},           {"?y", "http://a/b/c/d?y"},
      {"g?y", "http://a/b/c/g?y"},    {"", "http://a/b/c/d?q"},      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},       {"../../g", "http://a/g"},     {"../../../g", "http://a/g"},
      {"https://x/y", "https://x/y"}, {"g h", "http://a/b/c/g%20h"}, {"/g/../../h", "http://a/h"},
  };
  for (const auto& [reference, result] : table) EXPECT_EQ(resolve_url(base, reference), result) << reference;
  EXPECT_EQ(resolve_url("no base", "x y"), "x%20y");
}

TEST(Url, CanonicalFormsAreEqualForTheSamePlace) {
  for (const char* text : {"HTTP://Example.com:80", "http://example.com/", "http://user:pw@example.com/#x",
                           "http://example.com/a/..", "http://example.com:/", " http://example.com/. "}) {
    EXPECT_EQ(canonical_url(text), "http://example.com/") << text;
  }
  EXPECT_EQ(canonical_url("https://a:80/x?b=1#c"), "https://a:80/x?b=1");
  EXPECT_NE(canonical_url("http://a/X"), canonical_url("http://a/x"));
  EXPECT_EQ(canonical_url(" tag:a,2026:1 "), "tag:a,2026:1");
  for (const char* text : {"http://example.com/a/../b", "http://a?q", "http://A/%7Ex"}) {
    EXPECT_EQ(canonical_url(canonical_url(text)), canonical_url(text)) << text;
  }
}

TEST(Url, RedactingLeavesNoSecret) {
  EXPECT_EQ(redact_url("https://user:secret@a.test:8443/x?y#z"), "https://a.test:8443/x?y#z");
  EXPECT_EQ(redact_url("https://a.test/x?mail=me@b.test"), "https://a.test/x?mail=me@b.test");
  for (const char* harmless :
       {"not a url", "", "/", "//", "http://", "https://a.test/@user/feed", "/@user/feed", "https://a.test:8080/@user",
        "https://[2001:db8::a]/@user", "https://[2001:db8::a]:80/@user", "magnet:?xt=urn:btih:0&dn=a@b"}) {
    EXPECT_EQ(redact_url(harmless), harmless);
  }
  for (const char* text : {"http://user:secret@a.test/", "http://secret@a.test/", "http://user:sec@secret@a.test/",
                           "http://user:secret@a.test:99999/", "http://user:secret@", "http://us er:secret@a.test/",
                           "http://user:secret/x@a.test/", "http://user:secret?x@a.test/", "http://u:secret#x@a.test/",
                           "http://user:secret[@a.test/", "//user:secret@a.test/", "user:secret@a.test/feed",
                           "http:user:secret@a.test/", "http:/user:secret@a.test/", "feed://user:secret@a.test:x/"}) {
    EXPECT_EQ(redact_url(text).find("secret"), std::string::npos) << redact_url(text);
  }
}

TEST(Url, FileNamesAndPaths) {
  EXPECT_EQ(url_file_name("http://a/b/c%20d.mp3?x=/y.ogg#z"), "c d.mp3");
  EXPECT_EQ(url_file_name("http://a/b/"), "b");
  EXPECT_EQ(url_file_name("http://a/"), "");
  EXPECT_EQ(url_file_name("http://a.mp3"), "");
  EXPECT_EQ(url_file_name("/x/y.mp3"), "y.mp3");
  EXPECT_EQ(url_path("http://a/b%20c?d#e"), "/b%20c");
  EXPECT_EQ(url_path("http://a?d=/e"), "");
  EXPECT_EQ(url_path("a/b#c"), "a/b");
}

}  // namespace
}  // namespace podswarm::base
