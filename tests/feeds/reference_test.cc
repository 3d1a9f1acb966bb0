#include "feeds/reference.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/feeds/parse_helpers.h"

namespace podswarm::feeds {
namespace {

TEST(Reference, WhatSurroundsAnAddressIsDropped) {
  for (const char* text :
       {" http://a.org/1.mp3\n", "<![CDATA[http://a.org/1.mp3]]>", "<![CDATA[ http://a.org/1.mp3 ]]>",
        "\"http://a.org/1.mp3\"", "<http://a.org/1.mp3>", "\uFEFFhttp://a.org/1.mp3\u200B", "\u00A0http://a.org/1.mp3",
        "\u201Chttp://a.org/1.mp3\u201D", "'http://a.org/1.mp3'", "http://a.org/\n  1.mp3"}) {
    const std::string tidy = tidy_reference(text);
    EXPECT_EQ(tidy.substr(0, 13) + tidy.substr(tidy.size() - 5), "http://a.org/1.mp3") << text;
  }
  for (const char* text : {"", " ", "<![CDATA[]]>", "''", "\"", "\u200B"})
    EXPECT_EQ(tidy_reference(text).size() < 2, true);
}

TEST(Reference, AmpersandsThatWereEscapedTwice) {
  EXPECT_EQ(tidy_reference("http://a.org/?a=1&amp;b=2&amp;amp;c=3"), "http://a.org/?a=1&b=2&c=3");
  EXPECT_EQ(tidy_reference("http://a.org/?a=1&copy=2"), "http://a.org/?a=1&copy=2");
}

TEST(Reference, SlashesBehindTheSchemeAreSetRight) {
  for (const char* text :
       {"http:/a.org/1", "http:///a.org/1", "http//a.org/1", "http:\\\\a.org\\1", "http:http://a.org/1",
        "https://http://a.org/1", "HTTP://a.org/1", "ttp://a.org/1", "http%3A%2F%2Fa.org%2F1"}) {
    EXPECT_EQ(tidy_reference(text), "http://a.org/1") << text;
  }
  EXPECT_EQ(tidy_reference("http:https://a.org/1"), "https://a.org/1");
  EXPECT_EQ(tidy_reference("ttps://a.org/1"), "https://a.org/1");
}

TEST(Reference, WhatIsRightStands) {
  for (const char* text : {"http://a.org/it's(1).mp3?q='x'", "https://a.org/e/https://b.org/1.mp3", "http://http/1",
                           "httpd/1.mp3", "http", "https/1.mp3", "//cdn.a.org/1.mp3", "magnet:?xt=urn:btih:00",
                           "ipfs://x", "file\\1.mp3", "?page=2", "", "http://a.org/?u=c:\\x"}) {
    EXPECT_EQ(tidy_reference(text), text);
  }
}

TEST(Reference, ManyOfAKindInARowTakeNoTime) {
  std::string escaped;
  for (int i = 0; i < 1'000'000; ++i) escaped += "&amp;";
  EXPECT_EQ(tidy_reference("http://a.org/?" + escaped).size(), 14u + 1'000'000u);
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "http:";
  EXPECT_EQ(tidy_reference(text + "//a.org/"), "http://a.org/");
}

TEST(Reference, EnclosuresAreReadThroughIt) {
  const Item item = rss_item(
      "<enclosure url='&lt;![CDATA[http://a.org/1.mp3?a=1&amp;amp;b=2]]&gt;' length='12,345,678' type='audio/mpeg'/>");
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].url, "http://a.org/1.mp3?a=1&b=2");
  EXPECT_EQ(item.enclosures[0].kind, LinkKind::kHttp);
  EXPECT_EQ(item.enclosures[0].length, 12'345'678u);
}

}  // namespace
}  // namespace podswarm::feeds
