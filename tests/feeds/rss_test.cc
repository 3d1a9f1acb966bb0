#include "feeds/rss.h"

#include <gmock/gmock.h>

#include "base/units.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;

TEST(RssFormat, FollowsRootVersionAndNamespace) {
  EXPECT_EQ(parse_ok("<rss/>").format, FeedFormat::kRss2);
  EXPECT_EQ(parse_ok("<rss version='2.0'/>").format, FeedFormat::kRss2);
  EXPECT_EQ(parse_ok("<RSS version='0.92'/>").format, FeedFormat::kRss09x);
  const std::string rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='";
  EXPECT_EQ(parse_ok(rdf + "http://purl.org/rss/1.0/'/>").format, FeedFormat::kRss1);
  EXPECT_EQ(parse_ok(rdf + "http://my.netscape.com/rdf/simple/0.9/'/>").format, FeedFormat::kRss09x);
}

TEST(Rss, ReadsTheChannel) {
  const Feed feed = parse_ok(rss(
      "<title>Tom &amp;amp; Jerry</title><link> http://a.org/ </link><description>&lt;b&gt;x&lt;/b&gt;</description>"
      "<language>en</language><managingEditor>e@a.org (Ed)</managingEditor><webMaster>w</webMaster>"
      "<pubDate>Fri, 20 Nov 2026 18:30:05 GMT</pubDate><lastBuildDate>21 Nov 2026 00:00:00 GMT</lastBuildDate>"
      "<category>One</category><category>Two</category><ttl>60</ttl><image><title>no</title><url>http://a.org/i.png</"
      "url>"
      "</image><atom:link rel='self' href='http://a.org/f'/><atom:link rel='next' href='http://a.org/f2'/>"
      "<atom:link rel='hub' href='http://hub/'/><skipHours><hour>3</hour><hour>24</hour><hour>99</hour></skipHours>"
      "<skipDays><day>sunday</day><day>Someday</day></skipDays>"
      "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"));
  EXPECT_EQ(feed.title, "Tom &amp; Jerry");
  EXPECT_EQ(feed.link, "http://a.org/");
  EXPECT_EQ(feed.description, "<b>x</b>");
  EXPECT_EQ(feed.language, "en");
  EXPECT_EQ(feed.author, "e@a.org (Ed)");
  EXPECT_EQ(base::format_rfc3339(feed.published.value()), "2026-11-20T18:30:05Z");
  EXPECT_EQ(base::format_rfc3339(feed.updated.value()), "2026-11-21T00:00:00Z");
  EXPECT_THAT(feed.categories, ElementsAre("One", "Two"));
  EXPECT_EQ(feed.image, "http://a.org/i.png");
  EXPECT_EQ(feed.feed_url, "http://a.org/f");
  EXPECT_EQ(feed.next_url, "http://a.org/f2");
  EXPECT_EQ(feed.hub, "http://hub/");
  EXPECT_EQ(feed.hints.ttl_minutes, 60u);
  EXPECT_THAT(feed.hints.skip_hours, ElementsAre(3, 0));
  EXPECT_THAT(feed.hints.skip_days, ElementsAre("Sunday"));
  EXPECT_EQ(feed.hints.update_period, std::chrono::hours(6));
}

TEST(Rss, ReadsAnItem) {
  const Item item = rss_item(
      "<title>T</title><link>http://a.org/1</link><guid isPermaLink='false'> g1 </guid><author>a@a.org</author>"
      "<pubDate>Fri, 20 Nov 2026 18:30:05 GMT</pubDate><description>d</description>"
      "<content:encoded><![CDATA[<p>c &amp; d</p>]]></content:encoded><category>c</category>"
      "<enclosure url='http://a.org/1.mp3' type='audio/mpeg' length='123'/>");
  EXPECT_EQ(item.title, "T");
  EXPECT_EQ(item.link, "http://a.org/1");
  EXPECT_EQ(item.guid, "g1");
  EXPECT_EQ(item.author, "a@a.org");
  EXPECT_EQ(item.description, "d");
  EXPECT_EQ(item.content, "<p>c &amp; d</p>");
  EXPECT_THAT(item.categories, ElementsAre("c"));
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].length, 123u);
  EXPECT_EQ(item.enclosures[0].kind, LinkKind::kHttp);
  EXPECT_FALSE(item.torrent.has_value()) << "nothing is invented";
}

TEST(Rss, PrecedenceDoesNotDependOnTheOrder) {
  const Item item = rss_item(
      "<dc:title>no</dc:title><itunes:title>no</itunes:title><title></title><title>yes</title>"
      "<itunes:subtitle>no</itunes:subtitle><description>yes</description><atom:summary>no</atom:summary>"
      "<dc:creator>no</dc:creator><itunes:author>yes</itunes:author><author>no</author>"
      "<dc:date>2001-01-01</dc:date><pubDate>not a date</pubDate><dcterms:issued>2026-11-20</dcterms:issued>");
  EXPECT_EQ(item.title, "yes");
  EXPECT_EQ(item.description, "yes");
  EXPECT_EQ(item.author, "yes");
  EXPECT_EQ(base::format_rfc3339(item.published.value()), "2026-11-20T00:00:00Z");
  EXPECT_EQ(item.updated, std::nullopt);
}

TEST(Rss, TheLinkMayBeAPermalinkOrAtoms) {
  EXPECT_EQ(rss_item("<guid>http://a.org/1</guid>").link, "http://a.org/1");
  EXPECT_EQ(rss_item("<guid isPermaLink='FALSE'>http://a.org/1</guid>").link, "");
  EXPECT_EQ(rss_item("<guid>urn:x</guid>").link, "");
  EXPECT_EQ(rss_item("<guid>http://a.org/1</guid><atom:link href='http://a.org/2'/>").link, "http://a.org/2");
  EXPECT_EQ(rss_item("<link href='http://a.org/3'/>").link, "http://a.org/3");
}

TEST(Rss, EnclosuresOfOneUrlAreOne) {
  const Item item = rss_item(
      "<enclosure url='http://a.org/1.mp3'/><media:content url='http://a.org/1.mp3' type='audio/mpeg' fileSize='9'/>"
      "<enclosure length='1'/><enclosure><url>http://a.org/2.mp3</url><length>x</length></enclosure>");
  ASSERT_EQ(item.enclosures.size(), 2u);
  EXPECT_EQ(item.enclosures[0].type, "audio/mpeg");
  EXPECT_EQ(item.enclosures[0].length, 9u);
  EXPECT_EQ(item.enclosures[1].url, "http://a.org/2.mp3");
  EXPECT_EQ(item.enclosures[1].length, std::nullopt);
}

TEST(Rss, BareAmpersandsInUrlsStand) {
  EXPECT_EQ(rss_item("<link>http://a.org/?a=1&b=2&copy=3</link>").link, "http://a.org/?a=1&b=2&copy=3");
  const Feed feed = parse_ok(rss("<link>http://a.org/?a=1&b=2</link>"));
  EXPECT_THAT(feed.repairs, ElementsAre(testing::EndsWith(": 1 bare & read as text")));
}

TEST(Rss, MarkupThatWasNotEscapedIsKept) {
  EXPECT_EQ(rss_item("<description>a <b>b</b> <i>c &amp; d</i><br/></description>").description,
            "a <b>b</b> <i>c &amp; d</i><br>");
  EXPECT_EQ(rss_item("<title>a<!-- x --> b</title>").title, "a b");
}

TEST(Rss, ItemsMayStandBesideTheChannelButNotJustAnywhere) {
  const Feed feed = parse_ok(
      "<rss><channel><podcast:liveItem><guid>live</guid></podcast:liveItem><x><item><guid>no</guid></item></x></"
      "channel>"
      "<item><guid>yes</guid></item></rss>");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].guid, "yes");
}

TEST(Rss, RdfNamesItsItems) {
  const Feed feed = parse_ok(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
      "<channel rdf:about='http://a.org/'><title>T</title></channel><image><url>http://a.org/i</url></image>"
      "<item rdf:about='http://a.org/1'><title>I</title></item></rdf:RDF>");
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.image, "http://a.org/i");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].guid, "http://a.org/1");
}

TEST(Rss, ARedirectionIsANewFeedUrl) {
  EXPECT_EQ(parse_ok("<rss><redirect><newLocation>http://b.org/f</newLocation></redirect></rss>").new_feed_url,
            "http://b.org/f");
}

TEST(Limits, ItemsTextsAndBytesAreCapped) {
  ParseOptions options;
  options.max_items = 2;
  options.max_text_bytes = 5;
  const Feed feed = parse_ok(rss("<title>ab\xC3\xA9\xC3\xA9\xC3\xA9</title><item/><item/><item/>"), options);
  EXPECT_EQ(feed.title, "abé");
  EXPECT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.repairs.size(), 2u);
  options.max_bytes = 10;
  EXPECT_EQ(parse_feed(rss(""), options).error().code, ParseError::kTooLarge);
}

TEST(Limits, DeepNestingEndsWell) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  std::string closed = deep;
  for (int i = 0; i < 100'000; ++i) closed += "</a>";
  EXPECT_EQ(parse_ok(rss("<title>T</title><description>" + closed + "</description>")).title, "T");
  EXPECT_EQ(parse_ok("<rss><channel><title>T</title><description>" + deep).title, "T");
}

TEST(Refusals, SayWhatItLooksLike) {
  const auto message = [](std::string_view text) {
    const auto feed = parse_feed(text);
    return feed ? "a feed" : feed.error().message;
  };
  EXPECT_EQ(parse_feed("  \n").error().code, ParseError::kEmpty);
  EXPECT_THAT(message("<!DOCTYPE html><html><body>404</body></html>"), testing::HasSubstr("HTML"));
  EXPECT_THAT(message("<head><title>Moved</title></head><body>x<br>"), testing::HasSubstr("HTML"));
  EXPECT_THAT(message("<note><to>x</to></note>"), testing::HasSubstr("<note>"));
  EXPECT_THAT(message("<opml version='2.0'/>"), testing::HasSubstr("OPML"));
  EXPECT_THAT(message("hello"), testing::HasSubstr("plain text"));
  EXPECT_THAT(message("\x89PNG\r\n\x1a\n"), testing::HasSubstr("PNG"));
  EXPECT_THAT(message("d8:announce3:foo"), testing::HasSubstr("torrent"));
}

}  // namespace
}  // namespace podswarm::feeds
