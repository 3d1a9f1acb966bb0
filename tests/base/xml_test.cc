#include "base/xml.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace podswarm::base {
namespace {

std::string text(std::string_view from) {
  std::string out;
  append_xml_text(out, from);
  return out;
}
std::string attribute(std::string_view from) {
  std::string out;
  append_xml_attribute(out, from);
  return out;
}

TEST(Xml, MarkupBecomesText) {
  EXPECT_EQ(text("a < b && c > \"d\" ]]>"), "a &lt; b &amp;&amp; c &gt; &quot;d&quot; ]]&gt;");
  EXPECT_EQ(attribute("<\"&'>"), "&lt;&quot;&amp;'&gt;");
}

TEST(Xml, WhiteSpaceSurvivesWhereAParserWouldChangeIt) {
  EXPECT_EQ(text("a\n\tb\r\nc"), "a\n\tb&#13;\nc");
  EXPECT_EQ(attribute("a\n\tb\r"), "a&#10;&#9;b&#13;");
}

TEST(Xml, WhatXmlHasNoPlaceForIsLeftOut) {
  EXPECT_EQ(text(std::string_view("a\0\x01\x08\x0B\x1F\x7F"
                                  "b",
                                  8)),
            "a\x7F"
            "b");
  EXPECT_EQ(text("a\xEF\xBF\xBE"
                 "b\xEF\xBF\xBF"
                 "c"),
            "abc");
  EXPECT_EQ(text("ä€😀"), "ä€😀");
}

TEST(Xml, InvalidUtf8IsReplaced) {
  EXPECT_EQ(text("a\xFF"
                 "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(attribute("\xED\xA0\x80"), text("\xED\xA0\x80"));  // a surrogate
  EXPECT_TRUE(is_valid_utf8(text("\xED\xA0\x80\xC3")));
}

}  // namespace
}  // namespace podswarm::base
