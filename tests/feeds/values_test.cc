#include "feeds/values.h"

#include <gtest/gtest.h>

#include "feeds/document.h"
#include "feeds/duration.h"

namespace podswarm::feeds {
namespace {

TEST(Duration, ReadsSecondsMinutesAndHours) {
  EXPECT_EQ(parse_media_duration("128"), 128u);
  EXPECT_EQ(parse_media_duration(" 05:10 "), 310u);
  EXPECT_EQ(parse_media_duration("1:02:03"), 3723u);
  EXPECT_EQ(parse_media_duration("00:00:60"), 60u);
  EXPECT_EQ(parse_media_duration("0100:1"), 6001u);
  EXPECT_EQ(parse_media_duration("0"), 0u);
}

TEST(Duration, CutsAFractionOff) {
  EXPECT_EQ(parse_media_duration("123.45"), 123u);
  EXPECT_EQ(parse_media_duration("12:05:35.999"), 43535u);
}

TEST(Duration, IsNothingForAnythingElse) {
  for (const char* text : {"", ":", "1:", ":30", "1:2:3:4", "-5", "1 hour", "PT1H", "1:1e9", "99999999999999999999",
                           "9999999999:00:00", "12.3.4", "."}) {
    EXPECT_EQ(parse_media_duration(text), std::nullopt) << text;
  }
}

TEST(Count, TakesDigitsOnly) {
  EXPECT_EQ(parse_count(" 42 "), 42u);
  EXPECT_EQ(parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+7", "0x10", "1.5", "18446744073709551616", "1 2", "\xD9\xA3"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_size("0"), std::nullopt);
}

TEST(Decimal, TakesOnePointAndNoSign) {
  EXPECT_EQ(parse_decimal("315.5"), 315.5);
  EXPECT_EQ(parse_decimal("3"), 3.0);
  for (const char* text : {"", "-1", "1e308", "NaN", "inf", "0x10", "1.2.3", ".5"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(Explicit, KnowsTheWordsInUse) {
  for (const char* text : {"yes", " TRUE ", "Explicit"}) EXPECT_EQ(parse_explicit(text), true) << text;
  for (const char* text : {"no", "False", "clean"}) EXPECT_EQ(parse_explicit(text), false) << text;
  for (const char* text : {"", "maybe", "1"}) EXPECT_EQ(parse_explicit(text), std::nullopt) << text;
}

TEST(Base64, ForgivesBlanksAndPadding) {
  EXPECT_EQ(decode_base64("SGVs\n bG8="), "Hello");
  EXPECT_EQ(decode_base64("SGVsbG8"), "Hello");
  EXPECT_EQ(decode_base64("no base64!"), std::nullopt);
}

TEST(LinkKind, TellsHowBytesAreFetched) {
  EXPECT_EQ(link_kind("magnet:?xt=urn:btih:x", ""), LinkKind::kMagnet);
  EXPECT_EQ(link_kind("MAGNET:?xt=urn:btih:x", "audio/mpeg"), LinkKind::kMagnet);
  EXPECT_EQ(link_kind("https://example.org/a.Torrent?x=1", ""), LinkKind::kTorrent);
  EXPECT_EQ(link_kind("https://example.org/get/5", "application/x-bittorrent; charset=x"), LinkKind::kTorrent);
  EXPECT_EQ(link_kind("https://example.org/a.mp3?f=b.torrent", "audio/mpeg"), LinkKind::kHttp);
  EXPECT_EQ(link_kind("ipfs://cid", "audio/mpeg"), LinkKind::kOther);
  EXPECT_EQ(link_kind("data:audio/mpeg;base64,AA", ""), LinkKind::kOther);
}

TEST(Categories, AreTrimmedAndUnique) {
  std::vector<std::string> list;
  add_keywords(list, "a, b ,,a,c");
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Scheme, IsLettersBeforeAColon) {
  EXPECT_TRUE(has_scheme("urn:isbn:1"));
  EXPECT_TRUE(has_scheme("svn+ssh://x"));
  EXPECT_FALSE(has_scheme("//host/path"));
  EXPECT_FALSE(has_scheme("a/b:c"));
  EXPECT_FALSE(has_scheme("1:2"));
}

}  // namespace
}  // namespace podswarm::feeds
