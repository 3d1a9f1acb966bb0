#include "feeds/xml_names.h"

#include <gtest/gtest.h>

#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

TEST(Uri, IsComparedWithForgiveness) {
  EXPECT_EQ(comparable_uri(" HTTPS://Purl.Org/DC/Elements/1.1/ "), "purl.org/dc/elements/1.1");
  EXPECT_EQ(comparable_uri("http://purl.org/atom/ns#"), "purl.org/atom/ns");
}

std::string author_with(const std::string& declarations, const std::string& element) {
  const Feed feed = parse_ok("<rss " + declarations + "><channel><" + element + ">A</" + element + "></channel></rss>");
  return feed.author;
}

TEST(Names, PrefixesAreWhatTheirUriSays) {
  EXPECT_EQ(author_with("xmlns:x=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"", "x:author"), "A");
  EXPECT_EQ(author_with("xmlns:x='HTTPS://WWW.ITUNES.COM/DTDs/Podcast-1.0.dtd/'", "x:Author"), "A");
  EXPECT_EQ(author_with("xmlns:x=\"http://example.org/unknown\"", "x:author"), "");
}

TEST(Names, KnownPrefixesNeedNoKnownUri) {
  EXPECT_EQ(author_with("", "itunes:author"), "A");
  EXPECT_EQ(author_with("xmlns:itunes=\"http://example.org/unknown\"", "itunes:author"), "A");
  EXPECT_EQ(author_with("", "x:author"), "");
}

TEST(Names, AKnownUriGoesBeforeTheFamiliarPrefix) {
  const Feed feed = parse_ok(
      "<rss "
      "xmlns:itunes='http://purl.org/dc/elements/1.1/'><channel><itunes:subject>s</itunes:subject></channel></rss>");
  EXPECT_EQ(feed.categories, std::vector<std::string>{"s"});
}

TEST(Names, ADefaultNamespaceHidesNothingOfRss) {
  for (const char* uri : {"http://backend.userland.com/rss2", "http://www.w3.org/2005/Atom", "http://example.org/x"}) {
    const Feed feed = parse_ok("<rss version='2.0' xmlns='" + std::string(uri) +
                               "'><channel><title>T</title><item><link>http://a/</link></item></channel></rss>");
    EXPECT_EQ(feed.title, "T") << uri;
    ASSERT_EQ(feed.items.size(), 1u) << uri;
    EXPECT_EQ(feed.items[0].link, "http://a/") << uri;
  }
}

TEST(Names, RssMayHaveAPrefix) {
  const Feed feed =
      parse_ok("<r:rss xmlns:r='http://example.org/r'><r:channel><r:title>T</r:title><r:item/></r:channel></r:rss>");
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.items.size(), 1u);
}

TEST(Names, ForeignElementsDoNotStandInForOwnOnes) {
  const Feed feed = parse_ok(
      "<rss><channel><x:title xmlns:x='http://example.org/x'>no</x:title><y xmlns='http://example.org/y'>"
      "<item><title>no</title></item></y><item><title xmlns='http://example.org/z'>no</title></item></channel></rss>");
  EXPECT_EQ(feed.title, "");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].title, "");
}

TEST(Names, DeclarationsEndWithTheirElement) {
  const Feed feed = parse_ok(
      "<rss><channel><item xmlns:x='http://purl.org/dc/elements/1.1/'><x:creator>A</x:creator></item>"
      "<item><x:creator>B</x:creator></item></channel></rss>");
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.items[0].author, "A");
  EXPECT_EQ(feed.items[1].author, "");
}

TEST(Base, NestsAndResolves) {
  const Feed feed = parse_ok(
      "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a.org/x/'><link href='site'/>"
      "<entry xml:base='y/'><link href='e?a=1&amp;b=2'/><link rel='enclosure' xml:base='http://b.org' "
      "href='/f.mp3'/></entry>"
      "<entry><link href='e2'/></entry></feed>");
  EXPECT_EQ(feed.link, "http://a.org/x/site");
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.items[0].link, "http://a.org/x/y/e?a=1&b=2");
  EXPECT_EQ(feed.items[0].enclosures.at(0).url, "http://b.org/f.mp3");
  EXPECT_EQ(feed.items[1].link, "http://a.org/x/e2");
}

TEST(Base, IsTheDocumentsOwnUrlWhereThereIsNone) {
  const std::string text = rss("<link>/site</link><item><guid>a</guid></item>");
  ParseOptions options;
  options.base_url = "https://host.example/feeds/a.xml";
  const Feed feed = parse_ok(text, options);
  EXPECT_EQ(feed.link, "https://host.example/site");
  EXPECT_EQ(feed.items.at(0).guid, "a") << "identities are never resolved";
  EXPECT_EQ(feed.items.at(0).link, "https://host.example/feeds/a");
  EXPECT_EQ(parse_ok(text).link, "/site");
}

TEST(Language, IsTheNearestDeclared) {
  EXPECT_EQ(parse_ok("<rss xml:lang='de'><channel><language>fr</language></channel></rss>").language, "fr");
  EXPECT_EQ(parse_ok("<rss xml:lang='de'><channel/></rss>").language, "de");
  EXPECT_EQ(parse_ok("<feed xml:lang='pt-BR'/>").language, "pt-BR");
}

// Sizes are bounded by the document's, whatever it makes of them.
TEST(Amplification, ALongBaseDoesNotMakeEveryAddressLong) {
  const std::string long_base = "http://a.org/" + std::string(100'000, 'a') + "/";
  const Feed feed = parse_ok("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='" + long_base +
                             "'><entry><link href='b'/></entry></feed>");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].link, "b");
}

TEST(Amplification, EntitiesOfTheDocumentExpandToABoundedText) {
  std::string text = "<!DOCTYPE rss [<!ENTITY e '" + std::string(500, 'x') + "'>]><rss><channel>";
  for (int i = 0; i < 100; ++i) {
    text += "<item><description>";
    for (int j = 0; j < 100; ++j) text += "&e;";
    text += "</description></item>";
  }
  const Feed feed = parse_ok(text + "</channel></rss>");
  std::size_t bytes = 0;
  for (const auto& item : feed.items) bytes += item.description.size();
  EXPECT_EQ(feed.items.size(), 100u);
  EXPECT_EQ(feed.items[0].description.size(), 50'000u);
  EXPECT_LT(bytes, 2u << 20);
}

}  // namespace
}  // namespace podswarm::feeds
