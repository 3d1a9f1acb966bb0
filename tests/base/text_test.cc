#include "base/text.h"

#include <gtest/gtest.h>

namespace podswarm::base {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Text, TrimTakesAsciiSpaceOffBothEnds) {
  EXPECT_EQ(trim(" \t\r\n\f\v a b \t\r\n\f\v"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim("\xC2\xA0x"), "\xC2\xA0x");  // a no-break space is a character of the text
}

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(ascii_lower("AbZ[@`{ \xC3\x84"), "abz[@`{ \xC3\x84");
  EXPECT_TRUE(iequals("ETag", "etAG"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));  // 0x20 apart, as letters are
  EXPECT_TRUE(iequals("", ""));
  EXPECT_TRUE(istarts_with("Bearer x", "bearer "));
  EXPECT_TRUE(istarts_with("x", ""));
  EXPECT_FALSE(istarts_with("Bear", "bearer"));
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,b,,c", ','), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
}

TEST(Text, Utf8IsValidByUnicodesTable) {
  for (const char* text : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\xA0", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(text));
    EXPECT_FALSE(is_valid_utf8(std::string("a") + text + "b"));
    EXPECT_TRUE(is_valid_utf8(repair_utf8(text)));
  }
}

TEST(Text, RepairReplacesEachMaximalInvalidSequenceOnce) {
  EXPECT_EQ(repair_utf8("a\xFFz", "?"), "a?z");
  EXPECT_EQ(repair_utf8("\xF0\x90\x80z", "?"), "?z");  // one character that lacks its end
  EXPECT_EQ(repair_utf8("\xE2\x82", "?"), "?");        // at the end of the text too
  EXPECT_EQ(repair_utf8("\xED\xA0\x80", "?"), "???");  // a surrogate: no byte of it begins a character
  EXPECT_EQ(repair_utf8("\xC0\xAF", "?"), "??");       // overlong
  EXPECT_EQ(repair_utf8("\xE2\xE2\x82\xAC", "?"), "?\xE2\x82\xAC");
  EXPECT_EQ(repair_utf8("gr\xFC\xDF", ""), "gr");
  EXPECT_EQ(repair_utf8("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(repair_utf8("\xC3\xA4"), "\xC3\xA4");
}

TEST(Text, AppendWritesEachLength) {
  const auto of = [](char32_t c) {
    std::string out;
    append_utf8(out, c);
    return out;
  };
  EXPECT_EQ(of(0x24), "\x24");
  EXPECT_EQ(of(0x7F), "\x7F");
  EXPECT_EQ(of(0x80), "\xC2\x80");
  EXPECT_EQ(of(0x7FF), "\xDF\xBF");
  EXPECT_EQ(of(0x800), "\xE0\xA0\x80");
  EXPECT_EQ(of(0xFFFF), "\xEF\xBF\xBF");
  EXPECT_EQ(of(0x10000), "\xF0\x90\x80\x80");
  EXPECT_EQ(of(0x10FFFF), "\xF4\x8F\xBF\xBF");
  for (const char32_t none : {0xD800u, 0xDFFFu, 0x110000u, 0xFFFFFFFFu}) EXPECT_EQ(of(none), "\xEF\xBF\xBD");
}

TEST(Text, PrefixCutsNoCharacter) {
  const std::string text = "a\xC3\xA4\xF0\x9F\x98\x80z";
  EXPECT_EQ(utf8_prefix(text, 0), "");
  EXPECT_EQ(utf8_prefix(text, 1), "a");
  EXPECT_EQ(utf8_prefix(text, 2), "a");
  EXPECT_EQ(utf8_prefix(text, 3), "a\xC3\xA4");
  for (std::size_t max = 3; max < 7; ++max) EXPECT_EQ(utf8_prefix(text, max), "a\xC3\xA4");
  EXPECT_EQ(utf8_prefix(text, 7), text.substr(0, 7));
  EXPECT_EQ(utf8_prefix(text, 8), text);
  EXPECT_EQ(utf8_prefix(text, 100), text);
}

}  // namespace
}  // namespace podswarm::base
