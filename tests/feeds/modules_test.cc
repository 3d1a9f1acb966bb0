#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "feeds/item_json.h"
#include "feeds/normalised_json.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;

TEST(Itunes, DescribesTheShow) {
  const Feed feed = parse_ok(
      rss("<itunes:author>A</itunes:author><managingEditor>no</managingEditor><itunes:summary>s</itunes:summary>"
          "<itunes:image href='http://a.org/i'/><image><url>http://no/</url></image><itunes:explicit> Clean "
          "</itunes:explicit>"
          "<itunes:type>Serial</itunes:type><itunes:new-feed-url>http://b.org/f</itunes:new-feed-url>"
          "<itunes:complete>Yes</itunes:complete><itunes:keywords>k1, k2</itunes:keywords>"
          "<itunes:category text='Arts'><itunes:category text='Food &amp; Drink'/></itunes:category>"
          "<itunes:owner><itunes:name>no</itunes:name></itunes:owner>"));
  EXPECT_EQ(feed.author, "A");
  EXPECT_EQ(feed.description, "s");
  EXPECT_EQ(feed.image, "http://a.org/i");
  EXPECT_EQ(feed.is_explicit, false);
  EXPECT_EQ(feed.type, "serial");
  EXPECT_EQ(feed.new_feed_url, "http://b.org/f");
  EXPECT_TRUE(feed.hints.complete);
  EXPECT_THAT(feed.categories, ElementsAre("k1", "k2", "Arts", "Food & Drink"));
}

TEST(Itunes, DescribesTheEpisode) {
  const Item item = rss_item(
      "<itunes:title>T</itunes:title><itunes:duration>1:01:01</itunes:duration><itunes:season>2</itunes:season>"
      "<itunes:episode>7</itunes:episode><podcast:episode>7.5</podcast:episode><itunes:episodeType>Bonus</"
      "itunes:episodeType>"
      "<itunes:explicit>yes</itunes:explicit><itunes:image><url>http://a.org/e</url></itunes:image>");
  EXPECT_EQ(item.title, "T");
  EXPECT_EQ(item.duration_seconds, 3661u);
  EXPECT_EQ(item.season, 2);
  EXPECT_EQ(item.episode, 7);
  EXPECT_EQ(item.episode_type, "bonus");
  EXPECT_EQ(item.is_explicit, true);
  EXPECT_EQ(item.image, "http://a.org/e");
}

TEST(Itunes, NonsenseIsNothing) {
  const Item item = rss_item(
      "<itunes:episode>-1</itunes:episode><itunes:episodeType>x</itunes:episodeType><itunes:duration>soon</"
      "itunes:duration>"
      "<itunes:explicit>maybe</itunes:explicit>");
  EXPECT_EQ(item.episode, std::nullopt);
  EXPECT_EQ(item.episode_type, "");
  EXPECT_EQ(item.duration_seconds, std::nullopt);
  EXPECT_EQ(item.is_explicit, std::nullopt);
}

TEST(Podcast, AlternateEnclosuresKeepTheirSources) {
  const Item item = rss_item(
      "<podcast:alternateEnclosure type='video/mp4' length='9' bitrate='160.5' height='720' lang='en' title='t' rel='r'"
      " codecs='c' default='true'><podcast:source uri='https://a/v.mp4'/>"
      "<podcast:source uri='https://a/v' contentType='application/x-bittorrent'/>"
      "<podcast:integrity type='sri' value='sha384-x'/></podcast:alternateEnclosure>");
  ASSERT_EQ(item.alternate_enclosures.size(), 1u);
  const auto& alternate = item.alternate_enclosures[0];
  EXPECT_EQ(alternate.bitrate, 160.5);
  EXPECT_TRUE(alternate.is_default);
  ASSERT_EQ(alternate.sources.size(), 2u);
  EXPECT_EQ(alternate.sources[0].type, "video/mp4");
  EXPECT_EQ(alternate.sources[1].kind, LinkKind::kTorrent);
  EXPECT_EQ(alternate.integrity_value, "sha384-x");
}

TEST(Podcast, TranscriptsChaptersAndGuid) {
  const Feed feed = parse_ok(rss(
      "<podcast:guid>u-u-i-d</podcast:guid><podcast:updateFrequency rrule='FREQ=WEEKLY' complete='true'/>"
      "<item><podcast:transcript url='http://a/t.vtt' type='text/vtt' language='en' rel='captions'/>"
      "<podcast:transcript type='x'/><podcast:chapters url='http://a/c' type='application/json+chapters'/></item>"));
  EXPECT_EQ(feed.guid, "u-u-i-d");
  EXPECT_EQ(feed.hints.update_rrule, "FREQ=WEEKLY");
  EXPECT_TRUE(feed.hints.complete);
  ASSERT_EQ(feed.items.at(0).transcripts.size(), 1u);
  EXPECT_EQ(feed.items[0].transcripts[0].rel, "captions");
  ASSERT_TRUE(feed.items[0].chapters.has_value());
  EXPECT_EQ(feed.items[0].chapters->url, "http://a/c");
}

TEST(MediaRss, GroupsGiveEnclosuresAndFallbacks) {
  const Item item = rss_item(
      "<media:group><media:title>T</media:title><media:description>D</media:description>"
      "<media:thumbnail url='http://a/t.jpg'/><media:content url='http://a/v.mp4' type='video/mp4' fileSize='5' "
      "duration='61'/>"
      "</media:group><media:category>c</media:category>");
  EXPECT_EQ(item.title, "T");
  EXPECT_EQ(item.description, "D");
  EXPECT_EQ(item.image, "http://a/t.jpg");
  EXPECT_EQ(item.duration_seconds, 61u);
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].length, 5u);
  EXPECT_THAT(item.categories, ElementsAre("c"));
}

TEST(DublinCore, FillsWhatIsMissing) {
  const Feed feed = parse_ok(
      rss("<dc:title>T</dc:title><dc:language>de</dc:language><dc:creator>C</dc:creator><dc:subject>s</dc:subject>"
          "<dc:date>2026-11-20</dc:date><item><dc:description>d</dc:description></item>"));
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.language, "de");
  EXPECT_EQ(feed.author, "C");
  EXPECT_THAT(feed.categories, ElementsAre("s"));
  EXPECT_TRUE(feed.updated.has_value());
  EXPECT_EQ(feed.items.at(0).description, "d");
}

constexpr char kHex[] = "8c056e06fbc16d2a2be79cefbf3e4ddc15396abe";
constexpr char kBase32[] = "RQCW4BX3YFWSUK7HTTX36PSN3QKTS2V6";

TorrentInfo torrent_of(std::string_view content) {
  const Item item = rss_item(content);
  EXPECT_TRUE(item.torrent.has_value()) << content;
  return item.torrent.value_or(TorrentInfo{});
}

TEST(Torrents, EzRssWithAndWithoutNamespaceAndElement) {
  const std::string fields = "<infoHash>" + std::string(kBase32) +
                             "</infoHash><contentLength>600</contentLength><fileName>f</fileName>"
                             "<seeds>3</seeds><leechs>1</leechs><magnetURI>magnet:?xt=urn:btih:x</magnetURI>";
  for (const std::string& content : {"<torrent xmlns='http://xmlns.ezrss.it/0.1/'>" + fields + "</torrent>",
                                     "<torrent>" + fields + "</torrent>", fields}) {
    const TorrentInfo torrent = torrent_of(content);
    EXPECT_EQ(torrent.info_hash, kHex);
    EXPECT_EQ(torrent.content_length, 600u);
    EXPECT_EQ(torrent.filename, "f");
    EXPECT_EQ(torrent.seeders, 3u);
    EXPECT_EQ(torrent.leechers, 1u);
    EXPECT_EQ(torrent.magnet, "magnet:?xt=urn:btih:x");
  }
  EXPECT_EQ(torrent_of("<torrent:infoHash>" + std::string(kHex) + "</torrent:infoHash>").info_hash, kHex);
}

TEST(Torrents, TorznabCountsSeedersAmongPeers) {
  const TorrentInfo torrent = torrent_of(
      "<torznab:attr xmlns:torznab='http://torznab.com/schemas/2015/feed' name='peers' value='10'/>"
      "<torznab:attr name='seeders' value='7'/><torznab:attr name='size' value='5'/>"
      "<torznab:attr name='infohash' value='" +
      std::string(kHex) + "'/>");
  EXPECT_EQ(torrent.seeders, 7u);
  EXPECT_EQ(torrent.leechers, 3u);
  EXPECT_EQ(torrent.content_length, 5u);
  EXPECT_EQ(torrent.info_hash, kHex);
}

TEST(Torrents, NyaaAndShowRss) {
  const TorrentInfo nyaa = torrent_of(
      "<nyaa:infoHash xmlns:nyaa='https://nyaa.si/xmlns/nyaa'>" + std::string(kHex) +
      "</nyaa:infoHash><nyaa:size>1.5 GiB</nyaa:size><nyaa:seeders>2</nyaa:seeders><nyaa:leechers>0</nyaa:leechers>");
  EXPECT_EQ(nyaa.info_hash, kHex);
  EXPECT_EQ(nyaa.content_length, 1610612736u);
  EXPECT_EQ(nyaa.leechers, 0u);
  EXPECT_EQ(torrent_of("<showrss:info_hash>" + std::string(kHex) + "</showrss:info_hash>").info_hash, kHex);
}

TEST(Torrents, MagnetLinksAnywhereGiveTheHash) {
  const std::string magnet = "magnet:?dn=x&amp;xt=urn:btih:" + std::string(kBase32);
  for (const std::string& content : {"<enclosure type='application/x-bittorrent' url='" + magnet + "'/>",
                                     "<link>" + magnet + "</link>", "<guid>" + magnet + "</guid>"}) {
    const TorrentInfo torrent = torrent_of(content);
    EXPECT_EQ(torrent.info_hash, kHex) << content;
    EXPECT_EQ(torrent.magnet, "magnet:?dn=x&xt=urn:btih:" + std::string(kBase32));
  }
}

TEST(Torrents, BadHashesAreNone) {
  EXPECT_FALSE(rss_item("<infoHash>123</infoHash>").torrent.has_value());
  EXPECT_EQ(torrent_of("<link>magnet:?xt=urn:btih:zz</link>").info_hash, "");
}

TEST(Podlove, ChaptersThatStandInTheFeedAreKeptBesideTheNormalisedForm) {
  const char* text =
      "<rss version='2.0'><channel><item><title>a</title><psc:chapters xmlns:psc='http://podlove.org/simple-chapters'>"
      "<psc:chapter start='00:00:00' title='Intro'/><psc:chapter start='01:02:03.25' title='Tides' href='http://a/t' "
      "image='http://a/i'/><psc:chapter start='soon' title='no'/><psc:chapter start='63' title='Sea'/>"
      "</psc:chapters></item></channel></rss>";
  const auto item = parse_ok(text).items.at(0);
  const auto back = item_from_json(boost::json::serialize(stored_json(item)));
  ASSERT_TRUE(back);
  for (const auto& one : {item, *back}) {
    ASSERT_EQ(one.simple_chapters.size(), 3u);
    EXPECT_EQ(one.simple_chapters[0].start, std::chrono::milliseconds(0));
    EXPECT_EQ(one.simple_chapters[1].start, std::chrono::milliseconds(3'723'250));
    EXPECT_EQ(one.simple_chapters[1].title, "Tides");
    EXPECT_EQ(one.simple_chapters[1].link, "http://a/t");
    EXPECT_EQ(one.simple_chapters[1].image, "http://a/i");
    EXPECT_EQ(one.simple_chapters[2].start, std::chrono::seconds(63));
  }
  EXPECT_FALSE(to_json(item).contains("simple_chapters"));
  std::string many = "<rss version='2.0'><channel><item><title>a</title><psc:chapters>";
  for (int i = 0; i < 2000; ++i) many += "<psc:chapter start='" + std::to_string(i) + "'/>";
  EXPECT_EQ(parse_ok(many + "</psc:chapters></item></channel></rss>").items.at(0).simple_chapters.size(), 256u);
}

// Vocabularies that say nothing to a downloader: no repair is told, and none of their elements is taken for another.
TEST(Vocabularies, ThoseThatDoNotMatterAreSkippedQuietly) {
  struct Case {
    const char* name;
    const char* uri;
    const char* elements;
  };
  for (const auto& c : {
           Case{"georss", "http://www.georss.org/georss", "<x:point>45.256 -71.92</x:point><x:title>no</x:title>"},
           Case{"gml", "http://www.opengis.net/gml", "<x:Point><x:pos>45 -71</x:pos><x:name>no</x:name></x:Point>"},
           Case{"geo", "http://www.w3.org/2003/01/geo/wgs84_pos#", "<x:lat>45</x:lat><x:long>-71</x:long>"},
           Case{"psc", "http://podlove.org/simple-chapters",
                "<x:chapters version='1.2'><x:chapter start='00:01' title='no' href='http://no/' image='http://no/i'/>"
                "</x:chapters>"},
           Case{"slash", "http://purl.org/rss/1.0/modules/slash/",
                "<x:comments>38</x:comments><x:section>no</x:section>"},
           Case{"wfw", "http://wellformedweb.org/CommentAPI/", "<x:commentRss>http://no/</x:commentRss>"},
           Case{"thr", "http://purl.org/syndication/thread/1.0", "<x:total>5</x:total><x:in-reply-to ref='no'/>"},
           Case{"feedburner", "http://rssnamespace.org/feedburner/ext/1.0",
                "<x:origLink>http://no/</x:origLink><x:origEnclosureLink>http://no/1.mp3</x:origEnclosureLink>"
                "<x:info uri='no'/>"},
           Case{"rawvoice", "http://www.rawvoice.com/rawvoiceRssModule/",
                "<x:poster url='http://no/i.jpg'/><x:embed>&lt;iframe src=\"http://no/\">&lt;/iframe></x:embed>"
                "<x:rating>TV-G</x:rating><x:isHd>yes</x:isHd>"},
           Case{"spotify", "http://www.spotify.com/ns/rss",
                "<x:limit recentCount='3'/><x:countryOfOrigin>us</x:countryOfOrigin><x:access>no</x:access>"},
           Case{"amp", "https://www.ampproject.org/", "<x:content>no</x:content>"},
           Case{"webfeeds", "http://webfeeds.org/rss/1.0",
                "<x:icon>http://no/i.svg</x:icon><x:cover image='http://no/c.png'/><x:accentColor>00</x:accentColor>"},
           Case{"cc", "http://web.resource.org/cc/", "<x:license rdf:resource='http://no/'/>"},
           Case{"creativeCommons", "http://backend.userland.com/creativeCommonsRssModule",
                "<x:license>http://no/</x:license>"},
           Case{"admin", "http://webns.net/mvcb/", "<x:generatorAgent rdf:resource='http://no/'/>"},
           Case{
               "unknown", "http://example.org/unheard-of",
               "<x:title>no</x:title><x:link>http://no/</x:link><x:guid>no</x:guid><x:enclosure url='http://no/2.mp3'/>"
               "<x:pubDate>Fri, 20 Nov 2026 18:30:05 "
               "GMT</x:pubDate><x:author>no</x:author><x:description>no</x:description>"
               "<x:item><x:title>no</x:title></x:item><x:image>http://no/</x:image><x:category>no</x:category>"},
       }) {
    const std::string own = "<title>T</title><link>http://a.org/</link>";
    const auto document = [&](std::string_view elements) {
      std::string text(elements);
      for (auto at = text.find("x:"); at != std::string::npos; at = text.find("x:", at)) text.replace(at, 1, c.name);
      return "<rss version='2.0' xmlns:" + std::string(c.name) + "='" + c.uri + "'><channel>" + text + own + "<item>" +
             text + "<title>I</title><guid isPermaLink='false'>1</guid></item></channel></rss>";
    };
    const Feed with = parse_ok(document(c.elements));
    const Feed without = parse_ok(document(""));
    EXPECT_EQ(to_json(with), to_json(without)) << c.name;
    EXPECT_TRUE(with.repairs.empty()) << c.name << ": " << with.repairs.front();
  }
}

TEST(Modules, PodcastSaysWhatItIsWhoseAndWhoMayHaveIt) {
  const Feed feed = parse_ok(
      rss("<podcast:medium> Music </podcast:medium><podcast:medium>blog</podcast:medium>"
          "<podcast:locked owner='a@a.org'>yes</podcast:locked><podcast:locked owner='b@b.org'>no</podcast:locked>"
          "<podcast:txt purpose='verify'>S6lpp-7ZCn8</podcast:txt><podcast:txt>free</podcast:txt><podcast:txt/>"));
  EXPECT_EQ(feed.medium, "music");
  EXPECT_EQ(feed.is_locked, true);
  EXPECT_EQ(feed.locked_owner, "a@a.org");
  ASSERT_EQ(feed.texts.size(), 2u);
  EXPECT_EQ(feed.texts[0].purpose, "verify");
  EXPECT_EQ(feed.texts[0].text, "S6lpp-7ZCn8");
  EXPECT_EQ(feed.texts[1].purpose, "");
  EXPECT_EQ(parse_ok(rss("<podcast:locked>maybe</podcast:locked><podcast:locked>NO</podcast:locked>")).is_locked,
            false);
  EXPECT_EQ(parse_ok(rss("<podcast:locked>maybe</podcast:locked>")).is_locked, std::nullopt);
}

}  // namespace
}  // namespace podswarm::feeds
