#include "library/portable_name.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace podswarm::library {
namespace {

TEST(PortableName, LeavesOrdinaryNamesAlone) {
  for (const char* name : {"Episode 1.mp3", "Größe & Grüße", "日本語のタイトル.m4a", "a.b.c",
                           "100% (live) [x] #1, it's", "conference", "Community.mp3", "🎙 Podcast"}) {
    EXPECT_EQ(portable_component(name), name);
  }
}

TEST(PortableName, ReplacesWhatSomeFileSystemRefuses) {
  EXPECT_EQ(portable_component("AC/DC: \"Live\" <1>|2?*\\"), "AC-DC- 'Live' _1_-2__-");
  EXPECT_EQ(portable_component("a\tb\nc\x7f\x01"
                               "d"),
            "a b c d");
  EXPECT_EQ(portable_component(std::string("a\0b", 3)), "a b");
}

TEST(PortableName, TrimsEndsAndCollapsesBlanks) {
  EXPECT_EQ(portable_component("  a   b . . "), "a b");
  EXPECT_EQ(portable_component("Title .mp3"), "Title.mp3");
  EXPECT_EQ(portable_component("Wait....mp3"), "Wait.mp3");
  EXPECT_EQ(portable_component("a\u00a0\u3000b"), "a b");
}

TEST(PortableName, HidesNothing) {
  EXPECT_EQ(portable_component(".hidden"), "hidden");
  EXPECT_EQ(portable_component("...x"), "x");
  EXPECT_EQ(portable_component(". .x"), "x");
  EXPECT_EQ(portable_component("song\u202Egpj.mp3"), "songgpj.mp3");
  EXPECT_EQ(portable_component("a\u200Bb\uFEFFc\u2066d"), "abcd");
}

TEST(PortableName, AvoidsNamesThatWindowsReserves) {
  EXPECT_EQ(portable_component("CON"), "_CON");
  EXPECT_EQ(portable_component("nul.mp3"), "_nul.mp3");
  EXPECT_EQ(portable_component("Com1.tar.gz"), "_Com1.tar.gz");
  EXPECT_EQ(portable_component("LPT\u00b9"), "_LPT\u00b9");
  EXPECT_EQ(portable_component("COM10"), "COM10");
}

TEST(PortableName, IsReservedWhateverStandsBehindTheFirstDotOrBlank) {
  EXPECT_EQ(portable_component("con.tar.gz"), "_con.tar.gz");
  EXPECT_EQ(portable_component("aux .mp3"), "_aux.mp3");
  EXPECT_EQ(portable_component("CON: the story"), "CON- the story");
  EXPECT_EQ(portable_component("prn..."), "_prn");
}

TEST(PortableName, SpellsAccentsOneWay) {
  EXPECT_EQ(portable_component("Cafe\u0301 fu\u0308r alle.mp3"), "Caf\u00e9 f\u00fcr alle.mp3");
  EXPECT_EQ(portable_component("\u1112\u1161\u11ab"), "\ud55c");
}

TEST(PortableName, NeverEndsInADotOrBlankHoweverItIsCut) {
  for (std::size_t length = 180; length < 230; ++length) {
    for (const std::string& end : {std::string(". . tail"), std::string("...."), std::string(" . .mp3")}) {
      const auto name = portable_component(std::string(length, 'x') + end);
      EXPECT_LE(name.size(), 200u);
      EXPECT_TRUE(name.back() != '.' && name.back() != ' ') << name;
      EXPECT_EQ(portable_component(name), name);
    }
  }
}

TEST(PortableName, FallsBackWhereNothingIsLeft) {
  EXPECT_EQ(portable_component("", "x"), "x");
  EXPECT_EQ(portable_component(" ... ", "x"), "x");
  EXPECT_EQ(portable_component("\u200B\u202E", "x"), "x");
}

TEST(PortableName, MendsInvalidUtf8) {
  const auto name = portable_component(
      "a\xff\xfe"
      "b\xc3");
  EXPECT_TRUE(base::is_valid_utf8(name));
  EXPECT_EQ(name.front(), 'a');
}

TEST(PortableName, CutsToTheLimitOfBytesBeforeTheExtension) {
  const auto name = portable_component(std::string(255, 'x') + ".mp3");
  EXPECT_EQ(name.size(), 200u);
  EXPECT_TRUE(name.ends_with("x.mp3"));
  std::string umlauts;
  for (int i = 0; i < 150; ++i) umlauts += "ü";
  const auto cut = portable_component(umlauts + ".flac");
  EXPECT_LE(cut.size(), 200u);
  EXPECT_GE(cut.size(), 199u);
  EXPECT_TRUE(base::is_valid_utf8(cut));
  EXPECT_TRUE(cut.ends_with("ü.flac"));
}

TEST(PortableName, IsStable) {
  for (const std::string& text : {std::string("a/b: c?.mp3"), std::string(300, '.') + "x",
                                  std::string(400, 'y') + ". mp3", std::string("nul"), std::string("  .  a . mp3 ")}) {
    const auto once = portable_component(text);
    EXPECT_EQ(portable_component(once), once);
  }
}

TEST(PortableName, EveryByteAloneGivesAValidName) {
  for (int c = 0; c < 256; ++c) {
    const auto name = portable_component(std::string(1, static_cast<char>(c)), "fallback");
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(base::is_valid_utf8(name));
    EXPECT_EQ(name.find_first_of("/\\<>:\"|?*"), std::string::npos);
  }
}

TEST(PortablePath, NeverLeavesItsFolder) {
  EXPECT_EQ(portable_path("../../etc/passwd"), "etc/passwd");
  EXPECT_EQ(portable_path("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(portable_path("a/./../ .. /b"), "a/b");
  EXPECT_EQ(portable_path("a//b/"), "a/b");
  EXPECT_EQ(portable_path("../..", "x"), "x");
  EXPECT_EQ(portable_path("..\\..\\x"), "-..-x");
}

TEST(PortablePath, MakesEachNamePortable) {
  EXPECT_EQ(portable_path("NUL/aux.d/a: b."), "_NUL/_aux.d/a- b");
}

TEST(WithTag, StandsBeforeTheExtensionWithinTheLimit) {
  EXPECT_EQ(with_tag("name.mp3", "1a2b"), "name (1a2b).mp3");
  EXPECT_EQ(with_tag("name", "1a2b"), "name (1a2b)");
  const auto name = with_tag(std::string(196, 'x') + ".mp3", "1a2b3c4d");
  EXPECT_EQ(name.size(), 200u);
  EXPECT_TRUE(name.ends_with("x (1a2b3c4d).mp3"));
}

TEST(ExtensionOffset, TellsExtensionsFromTitlesWithDots) {
  EXPECT_EQ(extension_offset("a.mp3"), 1u);
  EXPECT_EQ(extension_offset(".mp3"), 4u);
  EXPECT_EQ(extension_offset("Mr. Smith"), 9u);
  EXPECT_EQ(extension_offset("a."), 2u);
  EXPECT_EQ(extension_offset("a.averylongword"), 15u);
}

}  // namespace
}  // namespace podswarm::library
