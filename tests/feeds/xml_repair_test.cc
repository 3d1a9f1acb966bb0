#include "feeds/xml_repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeds/xml_document.h"
#include "feeds/xml_tag.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

std::string repair(std::string_view text) {
  RepairNotes notes;
  return repair_xml(text, 16, notes);
}

struct Case {
  const char* broken;
  const char* mended;
};

class RepairTable : public testing::TestWithParam<Case> {};

TEST_P(RepairTable, MakesItWellFormed) {
  EXPECT_EQ(repair(GetParam().broken), GetParam().mended) << GetParam().broken;
}

INSTANTIATE_TEST_SUITE_P(
    Tags, RepairTable,
    testing::Values(Case{"<rss><title>a</titel></rss>", "<rss><title>a</title></rss>"},
                    Case{"<rss><title>1 < 2</title></rss>", "<rss><title>1 &lt; 2</title></rss>"},
                    Case{"<rss><title>a <b and <i>c</i></title></rss>",
                         "<rss><title>a &lt;b and <i>c</i></title></rss>"},
                    Case{"<rss><title>if (a<b && c>d)</title></rss>", "<rss><title>if (a&lt;b && c>d)</title></rss>"},
                    Case{"<rss><d>a</b> b</d></rss>", "<rss><d>a b</d></rss>"},
                    Case{"<rss><d>a<br>b<p>c</d></rss>", "<rss><d>a<br/>b<p>c</p></d></rss>"},
                    Case{"<rss><Item></item></rss>", "<rss><Item></Item></rss>"},
                    Case{"<rss><a b=c d e='\"'/></rss>", "<rss><a b=\"c\" d=\"d\" e=\"&quot;\"/></rss>"},
                    Case{"<rss><a b=\"x>y</a><c/></rss>", "<rss><a b=\"x\">y</a><c/></rss>"},
                    Case{"<rss><a b=\"1\"\"></a></rss>", "<rss><a b=\"1\"></a></rss>"},
                    Case{"<rss><channel><title>a<link>b</link></channel></rss>",
                         "<rss><channel><title>a</title><link>b</link></channel></rss>"},
                    Case{"<rss><channel><item><title>a</title><item><title>b</title></item></channel></rss>",
                         "<rss><channel><item><title>a</title></item><item><title>b</title></item></channel></rss>"},
                    Case{"<b>Warning</b>: x <br />\n<rss></rss> junk <a>", "<b>Warning</b><br/><rss></rss>"}));

INSTANTIATE_TEST_SUITE_P(
    Ends, RepairTable,
    testing::Values(Case{"<rss><channel><title>a</title>", "<rss><channel><title>a</title></channel></rss>"},
                    Case{"<rss><channel></channel></rss", "<rss><channel></channel></rss>"},
                    Case{"<rss><channel><item><guid>1</guid></item><item><guid>2</guid><tit",
                         "<rss><channel><item><guid>1</guid></item></channel></rss>"},
                    Case{"<rss><item><guid>1</guid></channel></rss>", "<rss><item><guid>1</guid></item></rss>"},
                    Case{"<rss><d><![CDATA[a</d><e>b</e></rss>", "<rss><d><![CDATA[a]]></d><e>b</e></rss>"},
                    Case{"<rss><d><![CDATA[a</d><d><![CDATA[b]]></d></rss>",
                         "<rss><d><![CDATA[a]]></d><d><![CDATA[b]]></d></rss>"},
                    Case{"<rss><!-- a <b>c</b></rss>", "<rss> a <b>c</b></rss>"}, Case{"<rss", ""}, Case{"<", ""}));

// Each of these tags reaches to the end, as its quotes close in the next one; to read them all so far would take hours.
TEST(Repair, QuotesThatNeverCloseDoNotHoldItUp) {
  std::string text = "<rss><channel>";
  for (int i = 0; i < 100'000; ++i) text += "<a b='\" c=\"";
  EXPECT_FALSE(repair(text).empty());
}

TEST(Repair, DropsTagsThatNestTooDeep) {
  std::string text = "<rss>";
  for (int i = 0; i < 1000; ++i) text += "<a>";
  const std::string mended = repair(text + "x");
  EXPECT_EQ(std::count(mended.begin(), mended.end(), '<'), 2 * 16);
}

TEST(Repair, NotesSayWhereAndAreBounded) {
  RepairNotes notes;
  std::string text = "<rss>\n<a>\né</b>";
  for (int i = 0; i < 100; ++i) text += "</x>";
  (void)repair_xml(text, 16, notes);
  ASSERT_FALSE(notes.all().empty());
  EXPECT_EQ(to_text(notes.all().front()), "line 3, column 2: </b> closes nothing");
  EXPECT_LE(notes.all().size(), 20u);
}

std::vector<std::string> repairs_of(std::string_view document) {
  return parse_ok(document).repairs;
}

TEST(Repairs, SayWhereInTheDocument) {
  using testing::ElementsAre;
  EXPECT_THAT(repairs_of("\n  junk\n<rss><channel>\n<title>é a & b &amp; c & d</title></channel></rss>"),
              ElementsAre("line 2, column 3: text before the document", "line 4, column 12: 2 bare & read as text"));
  EXPECT_THAT(repairs_of("<rss><channel>\r\n<description>one\r\ntwo\r\nx & y</description></channel></rss>"),
              ElementsAre("line 4, column 3: 1 bare & read as text"));
  EXPECT_THAT(repairs_of("<rss><channel><link>http://a.org/</link>\n<title x='1&2'/></channel></rss>"), ElementsAre());
  EXPECT_THAT(repairs_of("<rss><channel>\n\n <title>1 < 2</title></channel></rss>"),
              ElementsAre("line 3, column 11: a bare <"));
  EXPECT_THAT(repairs_of("junk\n<rss><channel>\n<title>a<link>b</link></channel></rss>"),
              ElementsAre("line 1, column 1: text before the document", "line 3, column 1: <title> is not closed"));
  EXPECT_THAT(repairs_of("<rss><channel><title>a</title>\n<item><title>b</title><guid>1"),
              ElementsAre("line 2, column 1: the document ends within an item, which is left out",
                          "line 1, column 6: <channel> is not closed"));
  EXPECT_THAT(repairs_of("<rss><channel>\n<title>caf\xE9</title></channel></rss>"),
              ElementsAre("line 2, column 11: bytes that are not UTF-8 read as windows-1252"));
  EXPECT_THAT(repairs_of("\n {\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\"},\n{\"id\""),
              ElementsAre(testing::StartsWith("line 3, column 6: broken JSON")));
}

TEST(Repairs, OfWhatWasCutOffSayWhereTheFirstWas) {
  ParseOptions options;
  options.max_items = 1;
  options.max_text_bytes = 4;
  const Feed feed =
      parse_ok("<rss><channel>\n<title>too long</title>\n<item/>\n<item/>\n<item/></channel></rss>", options);
  ASSERT_EQ(feed.repairs.size(), 2u);
  EXPECT_EQ(feed.repairs[0], "line 4, column 2: 2 items beyond the first 1 were left out");
  EXPECT_EQ(feed.repairs[1], "line 2, column 2: a text cut off at 4 bytes");
}

TEST(StartTag, ReadsAttributesHoweverTheyAreWritten) {
  StartTag tag;
  EXPECT_EQ(read_start_tag("<a b = 'c' d=e/f g />x", tag), TagReading::kTag);
  EXPECT_EQ(tag.name, "a");
  EXPECT_EQ(tag.attributes, " b=\"c\" d=\"e/f\" g=\"g\"");
  EXPECT_TRUE(tag.self_closing);
  EXPECT_EQ(tag.length, 21u);
  EXPECT_EQ(read_start_tag("<a b=\"c", tag), TagReading::kTruncated);
  EXPECT_EQ(read_start_tag("<a ; b>", tag), TagReading::kText);
}

TEST(Document, IsMendedOnlyWhereItMustBe) {
  EXPECT_TRUE(XmlDocument("<rss><channel/></rss>").notes().all().empty());
  EXPECT_FALSE(XmlDocument("<rss><channel></rss>").notes().all().empty());
  EXPECT_STREQ(XmlDocument("<br/><rss/>").root().name(), "rss");
}

TEST(BrokenFeeds, ItemsAroundABrokenOneAreRead) {
  const Feed feed = parse_ok(
      "<rss version='2.0'><channel><title>T</title>"
      "<item><title>one</title><guid>1</guid></item>"
      "<item><title>two <b>bold</i></title><guid>2</guid><enclosure url=http://a/2.mp3 length=5 type=audio/mpeg></item>"
      "<item><title>three</title><guid>3</guid></item></channel></rss>");
  ASSERT_EQ(feed.items.size(), 3u);
  EXPECT_EQ(feed.items[1].guid, "2");
  ASSERT_EQ(feed.items[1].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[1].enclosures[0].url, "http://a/2.mp3");
  EXPECT_EQ(feed.items[2].title, "three");
  EXPECT_FALSE(feed.repairs.empty());
}

TEST(BrokenFeeds, AnUnclosedLastItemIsLeftOut) {
  const Feed feed =
      parse_ok("<rss><channel><title>T</title><item><guid>1</guid></item><item><guid>2</guid><title>Half of the ti");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].guid, "1");
}

TEST(BrokenFeeds, TruncationAtEveryByteNeverGainsItems) {
  const std::string text = rss(
      "<title>T &amp; x</title><atom:link rel=\"self\" href=\"http://a/f\"/><item><title><![CDATA[a <b>]]></title>"
      "<guid isPermaLink=\"false\">1</guid><enclosure url=\"http://a/1.mp3\" length=\"5\" type=\"audio/mpeg\"/></item>"
      "<!-- c --><item><title>b</title><guid>2</guid><itunes:duration>1:02</itunes:duration></item>");
  std::size_t last = 0;
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto feed = parse_feed(std::string_view(text).substr(0, n));
    if (!feed) continue;
    EXPECT_GE(feed->items.size(), last) << n;
    EXPECT_LE(feed->items.size(), 2u) << n;
    for (const auto& item : feed->items) EXPECT_FALSE(item.guid.empty()) << n;
    last = feed->items.size();
  }
  EXPECT_EQ(last, 2u);
}

TEST(BrokenFeeds, NulAndControlCharactersVanish) {
  std::string text = rss("<title>a\x01\x02 b</title><item><guid>g</guid></item>");
  text.insert(text.find("<item>") + 3, 1, '\0');
  const Feed feed = parse_ok(text);
  EXPECT_EQ(feed.title, "a b");
  EXPECT_EQ(feed.items.size(), 1u);
}

TEST(BrokenFeeds, JunkBeforeTheRootIsPassedOver) {
  EXPECT_EQ(parse_ok("\n PHP Notice: x in y\n" + rss("<title>T</title>")).title, "T");
  EXPECT_EQ(parse_ok("<br />\n<b>Warning</b>: x<br />\n" + rss("<title>T</title>")).title, "T");
}

}  // namespace
}  // namespace podswarm::feeds
