#include "feeds/discovery.h"

#include <gmock/gmock.h>

#include <chrono>

#include "feeds/html_tags.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> urls(std::string_view page, std::string_view base_url = "https://site.example/shows/page") {
  std::vector<std::string> out;
  for (const auto& feed : discover_feeds(page, {base_url, "text/html; charset=utf-8"})) out.push_back(feed.url);
  return out;
}

TEST(Discovery, ReadsAlternateLinksHoweverTheyAreWritten) {
  const char* kPages[] = {
      R"(<link rel="alternate" type="application/rss+xml" href="https://site.example/f">)",
      R"(<LINK HREF='/f' TYPE='Application/RSS+XML; charset=utf-8' REL='ALTERNATE'/>)",
      R"(<link rel=alternate type=application/atom+xml href=/f>)",
      R"(<link title=x rel = "home  alternate" type="application/feed+json" href = "../f"  >)",
      "<link\nrel=alternate\ttype=application/rss+xml\r\nhref=\"\n/f \">",
      R"(<link rel="feed" href="/f">)",
      R"(<link rel="alternate" type="text/xml" title="RSS" href="/f">)",
      R"(<link rel="alternate" type="application/rss+xml" href="feed://site.example/f" data-x>)",
  };
  for (const auto* page : kPages) {
    const auto found = urls("<!doctype html><html><head>" + std::string(page) + "</head>");
    ASSERT_EQ(found.size(), 1u) << page;
    EXPECT_TRUE(found[0].ends_with("://site.example/f")) << page << " gave " << found[0];
  }
}

TEST(Discovery, OtherLinksAreNoFeeds) {
  EXPECT_THAT(urls(R"(<link rel="stylesheet" href="/f.css"><link rel="alternate" hreflang="de" href="/de">
                      <link rel="alternate" type="application/json" href="/wp-json/posts/1">
                      <link rel="alternate" type="application/json+oembed" href="/oembed">
                      <link rel="alternate" type="text/xml" href="/sitemap">
                      <link rel="alternate stylesheet" type="application/rss+xml" href="/x">
                      <link rel="alternate" type="application/rss+xml">
                      <link rel="alternate" type="application/rss+xml" href="ftp://site.example/f">
                      <link rel="alternate" type="application/rss+xml" href="http://me:secret@site.example/f">
                      <link rel="alternate" type="application/rss+xml" href="">)"),
              IsEmpty());
}

TEST(Discovery, AddressesAreRelativeToTheBaseAndDecodedOnce) {
  EXPECT_THAT(
      urls(R"(<base href="//cdn.example/x/"><link rel=alternate type=application/rss+xml href="f?a=1&amp;b=2">)"),
      ElementsAre("https://cdn.example/x/f?a=1&b=2"));
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml href="f"><base href="/late/"><base href="/no/">)"),
              ElementsAre("https://site.example/late/f"));
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml href="/f?a=1&copy=2#top">)"),
              ElementsAre("https://site.example/f?a=1&copy=2"));
}

TEST(Discovery, WhatIsNotMarkupIsPassedOver) {
  const std::string link = R"(<link rel=alternate type=application/rss+xml href="/NAME">)";
  const auto named = [&](const std::string& name) { return std::string(link).replace(link.find("NAME"), 4, name); };
  EXPECT_THAT(urls("<!-- " + named("a") + " --><script>" + named("b") + "</SCRIPT ><style>" + named("c") +
                   "</style><title>" + named("d") + "</title><p title='" + named("e") + "'>" + named("f")),
              ElementsAre("https://site.example/f"));
  // An empty element in the way of XHTML, and a comment that never ends, hide nothing.
  EXPECT_THAT(urls("<script src=x />" + named("a") + "<!-- <b>" + named("g")),
              ElementsAre("https://site.example/a", "https://site.example/g"));
}

TEST(Discovery, SeveralFeedsKeepTheirTitlesAndTheirOrder) {
  const auto found = discover_feeds(
      R"(<link rel=alternate type=application/rss+xml title=" News &amp; more " href=/news>
         <link rel=alternate type=application/rss+xml title="Show" href=/show>
         <link rel=alternate type=application/rss+xml title="Show again" href=/show#x>)",
      {"https://site.example/", ""});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].title, "News & more");
  EXPECT_EQ(found[1].url, "https://site.example/show");
  EXPECT_EQ(describe_choices(found), "\"News & more\" https://site.example/news, \"Show\" https://site.example/show");
}

TEST(Discovery, CommentsAndSecondFormatsAreNoChoice) {
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml title="Blog &raquo; Feed" href=/feed/>
                      <link rel=alternate type=application/rss+xml title="Blog &raquo; Comments Feed" href=/comments/feed/>
                      <link rel=alternate type=application/atom+xml title="Blog &raquo; Atom Feed" href=/atom/>)"),
              ElementsAre("https://site.example/feed/"));
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml href=/rss><link rel=alternate
                      type=application/atom+xml href=/atom>)"),
              ElementsAre("https://site.example/rss"));
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml title="MP3" href=/mp3><link rel=alternate
                      type=application/rss+xml title="Opus" href=/opus>)"),
              ElementsAre("https://site.example/mp3", "https://site.example/opus"));
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml title="Comments" href=/c>)"),
              ElementsAre("https://site.example/c"));
}

TEST(Discovery, LinksInTheTextCountWhereNothingIsDeclared) {
  const std::string page = R"(<a href="/about">About</a> <a href="/podcast/feed.xml">Our <b>podcast</b></a>
      <a href="itpc://site.example/itunes">iTunes</a><a href='?feed=rss2'>x</a><a href="/feedback">y</a>)";
  const auto found = discover_feeds(page, {"https://site.example/", ""});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].url, "https://site.example/podcast/feed.xml");
  EXPECT_EQ(found[0].title, "Our podcast");
  EXPECT_EQ(found[1].url, "http://site.example/itunes");
  EXPECT_EQ(found[2].url, "https://site.example/?feed=rss2");
  EXPECT_THAT(urls(page + "<link rel=alternate type=application/rss+xml href=/real>"),
              ElementsAre("https://site.example/real"));
}

TEST(Discovery, APageThatNamesItselfNamesNothing) {
  EXPECT_THAT(urls(R"(<link rel=alternate type=application/rss+xml href="HTTPS://Site.example:443/shows/page#x">)"),
              IsEmpty());
}

TEST(Discovery, APageInAnotherCharsetIsRead) {
  const auto found = discover_feeds("<link rel=alternate type=application/rss+xml title='Caf\xE9' href=/f>",
                                    {"http://a.example/", "text/html; charset=iso-8859-1"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].title, "Caf\xC3\xA9");
}

TEST(Discovery, EveryTruncationOfAPageEnds) {
  const std::string page = R"(<!doctype html><html><!-- c --><script>if (a<b) "</x>"</script><base href='/b/'>
      <link rel="alternate" type='application/rss+xml' title=T href="/f" / x = y><a href=/feed>f</a></html>)";
  for (std::size_t size = 0; size <= page.size(); ++size) {
    EXPECT_LE(urls(std::string_view(page).substr(0, size)).size(), 1u);
  }
}

// Quadratic work over these would take minutes.
TEST(Discovery, HostilePagesTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view piece :
       {"<!--", "<script>", "<a href=\"", "<a ", "</", "<", "<title>", "<a href=/feed>",
        "<link rel=alternate type=application/rss+xml href=/", "='", "&amp", "<base href=x>"}) {
    std::string page;
    while (page.size() < (2u << 20)) page += piece;
    EXPECT_LE(urls(page).size(), 64u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(FeedAddress, OtherSchemesBecomeHttp) {
  const std::pair<const char*, const char*> kCases[] = {
      {"feed:https://a.example/f", "https://a.example/f"},
      {"feed://https://a.example/f", "https://a.example/f"},
      {"feed:https//a.example/f", "https://a.example/f"},
      {"feed://a.example/f", "http://a.example/f"},
      {"FEED:a.example/f", "http://a.example/f"},
      {" itpc://a.example/f ", "http://a.example/f"},
      {"itpcs://a.example/f", "https://a.example/f"},
      {"pcast:http://a.example/f", "http://a.example/f"},
      {"podcast://a.example/f", "http://a.example/f"},
      {"itms-apps://a.example/f", "https://a.example/f"},
      {"feed://httpbin.example/f", "http://httpbin.example/f"},
      {"https://a.example/f", "https://a.example/f"},
      {"ftp://a.example/f", "ftp://a.example/f"},
      {"a.example/f", "a.example/f"},
      {"feed:", "feed:"},
      {"", ""},
  };
  for (const auto& [text, address] : kCases) EXPECT_EQ(feed_address(text), address) << text;
}

}  // namespace
}  // namespace podswarm::feeds
