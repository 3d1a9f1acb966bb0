#include "engine/core/media_sniff.h"

#include <gtest/gtest.h>

#include <string>

namespace podswarm::engine {
namespace {

BodyKind kind_of(const std::string& beginning) {
  return sniff_body(base::as_bytes(beginning));
}

TEST(MediaSniffTest, KnowsErrorPages) {
  EXPECT_EQ(kind_of(""), BodyKind::kEmpty);
  for (const char* page : {"<!DOCTYPE html><html>", "<html>", "\n\n  <HTML lang=en>", "\xEF\xBB\xBF<!doctype HTML>",
                           "<!-- served by x -->\n<html>", "<head><title>404", "<script>", "<h1>Not found</h1>",
                           "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC", "<!-- comment without end"}) {
    EXPECT_EQ(kind_of(page), BodyKind::kHtml) << page;
  }
  for (const char* document : {"<?xml version=\"1.0\"?><Error><Code>NoSuchKey", "<rss version=\"2.0\">", "<Error>",
                               "<ns:a b='c'/>", "<!DOCTYPE rss SYSTEM"}) {
    EXPECT_EQ(kind_of(document), BodyKind::kXml) << document;
  }
  for (const char* json :
       {"{\"error\":1}", " [ {\"a\": 2} ]", "{}", "[]", "{\n  \"message\": \"Forbidden\"\n}", "[1, 2"}) {
    EXPECT_EQ(kind_of(json), BodyKind::kJson) << json;
  }
  EXPECT_EQ(kind_of("#EXTM3U\n#EXTINF:1"), BodyKind::kPlaylist);
  EXPECT_EQ(kind_of("d8:announce35:http://"), BodyKind::kTorrent);
}

TEST(MediaSniffTest, KnowsUtf16Pages) {
  std::string little = "\xFF\xFE", big = "\xFE\xFF";
  for (const char c : std::string("<html><body>")) {
    little += c;
    little += '\0';
    big += '\0';
    big += c;
  }
  EXPECT_EQ(kind_of(little), BodyKind::kHtml);
  EXPECT_EQ(kind_of(big), BodyKind::kHtml);
}

TEST(MediaSniffTest, KnowsMedia) {
  for (const std::string& media : {std::string("ID3\x04"), std::string("\xFF\xFB\x90\x64"),
                                   std::string("\xFF\xF1\x50\x80"), std::string("fLaC"), std::string("OggS"),
                                   std::string("\0\0\0\x20"
                                               "ftypM4A ",
                                               12),
                                   std::string("\x1A\x45\xDF\xA3"), std::string("RIFF....WAVE")}) {
    EXPECT_EQ(kind_of(media), BodyKind::kMedia);
  }
}

TEST(MediaSniffTest, InDoubtItMayBeMedia) {
  for (const std::string& odd :
       {std::string(100, '\0'), std::string("{\x01\x02"), std::string("[\xff\x00", 3), std::string("<\x01\x02"),
        std::string("<3 music"), std::string("{ not json"), std::string("plain text"), std::string(2'000, ' ')}) {
    EXPECT_FALSE(is_surely_not_media(kind_of(odd))) << odd;
  }
}

TEST(MediaSniffTest, EveryPrefixIsLookedAtWithoutHarm) {
  const std::string whole = "\xEF\xBB\xBF <!-- x --> <?xml version=\"1.0\"?><a:b c='d'>{[";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_FALSE(describe(kind_of(whole.substr(0, size))).empty());
  }
}

}  // namespace
}  // namespace podswarm::engine
