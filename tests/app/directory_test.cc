#include "app/directory.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace podswarm::app {
namespace {

TEST(Directory, ITunesIsAskedForPodcasts) {
  EXPECT_EQ(ask_itunes("https://itunes.example/search", "night & day", 5).url,
            "https://itunes.example/search?media=podcast&entity=podcast&limit=5&term=night%20%26%20day");
  EXPECT_TRUE(ask_itunes("https://itunes.example/search?country=de", "x", 5).headers.empty());
  EXPECT_EQ(ask_itunes("https://itunes.example/search?country=de", "x", 5).url,
            "https://itunes.example/search?country=de&media=podcast&entity=podcast&limit=5&term=x");
}

TEST(Directory, ThePodcastIndexGetsASignature) {
  const base::WallTime now{std::chrono::seconds(1'600'000'000)};
  const auto question = ask_podcast_index("https://index.example/byterm", "waves", 7, "KEY", "SECRET", now);
  EXPECT_EQ(question.url, "https://index.example/byterm?max=7&q=waves");
  // sha1("KEYSECRET1600000000")
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"X-Auth-Key", "KEY"},
      {"X-Auth-Date", "1600000000"},
      {"Authorization", "4c0baf316c9358bbb629ee8290447303861d41ff"}};
  EXPECT_EQ(question.headers, expected);
}

TEST(Directory, AnswersAreRead) {
  const auto itunes = read_itunes(R"({"resultCount":2,"results":[
    {"wrapperType":"track","kind":"podcast","collectionName":"Night Waves","artistName":"Ann","feedUrl":"https://a.example/f",
     "collectionViewUrl":"https://podcasts.example/1","trackCount":120,"releaseDate":"2026-11-17T06:00:00Z"},
    {"collectionName":"Without a feed"}, {"collectionName":"Odd","feedUrl":"javascript:void 0"}, 7]})");
  ASSERT_TRUE(itunes);
  ASSERT_EQ(itunes->size(), 1u);
  EXPECT_EQ(itunes->front().title, "Night Waves");
  EXPECT_EQ(itunes->front().author, "Ann");
  EXPECT_EQ(itunes->front().url, "https://a.example/f");
  EXPECT_EQ(itunes->front().site, "https://podcasts.example/1");
  EXPECT_EQ(itunes->front().episodes, 120u);
  EXPECT_EQ(itunes->front().newest, base::parse_rfc3339("2026-11-17T06:00:00Z"));

  const auto index = read_podcast_index(R"({"status":"true","count":1,"feeds":[
    {"id":75075,"title":"Night Waves","url":"https://b.example/f","link":"https://b.example/","author":"Ann",
     "newestItemPubdate":1613394034,"episodeCount":-5}]})");
  ASSERT_TRUE(index);
  ASSERT_EQ(index->size(), 1u);
  EXPECT_EQ(index->front().url, "https://b.example/f");
  EXPECT_EQ(index->front().newest, base::WallTime(std::chrono::seconds(1'613'394'034)));
  EXPECT_FALSE(index->front().episodes);
  EXPECT_EQ(index->front().directory, "podcastindex");
}

TEST(Directory, WhatIsNotDocumentedIsAnError) {
  for (const char* text : {"", "{", "[]", "{\"results\":7,\"feeds\":{}}", "<html>busy</html>"}) {
    EXPECT_FALSE(read_itunes(text)) << text;
    EXPECT_FALSE(read_podcast_index(text)) << text;
  }
  EXPECT_TRUE(read_itunes("{\"results\":[]}")->empty());
}

TEST(Directory, AFeedThatBothKnowStandsOnce) {
  const auto entry = [](const char* url) {
    DirectoryEntry out;
    out.url = url;
    return out;
  };
  const auto merged =
      merge({{entry("https://a.example/f"), entry("https://b.example/f")},
             {entry("https://c.example/f"), entry("HTTPS://A.example:443/f"), entry("https://d.example/f")}});
  std::vector<std::string> urls;
  for (const auto& one : merged) urls.push_back(one.url);
  EXPECT_EQ(urls, (std::vector<std::string>{"https://a.example/f", "https://c.example/f", "https://b.example/f",
                                            "https://d.example/f"}));
}

}  // namespace
}  // namespace podswarm::app
