#include "feeds/atom.h"

#include <gmock/gmock.h>

#include "base/units.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;

TEST(AtomFormat, FollowsNamespaceThenVersion) {
  EXPECT_EQ(parse_ok("<feed xmlns='http://www.w3.org/2005/Atom'/>").format, FeedFormat::kAtom1);
  EXPECT_EQ(parse_ok("<a:feed xmlns:a='http://purl.org/atom/ns#'/>").format, FeedFormat::kAtom03);
  EXPECT_EQ(parse_ok("<feed version='0.3'/>").format, FeedFormat::kAtom03);
  EXPECT_EQ(parse_ok("<feed/>").format, FeedFormat::kAtom1);
}

TEST(Atom, ReadsTheFeed) {
  const Feed feed = parse_ok(atom(
      "<title>T</title><subtitle>s</subtitle><id>urn:f</id><updated>2026-11-20T18:30:05Z</updated>"
      "<link href='http://a.org/'/><link rel='self' href='http://a.org/f'/><link rel='NEXT' href='http://a.org/f2'/>"
      "<author><email>e@a.org</email></author><author><name>no</name></author>"
      "<category label='l'/><category term='t' label='no'/><icon>http://a.org/i</icon><logo>http://a.org/l</logo>"));
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.description, "s");
  EXPECT_EQ(feed.guid, "urn:f");
  EXPECT_EQ(feed.link, "http://a.org/");
  EXPECT_EQ(feed.feed_url, "http://a.org/f");
  EXPECT_EQ(feed.next_url, "http://a.org/f2");
  EXPECT_EQ(feed.author, "e@a.org");
  EXPECT_THAT(feed.categories, ElementsAre("l", "t"));
  EXPECT_EQ(feed.image, "http://a.org/l");
  EXPECT_EQ(base::format_rfc3339(feed.updated.value()), "2026-11-20T18:30:05Z");
  EXPECT_EQ(feed.published, std::nullopt);
}

TEST(Atom, ReadsAnEntry) {
  const Item item = atom_entry(
      "<id>urn:e</id><title>T</title><summary>s</summary><content type='html'>&lt;p&gt;c&lt;/p&gt;</content>"
      "<author><name>N</name><email>no</email></author><published>2026-11-20T00:00:00Z</published>"
      "<updated>2026-11-21T00:00:00Z</updated><link rel='alternate' href='http://a.org/e'/>"
      "<link rel='enclosure' href='http://a.org/e.mp3' type='audio/mpeg' length='7'/>"
      "<link rel='http://podlove.org/simple-chapters' href='http://a.org/c' type='application/json'/>"
      "<source><title>no</title></source>");
  EXPECT_EQ(item.guid, "urn:e");
  EXPECT_EQ(item.title, "T");
  EXPECT_EQ(item.description, "s");
  EXPECT_EQ(item.content, "<p>c</p>");
  EXPECT_EQ(item.author, "N");
  EXPECT_EQ(item.link, "http://a.org/e");
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].length, 7u);
  ASSERT_TRUE(item.chapters.has_value());
  EXPECT_EQ(item.chapters->type, "application/json");
}

TEST(AtomText, IsTheSameHtmlHoweverItIsWritten) {
  const std::string html = "a <b>b</b> <i>c &amp; d</i>";
  EXPECT_EQ(
      atom_entry("<content type='html'>a &lt;b&gt;b&lt;/b&gt; &lt;i&gt;c &amp;amp; d&lt;/i&gt;</content>").content,
      html);
  EXPECT_EQ(atom_entry("<content type='html'><![CDATA[a <b>b</b> <i>c &amp; d</i>]]></content>").content, html);
  EXPECT_EQ(
      atom_entry("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b> <i>c &amp; d</i></div>"
                 "</content>")
          .content,
      html);
  EXPECT_EQ(
      atom_entry("<content type='xhtml' xmlns:h='http://www.w3.org/1999/xhtml'><h:div>a <h:b>b</h:b> <h:i>c &amp; "
                 "d</h:i></h:div></content>")
          .content,
      html);
}

TEST(AtomText, InlineReferencesBecomeCharactersButMarkupStays) {
  EXPECT_EQ(atom_entry("<title type='xhtml'><div>&lt;p&gt; &eacute;&#8217;</div></title>").title, "&lt;p&gt; é’");
}

TEST(AtomText, Base64IsDecodedWhereItIsText) {
  EXPECT_EQ(atom_entry("<content mode='base64' type='text/html'>PGI+eDwvYj4=</content>").content, "<b>x</b>");
  EXPECT_EQ(atom_entry("<content type='application/octet-stream'>SGVsbG8=</content>").content, "Hello");
  EXPECT_EQ(atom_entry("<title type='application/x-custom'>test</title>").title, "test");
}

TEST(Atom03, HasItsOwnNames) {
  const Feed feed = parse_ok(
      "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><tagline>t</tagline><modified>2026-11-20</modified>"
      "<entry><issued>2026-11-19</issued><modified>2026-11-20</modified></entry></feed>");
  EXPECT_EQ(feed.description, "t");
  EXPECT_TRUE(feed.updated.has_value());
  EXPECT_TRUE(feed.items.at(0).published.has_value());
  EXPECT_TRUE(feed.items.at(0).updated.has_value());
}

TEST(Atom, TruncationAtEveryByteEndsWell) {
  const std::string text = atom(
      "<title type='xhtml'><div>a<b>c</b></div></title><entry><id>1</id></entry><entry><id>2</id>"
      "<link rel='enclosure' href='http://a'/></entry>");
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto feed = parse_feed(std::string_view(text).substr(0, n));
    if (feed) {
      EXPECT_LE(feed->items.size(), 2u);
    }
  }
}

}  // namespace
}  // namespace podswarm::feeds
