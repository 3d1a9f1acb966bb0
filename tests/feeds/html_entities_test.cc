#include "feeds/html_entities.h"

#include <gtest/gtest.h>

#include "feeds/doctype_entities.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

TEST(Entities, NamesNumbersAndHexadecimal) {
  EXPECT_EQ(decode_references("caf&eacute; &amp; &lt;b&gt; &quot;&apos; &nbsp;&#8217;&#x2019;&#X41;"),
            "café & <b> \"' \xC2\xA0’’A");
  EXPECT_EQ(decode_references("&Aacute;&zwj;&CounterClockwiseContourIntegral;&acE;"), "Á\u200D∳∾̳");
}

TEST(Entities, NumbersOfWindows1252AreItsCharacters) {
  EXPECT_EQ(decode_references("&#146;&#x80;"), "’€");
}

TEST(Entities, ImpossibleNumbersBecomeTheReplacementCharacter) {
  EXPECT_EQ(decode_references("&#0;&#xD800;&#x110000;&#99999999999999999999;"), "����");
  EXPECT_EQ(decode_references("a&#11;b"), "ab");
}

TEST(Entities, AnEmojiInTwoNumbersIsOne) {
  EXPECT_EQ(decode_references("&#55357;&#56832; &#xD83D;&#xDE00;"), "\U0001F600 \U0001F600");
  EXPECT_EQ(decode_references("&#55357; &#55357;&#56832"), "\uFFFD \uFFFD&#56832");
  EXPECT_EQ(decode_references("&#55357;&#65;&#56832;"), "\uFFFDA\uFFFD");
}

TEST(Entities, AForgottenSemicolonBeforeABlankIsForgiven) {
  EXPECT_EQ(decode_references("it&#8217 s &#x2019\n&#1 2 ?a&#12b=1&#8217"), "it\u2019 s \u2019\n&#1 2 ?a&#12b=1&#8217");
  EXPECT_EQ(decode_references("Rock &#12 Roll &#31 &#32 "), "Rock &#12 Roll &#31   ")
      << "a control character is no text";
}

TEST(Entities, WhatIsNoReferenceStands) {
  for (const std::string text :
       {"a & b", "?a=1&copy=2&b", "&doesnotexist;", "&;", "&#;", "&#x;", "&#-1;", "&amp", "&", "&#12"}) {
    EXPECT_EQ(decode_references(text), text);
  }
}

TEST(Entities, AreDecodedOnce) {
  EXPECT_EQ(decode_references("&amp;amp; &amp;eacute;"), "&amp; &eacute;");
}

TEST(DoctypeEntities, DeclaredTextsAreKnownAndDoNotNest) {
  const DoctypeEntities entities("<!DOCTYPE rss [<!ENTITY who \"Tom &amp; J\"><!ENTITY b '&who;'>]><rss/>");
  ASSERT_NE(entities.find("who"), nullptr);
  EXPECT_EQ(*entities.find("who"), "Tom & J");
  ASSERT_NE(entities.find("b"), nullptr);
  EXPECT_EQ(*entities.find("b"), "&who;");
}

TEST(DoctypeEntities, ExternalAndParameterEntitiesAreNotKnown) {
  const DoctypeEntities entities(
      "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY % p \"q\"><!ENTITY y PUBLIC \"a\" \"b\">]>");
  EXPECT_TRUE(entities.empty());
}

TEST(DoctypeEntities, ReplaceReferencesInTheFeed) {
  const Feed feed =
      parse_ok("<!DOCTYPE rss [<!ENTITY who \"Tom\">]><rss><channel><title>&who; &b;</title></channel></rss>");
  EXPECT_EQ(feed.title, "Tom &b;");
}

TEST(DoctypeEntities, BombsStaySmall) {
  std::string bomb = "<!DOCTYPE rss [<!ENTITY e0 \"hahahahaha\">";
  for (int i = 1; i < 10; ++i) {
    bomb += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) bomb += "&e" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  const Feed feed = parse_ok(bomb + "]><rss><channel><title>&e9;&e9;</title></channel></rss>");
  EXPECT_LT(feed.title.size(), 200u);
}

}  // namespace
}  // namespace podswarm::feeds
