// Feeds served back: what is written is read by the program's own parser.

#include "library/podcast_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "feeds/parse.h"

namespace podswarm::library {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

FeedEpisode episode(const std::string& name = "1") {
  FeedEpisode out;
  out.guid = "guid-" + name;
  out.title = "Episode " + name;
  out.link = "https://show.example/" + name;
  out.published = base::parse_rfc3339("2026-11-20T06:05:09Z");
  out.description = "<p>Notes &amp; <b>more</b></p>";
  out.author = "Ann";
  out.duration = std::chrono::seconds(2530);
  out.season = 2;
  out.episode = 7;
  out.episode_type = "bonus";
  out.is_explicit = true;
  out.image = "https://show.example/cover.jpg";
  out.categories = {"News", "Talk"};
  out.transcripts = {{"https://show.example/t.vtt", "text/vtt", "en"}};
  out.chapters_url = "https://show.example/c.json";
  out.chapters_type = "application/json+chapters";
  out.media_url = "http://192.168.1.5:8420/t/TOKEN/media/" + name + "/a%20b.mp3";
  out.media_type = "audio/mpeg";
  out.media_size = 123456;
  return out;
}

PodcastFeed feed(std::vector<FeedEpisode> episodes) {
  PodcastFeed out;
  out.title = "Night Waves";
  out.link = "https://show.example/";
  out.self_url = "http://192.168.1.5:8420/t/TOKEN/feeds/2-night-waves.xml";
  out.description = "The episodes.";
  out.language = "en-GB";
  out.author = "Radio";
  out.image = "https://show.example/show.jpg";
  out.episodes = std::move(episodes);
  return out;
}

// Read back with nothing to repair.
feeds::Feed read(const std::string& text) {
  auto result = feeds::parse_feed(text, {});
  if (!result) {
    ADD_FAILURE() << result.error().message << "\n" << text;
    return {};
  }
  EXPECT_THAT(result->repairs, IsEmpty()) << text;
  return std::move(*result);
}

TEST(PodcastFeed, WhatIsWrittenIsReadBack) {
  const auto out = read(write_podcast_feed(feed({episode()})));
  EXPECT_EQ(out.format, feeds::FeedFormat::kRss2);
  EXPECT_EQ(out.title, "Night Waves");
  EXPECT_EQ(out.link, "https://show.example/");
  EXPECT_EQ(out.feed_url, "http://192.168.1.5:8420/t/TOKEN/feeds/2-night-waves.xml");
  EXPECT_EQ(out.description, "The episodes.");
  EXPECT_EQ(out.language, "en-GB");
  EXPECT_EQ(out.author, "Radio");
  EXPECT_EQ(out.image, "https://show.example/show.jpg");
  ASSERT_EQ(out.items.size(), 1u);
  const auto& item = out.items[0];
  const auto wanted = episode();
  EXPECT_EQ(item.guid, wanted.guid);
  EXPECT_EQ(item.title, wanted.title);
  EXPECT_EQ(item.link, wanted.link);
  EXPECT_EQ(item.published, wanted.published);
  EXPECT_EQ(item.description, wanted.description);
  EXPECT_EQ(item.author, "Ann");
  EXPECT_EQ(item.duration_seconds, 2530u);
  EXPECT_EQ(item.season, 2.0);
  EXPECT_EQ(item.episode, 7.0);
  EXPECT_EQ(item.episode_type, "bonus");
  EXPECT_EQ(item.is_explicit, true);
  EXPECT_EQ(item.image, wanted.image);
  EXPECT_THAT(item.categories, ElementsAre("News", "Talk"));
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].url, wanted.media_url);
  EXPECT_EQ(item.enclosures[0].type, "audio/mpeg");
  EXPECT_EQ(item.enclosures[0].length, 123456u);
  ASSERT_EQ(item.transcripts.size(), 1u);
  EXPECT_EQ(item.transcripts[0].url, "https://show.example/t.vtt");
  EXPECT_EQ(item.transcripts[0].language, "en");
  ASSERT_TRUE(item.chapters);
  EXPECT_EQ(item.chapters->url, "https://show.example/c.json");
}

TEST(PodcastFeed, AGuidIsNoPermalink) {
  auto one = episode();
  one.guid = "https://show.example/old-address";
  one.link.clear();
  const auto text = write_podcast_feed(feed({one}));
  EXPECT_THAT(text, HasSubstr("<guid isPermaLink=\"false\">https://show.example/old-address</guid>"));
  EXPECT_EQ(read(text).items.at(0).link, "");
}

TEST(PodcastFeed, HostileTextStaysText) {
  auto one = episode();
  one.title = "</title><item><enclosure url=\"http://evil.example/\"/> & ]]> \x01\xFF";
  one.guid = "]]>\"<&'\n";
  one.description = "<![CDATA[ x ]]> <script>alert(1)</script>";
  one.author = "A & B <c>";
  one.categories = {"<x/>"};
  const auto out = read(write_podcast_feed(feed({one, episode("2")})));
  ASSERT_EQ(out.items.size(), 2u);
  EXPECT_THAT(out.items[0].title, HasSubstr("</title><item><enclosure"));
  ASSERT_EQ(out.items[0].enclosures.size(), 1u);
  EXPECT_EQ(out.items[0].enclosures[0].url, one.media_url);
  EXPECT_EQ(out.items[0].description, one.description);
  EXPECT_EQ(out.items[0].author, one.author);
}

TEST(PodcastFeed, AnyBytesGiveAWellFormedDocument) {
  // Every byte, then every pair of the bytes that XML, UTF-8 and CDATA care about.
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  std::vector<std::string> texts{every, std::string(300'000, '<'), std::string(300'000, '\xE2')};
  const std::string odd("<>&'\"]\0\x0B\r\n\xC3\xA4\xED\xA0\x80\xEF\xBF\xBF", 20);
  for (const char a : odd) {
    for (const char b : odd) texts.push_back(std::string("x") + a + b + "y");
  }
  for (const auto& text : texts) {
    auto one = episode();
    one.guid = one.title = one.description = one.content = one.author = text;
    one.categories = {text};
    one.episode_type = text;
    one.media_type = text;
    auto all = feed({one, episode("2")});
    all.title = all.description = all.language = all.author = text;
    EXPECT_EQ(read(write_podcast_feed(all)).items.size(), 2u);
  }
}

TEST(PodcastFeed, WhatIsUnknownIsLeftOut) {
  FeedEpisode bare;
  bare.guid = "g";
  bare.media_url = "http://h/1";
  bare.media_type = "audio/ogg";
  const auto text = write_podcast_feed(feed({bare}));
  for (const char* name : {"pubDate", "itunes:duration", "itunes:season", "podcast:episode", "itunes:explicit",
                           "category", "description></item", "content:encoded", "podcast:"}) {
    EXPECT_THAT(text.substr(text.find("<item>")), Not(HasSubstr(std::string("<") + name))) << name;
  }
  EXPECT_EQ(read(text).items.at(0).title, "untitled");
}

TEST(PodcastFeed, NumbersWithDecimalsAreForThoseWhoKnowThem) {
  auto one = episode();
  one.season = 0;
  one.episode = 3.5;
  const auto text = write_podcast_feed(feed({one}));
  EXPECT_THAT(text, Not(HasSubstr("<itunes:episode>")));
  EXPECT_THAT(text, Not(HasSubstr("<itunes:season>")));
  EXPECT_EQ(read(text).items.at(0).episode, 3.5);
  one.episode = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(read(write_podcast_feed(feed({one}))).items.at(0).episode);
}

TEST(PodcastFeed, OnlyAddressesOfTheWebGoOut) {
  auto one = episode();
  one.link = "javascript:alert(1)";
  one.image = "file:///etc/passwd";
  one.chapters_url = "data:x";
  one.transcripts = {{"ftp://x/", "", ""}};
  auto all = feed({one});
  all.link = "mailto:a@b.example";
  all.image = "//h/x.jpg";
  const auto text = write_podcast_feed(all);
  for (const char* word : {"javascript", "file:", "data:", "ftp:", "mailto", "x.jpg"}) {
    EXPECT_THAT(text, Not(HasSubstr(word)));
  }
  EXPECT_EQ(read(text).link, all.self_url);
}

TEST(PodcastFeed, AGuidThatStandsTwiceIsToldApart) {
  auto same = episode("2");
  same.guid = "guid-1";
  auto third = episode("3");
  third.guid = "guid-1#2";
  const auto out = read(write_podcast_feed(feed({episode("1"), same, third})));
  EXPECT_EQ(out.items.at(0).guid, "guid-1");
  EXPECT_EQ(out.items.at(1).guid, "guid-1#2");
  EXPECT_EQ(out.items.at(2).guid, "guid-1#2#2");
}

TEST(PodcastFeed, TheSameEpisodesMakeTheSameDocument) {
  EXPECT_EQ(write_podcast_feed(feed({episode()})), write_podcast_feed(feed({episode()})));
  EXPECT_EQ(read(write_podcast_feed(feed({}))).items.size(), 0u);
}

}  // namespace
}  // namespace podswarm::library
