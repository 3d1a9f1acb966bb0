#include "feeds/charset.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include <string>

#include "base/text.h"

namespace podswarm::feeds {
namespace {

using namespace std::literals;

std::string decode(std::string_view bytes, std::string_view content_type = {}) {
  DecodedText out;
  decode_text(bytes, content_type, out);
  EXPECT_TRUE(base::is_valid_utf8(out.view));
  return std::string(out.view);
}

// The text as a system's iconv writes it in another charset.
std::string encode(std::string text, const char* charset) {
  const iconv_t to = iconv_open(charset, "UTF-8");
  if (to == reinterpret_cast<iconv_t>(-1)) {
    ADD_FAILURE() << charset;
    return {};
  }
  std::string out(text.size() * 8 + 16, '\0');
  char* in = text.data();
  std::size_t in_left = text.size();
  char* p = out.data();
  std::size_t left = out.size();
  EXPECT_EQ(iconv(to, &in, &in_left, &p, &left), 0u);
  iconv_close(to);
  out.resize(out.size() - left);
  return out;
}

TEST(Charset, KeepsUtf8AsItStandsWhateverIsDeclared) {
  const std::string text = "<?xml version='1.0' encoding='iso-8859-1'?><rss>\xC3\xA9</rss>";
  DecodedText out;
  decode_text(text, "text/xml; charset=windows-1251", out);
  EXPECT_EQ(out.view, text);
  EXPECT_EQ(out.view.data(), text.data()) << "nothing is copied";
  EXPECT_EQ(out.note, "");
}

TEST(Charset, StripsByteOrderMarks) {
  EXPECT_EQ(decode("\xEF\xBB\xBF\xEF\xBB\xBF<rss/>"), "<rss/>");
}

TEST(Charset, ReadsWideEncodingsWithAndWithoutMark) {
  const std::string text = "<?xml version=\"1.0\"?><rss>日本 ä</rss>";
  for (const char* charset : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
    EXPECT_EQ(decode(encode(text, charset)), text) << charset;
    EXPECT_EQ(decode(encode("\xEF\xBB\xBF" + text, charset)), text) << charset;
  }
}

TEST(Charset, ReadsWhatTheXmlDeclarationNames) {
  struct Case {
    const char* declared;
    const char* iconv;
    const char* text;
  };
  for (const auto& c :
       {Case{"windows-1251", "CP1251", "Привет"}, Case{"koi8-r", "KOI8-R", "Привет"}, Case{"euc-kr", "EUC-KR", "년"},
        Case{"Shift_JIS", "SHIFT-JIS", "日本"}, Case{"gb2312", "GBK", "中文"}, Case{"big5", "BIG5", "中文"},
        Case{"iso-8859-2", "ISO-8859-2", "ěšč"}, Case{"cp866", "CP866", "Привет"},
        Case{"iso-2022-jp", "ISO-2022-JP", "日本"}}) {
    const std::string text =
        "<?xml version='1.0' encoding='" + std::string(c.declared) + "'?><rss>" + c.text + "</rss>";
    EXPECT_EQ(decode(encode(text, c.iconv)), text) << c.declared;
  }
}

TEST(Charset, HeaderGoesBeforeDeclaration) {
  const std::string bytes = "<?xml version='1.0' encoding='windows-1251'?><rss>\xCF</rss>";
  EXPECT_NE(decode(bytes).find("П"), std::string::npos);
  EXPECT_NE(decode(bytes, "text/xml; charset=\"windows-1253\"").find("Ο"), std::string::npos);
}

TEST(Charset, LatinOneIsWindows1252) {
  EXPECT_EQ(decode("<?xml version='1.0' encoding='iso-8859-1'?><rss>\x93\xE9\x94</rss>"),
            "<?xml version='1.0' encoding='iso-8859-1'?><rss>“é”</rss>");
}

TEST(Charset, UndeclaredBytesAreWindows1252ButUtf8Between) {
  EXPECT_EQ(decode("<rss>\x80 \xC3\xA9 \xE9</rss>"), "<rss>€ é é</rss>");
}

TEST(Charset, UnknownNamesFallBack) {
  EXPECT_EQ(decode("<?xml version='1.0' encoding='no/such'?><rss>\xE9</rss>"),
            "<?xml version='1.0' encoding='no/such'?><rss>é</rss>");
}

TEST(Charset, NamesWithStrangeBytesAreNone) {
  DecodedText out;
  decode_text("<?xml version='1.0' encoding='\xF0\xFF\xFFUTF-8'?><rss/>", {}, out);
  EXPECT_TRUE(base::is_valid_utf8(out.view));
  EXPECT_TRUE(base::is_valid_utf8(out.note));
}

TEST(Charset, ReadsEbcdic) {
  const std::string text = "<?xml version=\"1.0\" encoding=\"cp037\"?><rss></rss>";
  EXPECT_EQ(decode(encode(text, "IBM037")), text);
}

TEST(Charset, BrokenWideTextIsValidUtf8AtEveryCut) {
  const std::string bytes = "\xFF\xFE" + encode("<rss>日本\U0001F600</rss>", "UTF-16LE");
  for (std::size_t n = 0; n <= bytes.size(); ++n) decode(std::string_view(bytes).substr(0, n));
}

TEST(Charset, WhatTheConverterHoldsBackAtTheEndIsNotLost) {
  // Letters that an accent could follow, at the end of a document that was cut off.
  EXPECT_EQ(decode("<rss>\x88\x66", "text/xml; charset=big5"), "<rss>Ê");
  EXPECT_EQ(decode("<rss>\xC0 ga", "text/xml; charset=windows-1258"), "<rss>À ga");
  EXPECT_EQ(decode("<rss>\x88\x66\xFF<b/>", "text/xml; charset=big5"), "<rss>Ê\uFFFD<b/>") << "and in its place";
  EXPECT_EQ(decode("<rss>\x1b$BF|K\\", "text/xml; charset=iso-2022-jp"), "<rss>日本");
}

TEST(Charset, ASequenceThatIsCutOffAtTheEndIsOneReplacement) {
  EXPECT_EQ(decode("<rss>\x93\xFA\x96", "text/xml; charset=shift_jis"), "<rss>日\uFFFD");
  EXPECT_EQ(decode("<rss>\x81\x30\x84", "text/xml; charset=gb18030"), "<rss>\uFFFD");
  EXPECT_EQ(decode("<rss>\x1b$BF|K", "text/xml; charset=iso-2022-jp"), "<rss>日\uFFFD");
  const std::string wide = "\xFF\xFE" + encode("<rss>日", "UTF-16LE");
  EXPECT_EQ(decode(wide + "x"), "<rss>日\uFFFD");
}

TEST(Charset, Utf8ThatIsCutOffWithinACharacterStaysUtf8) {
  for (const std::string_view tail : {"\xC3"sv, "\xE2\x82"sv, "\xE0"sv, "\xF0\x9F\x98"sv}) {
    const std::string text = "<?xml version='1.0' encoding='iso-8859-1'?><rss>Café ";
    EXPECT_EQ(decode(text + std::string(tail)), text + "\uFFFD");
  }
  DecodedText out;
  decode_text("<rss>é\xE2\x82"sv, {}, out);
  EXPECT_NE(out.note.find("ends within a character"), std::string::npos);
  EXPECT_EQ(out.place, (Place{1, 7}));
  EXPECT_EQ(decode("<rss>caf\xE9"), "<rss>café") << "the only letter beyond ASCII is none of UTF-8";
}

TEST(Charset, NoticesControlCharacters) {
  DecodedText plain;
  decode_text("<rss>\t\r\n a</rss>", {}, plain);
  EXPECT_FALSE(plain.has_controls);
  DecodedText controls;
  decode_text("<rss>0123456789\x01</rss>", {}, controls);
  EXPECT_TRUE(controls.has_controls);
}

TEST(Charset, ParameterIsFoundAndUnquoted) {
  EXPECT_EQ(charset_parameter("text/xml; a=b; Charset = \"utf-8\""), "utf-8");
  EXPECT_EQ(charset_parameter("text/xml"), "");
}

}  // namespace
}  // namespace podswarm::feeds
