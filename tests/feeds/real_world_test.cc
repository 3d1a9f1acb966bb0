// What feeds get wrong in ways that no specification foresees, and what a reasonable reader makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/units.h"
#include "feeds/charset_guess.h"
#include "feeds/torrent_links.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;

constexpr const char* kHash = "0123456789abcdef0123456789abcdef01234567";

std::vector<std::string> urls_of(const Item& item) {
  std::vector<std::string> out;
  for (const auto& enclosure : item.enclosures) out.push_back(enclosure.url);
  return out;
}

// ---- structure ----

TEST(RealWorld, WithoutAChannelTheRootIsOne) {
  const Feed feed = parse_ok(
      "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><title>T</title>"
      "<link>http://a.org/</link><itunes:author>A</itunes:author><description>D</description>"
      "<item><title>E</title></item></rss>");
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.link, "http://a.org/");
  EXPECT_EQ(feed.author, "A");
  ASSERT_EQ(feed.items.size(), 1u);
  // With one, what stands beside it is not the feed's.
  EXPECT_EQ(parse_ok("<rss><title>no</title><channel><title>T</title></channel></rss>").title, "T");
}

TEST(RealWorld, ARedirectNeedsNoChannel) {
  EXPECT_EQ(parse_ok("<redirect/>"
                     "<rss><redirect><newLocation>http://b.org/f</newLocation></redirect></rss>")
                .new_feed_url,
            "http://b.org/f");
}

TEST(RealWorld, AFeedBehindAnErrorPageAndBeforeMoreMarkup) {
  const Feed feed = parse_ok("<html><body><h1>Warning</h1>mysql &amp; co</body></html>\n" +
                             rss("<title>T</title><item><guid>1</guid></item>") + "<script>x()</script><!-- 3 s -->");
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.items.size(), 1u);
}

TEST(RealWorld, TwoXmlDeclarationsAndAFence) {
  EXPECT_EQ(parse_ok("<?xml version=\"1.0\"?><?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n" +
                     std::string("<rss><channel><title>T</title></channel></rss>"))
                .title,
            "T");
  EXPECT_EQ(parse_ok("```xml\n<rss><channel><title>T</title></channel></rss>\n```").title, "T");
}

TEST(RealWorld, LinksThatWereTakenForHtml) {
  const Feed feed = parse_ok(
      "<rss><channel><title>T</title><link/>http://a.org/?a=1&amp;b=2<item><title>E</title>"
      "<link/>\n http://a.org/1 <guid>1</guid></item></channel></rss>");
  EXPECT_EQ(feed.link, "http://a.org/?a=1&b=2");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].link, "http://a.org/1");
}

// ---- enclosures ----

TEST(RealWorld, EnclosuresInTheWordsOfHtml) {
  EXPECT_THAT(urls_of(rss_item("<enclosure href='http://a.org/1.mp3' type='audio/mpeg'/>")),
              ElementsAre("http://a.org/1.mp3"));
  EXPECT_THAT(urls_of(rss_item("<enclosure src='http://a.org/1.mp3'/>")), ElementsAre("http://a.org/1.mp3"));
  EXPECT_THAT(urls_of(rss_item("<enclosure> http://a.org/1.mp3 </enclosure>")), ElementsAre("http://a.org/1.mp3"));
  EXPECT_THAT(urls_of(rss_item("<enclosure>none</enclosure>")), ElementsAre());
  EXPECT_THAT(urls_of(rss_item("<enclosure url='http://a.org/1.mp3' href='http://a.org/2.mp3'/>")),
              ElementsAre("http://a.org/1.mp3"));
}

TEST(RealWorld, EnclosuresOfRss1) {
  const Feed feed = parse_ok(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
      "xmlns:e='http://purl.oclc.org/net/rss_2.0/enc#'><channel><title>T</title></channel>"
      "<item rdf:about='http://a.org/1'><title>E</title>"
      "<e:enclosure rdf:resource='http://a.org/1.mp3' e:type='audio/mpeg' e:length='1234567'/></item></rdf:RDF>");
  ASSERT_EQ(feed.items.size(), 1u);
  ASSERT_EQ(feed.items[0].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[0].enclosures[0].url, "http://a.org/1.mp3");
  EXPECT_EQ(feed.items[0].enclosures[0].type, "audio/mpeg");
  EXPECT_EQ(feed.items[0].enclosures[0].length, 1'234'567u);
}

TEST(RealWorld, AtomContentThatLiesElsewhereIsAnEnclosure) {
  const Feed feed = parse_ok(
      "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a.org/x/'><entry><id>1</id>"
      "<content type='Audio/MPEG' src='1.mp3'/></entry>"
      "<entry><id>2</id><content type='text/html' src='2.html'/></entry></feed>");
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_THAT(urls_of(feed.items[0]), ElementsAre("http://a.org/x/1.mp3"));
  EXPECT_THAT(urls_of(feed.items[1]), ElementsAre());
}

TEST(RealWorld, GooglePlayCountsWhereITunesSaysNothing) {
  const std::string start =
      "<rss xmlns:googleplay='http://www.google.com/schemas/play-podcasts/1.0' "
      "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>T</title>"
      "<googleplay:author>G</googleplay:author><googleplay:image href='http://a.org/g.jpg'/>"
      "<googleplay:explicit>yes</googleplay:explicit><googleplay:description>GD</googleplay:description>";
  const std::string item = "<item><googleplay:description>x</googleplay:description></item>";
  const Feed alone = parse_ok(start + item + "</channel></rss>");
  EXPECT_EQ(alone.author, "G");
  EXPECT_EQ(alone.image, "http://a.org/g.jpg");
  EXPECT_EQ(alone.description, "GD");
  EXPECT_EQ(alone.is_explicit, true);
  EXPECT_EQ(alone.items.at(0).description, "x");
  const Feed both = parse_ok(start +
                             "<itunes:author>I</itunes:author><itunes:explicit>no</itunes:explicit>"
                             "<itunes:image href='http://a.org/i.jpg'/></channel></rss>");
  EXPECT_EQ(both.author, "I");
  EXPECT_EQ(both.image, "http://a.org/i.jpg");
  EXPECT_EQ(both.is_explicit, false);
}

// ---- torrents ----

TEST(RealWorld, AMagnetLinkInATextCountsWhereThereIsNothingElse) {
  const std::string magnet = std::string("magnet:?xt=urn:btih:") + kHash + "&dn=a";
  const std::string escaped = std::string("magnet:?xt=urn:btih:") + kHash + "&amp;dn=a";
  const auto plain = rss_item("<description>get it: " + escaped + " now</description>");
  ASSERT_TRUE(plain.torrent);
  EXPECT_EQ(plain.torrent->magnet, magnet);
  EXPECT_EQ(plain.torrent->info_hash, kHash);
  const auto html = rss_item("<content:encoded><![CDATA[<a href=\"" + escaped + "\">x</a>]]></content:encoded>");
  ASSERT_TRUE(html.torrent);
  EXPECT_EQ(html.torrent->magnet, magnet);
  EXPECT_FALSE(rss_item("<enclosure url='http://a.org/1.mp3'/><description>" + escaped + "</description>").torrent);
  EXPECT_FALSE(rss_item("<description>magnet:?xt=urn:btih:short</description>").torrent);
  EXPECT_EQ(rss_item("<magnet>" + escaped + "</magnet>").torrent.value().magnet, magnet);
}

TEST(RealWorld, AMagnetLinkIsFoundBehindOneThatIsNone) {
  EXPECT_EQ(magnet_in(std::string("magnet:?dn=x magnet:?xt=urn:btih:") + kHash),
            std::string("magnet:?xt=urn:btih:") + kHash);
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += "magnet:?";
  EXPECT_EQ(magnet_in(many), "");
}

TEST(RealWorld, ATorrentThatTheTextLinksTo) {
  Item item;
  item.description = "see <a href='/no.torrent'>a</a> <a href=\"http://a.org/b.torrent?x=1&amp;y=2\">b</a>";
  EXPECT_EQ(linked_torrent(item), "http://a.org/b.torrent?x=1&y=2");
  item.description = "http://a.org/b.torrent is not linked";
  EXPECT_EQ(linked_torrent(item), "");
}

// ---- JSON ----

TEST(RealWorld, JsonFeedsOfWrongTypes) {
  const Feed feed = parse_ok(
      R"({"version":"https://jsonfeed.org/version/1","title":12,"home_page_url":["http://a.org/"],"items":[
      {"id":1,"tags":"news, tech","image":{"url":"http://a.org/i.jpg"},
       "attachments":{"url":"http://a.org/1.mp3","mime_type":"audio/mpeg","size_in_bytes":"123456",
                      "duration_in_seconds":"1:02:03"}},
      {"id":"2","attachments":[null,"x",{"url":"http://a.org/2.mp3","size_in_bytes":"1:02:03"}]}, null, 7]})");
  EXPECT_EQ(feed.title, "12");
  EXPECT_EQ(feed.link, "http://a.org/");
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.items[0].guid, "1");
  EXPECT_THAT(feed.items[0].categories, ElementsAre("news", "tech"));
  EXPECT_EQ(feed.items[0].image, "http://a.org/i.jpg");
  ASSERT_EQ(feed.items[0].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[0].enclosures[0].length, 123'456u);
  EXPECT_EQ(feed.items[0].duration_seconds, 3723u);
  ASSERT_EQ(feed.items[1].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[1].enclosures[0].length, std::nullopt);
}

TEST(RealWorld, JsonWithOtherLanguagesWordsForNoNumber) {
  const Feed feed = parse_ok(
      R"({"version":"https://jsonfeed.org/version/1","title":"NaN is None","items":[{"id":"1","url":null,
      "attachments":[{"url":"http://a.org/1.mp3","size_in_bytes":NaN,"duration_in_seconds":-Infinity,"x":undefined}]}]})");
  EXPECT_EQ(feed.title, "NaN is None");
  ASSERT_EQ(feed.items.size(), 1u);
  ASSERT_EQ(feed.items[0].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[0].duration_seconds, std::nullopt);
  EXPECT_EQ(feed.repairs.size(), 1u);
}

TEST(RealWorld, ACdataSectionThatWasEscapedIsText) {
  const Item item = rss_item(
      "<title>&lt;![CDATA[ Tom &amp; Jerry ]]&gt;</title><guid> &lt;![CDATA[id]]&gt; </guid><author>\u200Ba</author>");
  EXPECT_EQ(item.title, "<![CDATA[ Tom & Jerry ]]>");
  EXPECT_EQ(item.guid, "<![CDATA[id]]>");
  EXPECT_EQ(item.author, "\u200Ba");
}

TEST(RealWorld, ImagesWhereverTheirAddressIsWritten) {
  for (const char* image : {"<image href='http://a.org/i.jpg'/>", "<image>http://a.org/i.jpg</image>",
                            "<itunes:image src='http://a.org/i.jpg'/>",
                            "<image><title>x</title><url>http://a.org/i.jpg</url><link>http://a.org/</link></image>"}) {
    EXPECT_EQ(rss_item(image).image, "http://a.org/i.jpg") << image;
    EXPECT_EQ(parse_ok(rss(image)).image, "http://a.org/i.jpg") << image;
  }
  EXPECT_EQ(parse_ok(rss("<image><title>x</title><link>http://a.org/</link></image>")).image, "");
}

TEST(RealWorld, AnImagesTextIsNotItsAddress) {
  ParseOptions options;
  options.base_url = "http://a.org/f";
  for (const char* image :
       {"<image>Episode art</image>", "<image href='art'/>", "<image><media:url>http://a.org/i.jpg</media:url></image>",
        "<itunes:image><media:url>http://a.org/i.jpg</media:url></itunes:image>"}) {
    const Feed feed = parse_ok(rss(image + ("<item>" + std::string(image) + "</item>")), options);
    EXPECT_EQ(feed.image, "") << image;
    EXPECT_EQ(feed.items.at(0).image, "") << image;
  }
  EXPECT_EQ(rss_item("<image href='http://a.org/no.jpg'><url>http://a.org/i.jpg</url></image>").image,
            "http://a.org/i.jpg");
  EXPECT_EQ(rss_item("<itunes:image><itunes:url>http://a.org/i.jpg</itunes:url></itunes:image>").image,
            "http://a.org/i.jpg");
}

TEST(RealWorld, AnEnclosuresChildrenAreItsOwn) {
  EXPECT_THAT(urls_of(rss_item("<enclosure><url>http://a.org/1.mp3</url></enclosure>")),
              ElementsAre("http://a.org/1.mp3"));
  EXPECT_THAT(urls_of(rss_item("<enclosure><media:url>http://a.org/1.mp3</media:url></enclosure>")), ElementsAre());
}

TEST(RealWorld, ManyChannelsTakeNoLongerThanOne) {
  std::string text = "<rss>";
  for (int i = 0; i < 20'000; ++i) text += "<channel><item><title>a</title></item></channel>";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_ok(text + "</rss>").items.size(), 20'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "each channel moves all items";
}

TEST(RealWorld, BelowABaseThatIsTooLongNothingIsResolved) {
  const std::string too_long = "http://b.org/" + std::string(3000, 'b') + "/";
  const Feed feed = parse_ok("<rss xml:base='http://a.org/'><channel><item xml:base='" + too_long +
                             "'><link>1</link></item><item><link>2</link></item></channel></rss>");
  EXPECT_EQ(feed.items.at(0).link, "1");
  EXPECT_EQ(feed.items.at(1).link, "http://a.org/2");
}

TEST(RealWorld, EntitiesExpandToAsMuchAsTheDocumentHolds) {
  const std::string value(400, 'x');
  std::string text = "<!DOCTYPE rss [<!ENTITY e \"" + value + "\">]><rss><channel>";
  for (int i = 0; i < 6000; ++i) {
    text += "<item><title>&e;</title><description>" + std::string(500, 'd') + "</description></item>";
  }
  const Feed feed = parse_ok(text + "</channel></rss>");
  ASSERT_EQ(feed.items.size(), 6000u);
  EXPECT_EQ(feed.items.back().title, value);
}

TEST(RealWorld, JsonWithTooManyValuesSaysSo) {
  std::string text = R"({"version":"https://jsonfeed.org/version/1.1","title":"T","items":[)";
  std::string tags = "0";
  for (int i = 0; i < 9'999; ++i) tags += ",0";
  for (int i = 0; i < 150; ++i) text += (i == 0 ? "" : ",") + (R"({"id":"x","tags":[)" + tags + "]}");
  const Feed feed = parse_ok(text + "]}");
  EXPECT_EQ(feed.items.size(), 99u);
  ASSERT_EQ(feed.repairs.size(), 1u);
  EXPECT_THAT(feed.repairs[0], testing::HasSubstr("more than 1000000 values, read up to the last whole item"));
}

TEST(RealWorld, LargeJsonFeedsAreReadWhole) {
  std::string item = R"({"id":"x","content_text":")" + std::string(400, 'c') + R"(","tags":[)";
  for (int i = 0; i < 40; ++i) item += (i == 0 ? "" : ",") + (R"("tag number )" + std::to_string(i) + '"');
  item += "]}";
  std::string text = R"({"version":"https://jsonfeed.org/version/1.1","title":"T","items":[)";
  for (int i = 0; i < 20'000; ++i) text += (i == 0 ? "" : ",") + item;
  const Feed feed = parse_ok(text + "]}");
  EXPECT_EQ(feed.items.size(), 20'000u);
  EXPECT_THAT(feed.repairs, ElementsAre());
}

TEST(RealWorld, ControlCharactersInJsonAreDropped) {
  const Feed feed = parse_ok(std::string(R"({"version":"https://jsonfeed.org/version/1.1","title":"a)") +
                             "\x01\x1f\r\n" + R"(b","items":[]})");
  EXPECT_EQ(feed.title, "a\r\nb");
}

TEST(RealWorld, AlternateEnclosuresNameTheirSourcesByUri) {
  const Item item = rss_item(
      "<podcast:alternateEnclosure type='audio/opus' length='99,999'><podcast:source url='http://a.org/1.opus'/>"
      "<podcast:source uri='http://a.org/2.opus'/></podcast:alternateEnclosure>"
      "<podcast:alternateEnclosure type='audio/mpeg' url='http://a.org/1.mp3'/>");
  ASSERT_EQ(item.alternate_enclosures.size(), 2u);
  EXPECT_EQ(item.alternate_enclosures[0].length, std::nullopt);
  ASSERT_EQ(item.alternate_enclosures[0].sources.size(), 1u);
  EXPECT_EQ(item.alternate_enclosures[0].sources[0].uri, "http://a.org/2.opus");
  EXPECT_EQ(item.alternate_enclosures[0].sources[0].type, "audio/opus");
  EXPECT_THAT(item.alternate_enclosures[1].sources, ElementsAre());
}

TEST(RealWorld, JsonWithLineEndsInItsStrings) {
  const Feed feed = parse_ok(
      "{\"version\":\"https://jsonfeed.org/version/1.1\",\n\"title\":\"a\n\tb \\\"c\\\"\",\"items\":[{\"id\":\"1\"}]}");
  EXPECT_EQ(feed.title, "a\n\tb \"c\"");
  EXPECT_EQ(feed.items.size(), 1u);
  ASSERT_EQ(feed.repairs.size(), 1u);
  EXPECT_THAT(feed.repairs[0], testing::StartsWith("line 2, column "));
}

// ---- charsets ----

std::string in_charset(const std::string& before, std::initializer_list<unsigned> bytes, const std::string& after) {
  std::string out = before;
  for (const unsigned byte : bytes) out += static_cast<char>(byte);
  return out + after;
}

TEST(RealWorld, CyrillicThatNobodyDeclared) {
  // "Подкаст о технике и науке", in windows-1251 and in KOI8-R.
  const auto text = [](std::initializer_list<unsigned> bytes, const std::string& language) {
    return in_charset("<rss><channel>" + language + "<title>", bytes, "</title></channel></rss>");
  };
  const std::initializer_list<unsigned> k1251 = {0xCF, 0xEE, 0xE4, 0xEA, 0xE0, 0xF1, 0xF2, ' ',  0xEE,
                                                 ' ',  0xF2, 0xE5, 0xF5, 0xED, 0xE8, 0xEA, 0xE5, ' ',
                                                 0xE8, ' ',  0xED, 0xE0, 0xF3, 0xEA, 0xE5};
  const std::initializer_list<unsigned> kKoi8 = {0xF0, 0xCF, 0xC4, 0xCB, 0xC1, 0xD3, 0xD4, ' ',  0xCF,
                                                 ' ',  0xD4, 0xC5, 0xC8, 0xCE, 0xC9, 0xCB, 0xC5, ' ',
                                                 0xC9, ' ',  0xCE, 0xC1, 0xD5, 0xCB, 0xC5};
  for (const char* language : {"", "<language>ru</language>", "<language> ru-RU </language>"}) {
    EXPECT_EQ(parse_ok(text(k1251, language)).title, "Подкаст о технике и науке") << language;
    EXPECT_EQ(parse_ok(text(kKoi8, language)).title, "Подкаст о технике и науке") << language;
  }
  // A word or two in an English feed is no evidence.
  EXPECT_EQ(parse_ok(text({0xE9, 't', 0xE9}, "<language>en</language>")).title, "été");
}

TEST(RealWorld, TheLanguageTellsTheCharset) {
  const auto title = [](const char* language, std::initializer_list<unsigned> bytes) {
    return parse_ok(in_charset(std::string("<rss><channel><language>") + language + "</language><title>", bytes,
                               "</title></channel></rss>"))
        .title;
  };
  EXPECT_EQ(title("pl", {0xB3, 0xF3, 'd', 0x9F}), "łódź");
  EXPECT_EQ(title("ja", {0x93, 0xFA, 0x96, 0x7B}), "日本");     // Shift_JIS
  EXPECT_EQ(title("ja-JP", {0xC6, 0xFC, 0xCB, 0xDC}), "日本");  // EUC-JP
  EXPECT_EQ(title("zh-CN", {0xD6, 0xD0, 0xCE, 0xC4}), "中文");  // GBK
  EXPECT_EQ(title("zh-TW", {0xA4, 0xA4, 0xA4, 0xE5}), "中文");  // Big5
  EXPECT_EQ(title("tr", {0xFD, 0xFE, 0xF0}), "ışğ");
  EXPECT_EQ(title("de", {0xE4, 0xF6, 0xFC}), "äöü");
  EXPECT_EQ(title("trx", {0xFD}), "ý") << "no language of that name is known";
}

TEST(RealWorld, WhatIsDeclaredOrMostlyUtf8IsNotGuessedAt) {
  const std::string latin1 =
      in_charset("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><rss><channel><language>pl</language><title>",
                 {0xB3, 0xF3}, "</title></channel></rss>");
  EXPECT_EQ(parse_ok(latin1).title, "³ó");
  const std::string mixed =
      in_charset("<rss><channel><language>ru</language><title>Подкаст о технике ", {0xE9}, "</title></channel></rss>");
  EXPECT_EQ(parse_ok(mixed).title, "Подкаст о технике é");
}

// ---- dates ----

TEST(RealWorld, AZoneWithDigitsBehindItIsOneOfTwoNames) {
  const auto date = [](const std::string& zone) {
    const auto item = rss_item("<pubDate>18 Nov 2026 06:00 " + zone + "</pubDate>");
    return item.published ? base::format_rfc3339(*item.published) : std::string("none");
  };
  EXPECT_EQ(date("EST5EDT"), "2026-11-18T11:00:00Z");
  EXPECT_EQ(date("GMT0100"), "none");
  EXPECT_EQ(date("GMT+0100"), "2026-11-18T05:00:00Z");
}

TEST(RealWorld, DatesInOtherLanguages) {
  const auto date = [](const char* text) {
    const auto item = rss_item("<pubDate>" + std::string(text) + "</pubDate>");
    return item.published ? base::format_rfc3339(*item.published) : std::string("none");
  };
  for (const char* text : {"śr., 18 lis 2026 06:00:00 +0000",
                           "18 listopada 2026 06:00",
                           "18. listopadu 2026 06:00",
                           "18 Kasım 2026 06:00",
                           "Çar, 18 Kas 2026 09:00:00 +0300",
                           "18 листопада 2026 06:00",
                           "18 Ноя 2026 06:00",
                           "ke, 18 marras 2026 08:00:00 +0200",
                           "18. marraskuuta 2026 06:00",
                           "18 ΝΟΕ 2026 06:00",
                           "2026年11月18日（水）午前6時00分",
                           "2026年11月18日 6时",
                           "2026년 11월 18일 오전 6시 00분",
                           "星期三, 18 十一月 2026 14:00:00 +0800",
                           "יום ד, 18 נוב 2026 08:00:00 +0200",
                           "الأربعاء, 18 نوفمبر 2026 09:00:00 +0300",
                           "Nov 18, 2026, 6:00 a.m.",
                           "Wed, 18 Nov 2026 06.00.00 GMT",
                           "18/11/2026 06h00",
                           "18. 11. 2026 06:00",
                           "2026. 11. 18. 6:00",
                           "18 Nov 2026 6h"}) {
    EXPECT_EQ(date(text), "2026-11-18T06:00:00Z") << text;
  }
  EXPECT_EQ(date("2026年11月18日（水）午後6時30分"), "2026-11-18T18:30:00Z");
  EXPECT_EQ(date("Nov 18, 2026, 6:00 p.m."), "2026-11-18T18:00:00Z");
  EXPECT_EQ(date("12 Şub 2026"), "2026-02-12T00:00:00Z");
  EXPECT_EQ(date("12 Ağustos 2026"), "2026-08-12T00:00:00Z");
  EXPECT_EQ(date("12. ŘÍJNA 2026"), "2026-10-12T00:00:00Z");
  EXPECT_EQ(date("12. července 2026"), "2026-07-12T00:00:00Z");
  EXPECT_EQ(date("12. června 2026"), "2026-06-12T00:00:00Z");
  EXPECT_EQ(date("12 грудня 2026"), "2026-12-12T00:00:00Z");
  EXPECT_EQ(date("31 Nov 2026"), "none");
}

}  // namespace
}  // namespace podswarm::feeds
