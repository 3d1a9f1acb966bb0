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
  EXPECT_EQ(tidy_reference(" \"<![CDATA[http://a.org/1.mp3]]>\" "), "http://a.org/1.mp3");
  EXPECT_EQ(tidy_reference("'magnet:?xt=urn:btih:00'"), "magnet:?xt=urn:btih:00");
  for (const char* text : {"", " ", "\u200B", " \u00A0\n"}) EXPECT_EQ(tidy_reference(text), "");
}

TEST(Reference, WhatIsRightStands) {
  for (const char* text : {"http://a.org/it's(1).mp3?q='x'",
                           "https://a.org/e/https://b.org/1.mp3",
                           "http://http/1",
                           "httpd/1.mp3",
                           "http",
                           "https/1.mp3",
                           "http//1.mp3",
                           "//cdn.a.org/1.mp3",
                           "magnet:?xt=urn:btih:00",
                           "ipfs://x",
                           "file\\1.mp3",
                           "?page=2",
                           "http://a.org/?u=c:\\x",
                           "http://a.org\\1.mp3",
                           "http:httpfoo.mp3",
                           "http:/a.org/1",
                           "\"",
                           "''",
                           "'1'.mp3",
                           "'1.mp3'",
                           "<1.mp3>",
                           "\u00AB1\u00BB",
                           "<![CDATA[",
                           "<![CDATA[]]>",
                           "\"http://a.org/"}) {
    EXPECT_EQ(tidy_reference(text), text);
  }
}

// What is encoded is data of the address: decoded it could be another one, or no text at all.
TEST(Reference, NothingIsDecodedASecondTime) {
  for (const char* text : {"http%3A%2F%2Fa%2F%FF.mp3", "http%3A%2F%2Fa%2F%00", "http%3A%2F%2Fa%2F%0D%0Ax",
                           "http%3A%2F%2Fa.org%2F%3Fq%3Dx%2526y", "http://a.org/?a=1&amp;b=2"}) {
    EXPECT_EQ(tidy_reference(text), text);
    EXPECT_EQ(rss_item("<link><![CDATA[" + std::string(text) + "]]></link>").link, text);
  }
}

TEST(Reference, ManyOfAKindInARowTakeNoTime) {
  std::string blanks;
  for (int i = 0; i < 300'000; ++i) blanks += "\u200B ";
  EXPECT_EQ(tidy_reference(blanks + "http://a.org/" + blanks), "http://a.org/");
  const std::string quotes(1'000'000, '"');
  EXPECT_EQ(tidy_reference(quotes), quotes);
}

TEST(Reference, EnclosuresAreReadThroughIt) {
  const Item item = rss_item(
      "<enclosure url='&lt;![CDATA[http://a.org/1.mp3?a=1&amp;b=2]]&gt;' length='12345678' type='audio/mpeg'/>");
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].url, "http://a.org/1.mp3?a=1&b=2");
  EXPECT_EQ(item.enclosures[0].kind, LinkKind::kHttp);
}

}  // namespace
}  // namespace podswarm::feeds
