#include "feeds/json_feed.h"

#include <gmock/gmock.h>

#include "feeds/normalised_json.h"
#include "parse_helpers.h"

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;

constexpr char kFeed[] =
    R"({"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"http://a.org/","feed_url":"http://a.org/f",
"description":"d","icon":"http://a.org/i","language":"en","next_url":"http://a.org/f2","authors":[{"name":""},{"name":"A"}],
"hubs":[{"type":"WebSub","url":"http://hub/"}],"expired":true,
"items":[{"id":7,"url":"http://a.org/1","title":"I","content_html":"<p>c</p>","summary":"s","image":"http://a.org/1.png",
"date_published":"2026-11-20T18:30:05Z","tags":["x","y"],"author":{"name":"B"},
"attachments":[{"url":"http://a.org/1.mp3","mime_type":"audio/mpeg","size_in_bytes":9,"duration_in_seconds":61.9}]},
{"id":"two","external_url":"http://b.org/2","content_text":"plain","author":"C"}]})";

TEST(JsonFeed, ReadsFeedAndItems) {
  const Feed feed = parse_ok(kFeed);
  EXPECT_EQ(feed.format, FeedFormat::kJsonFeed);
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.link, "http://a.org/");
  EXPECT_EQ(feed.feed_url, "http://a.org/f");
  EXPECT_EQ(feed.image, "http://a.org/i");
  EXPECT_EQ(feed.author, "A");
  EXPECT_EQ(feed.next_url, "http://a.org/f2");
  EXPECT_EQ(feed.hub, "http://hub/");
  EXPECT_TRUE(feed.hints.complete);
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.items[0].guid, "7");
  EXPECT_EQ(feed.items[0].author, "B");
  EXPECT_THAT(feed.items[0].categories, ElementsAre("x", "y"));
  ASSERT_EQ(feed.items[0].enclosures.size(), 1u);
  EXPECT_EQ(feed.items[0].enclosures[0].length, 9u);
  EXPECT_EQ(feed.items[0].duration_seconds, 61u);
  EXPECT_EQ(feed.items[1].link, "http://b.org/2");
  EXPECT_EQ(feed.items[1].content, "plain");
  EXPECT_EQ(feed.items[1].author, "C");
}

TEST(JsonFeed, WrongTypesAreNothing) {
  const Feed feed = parse_ok(
      R"({"version":1,"title":["a"],"authors":"x","items":[1,null,[],{"id":{}},{"attachments":[1,{"url":5},{"url":"http://a","size_in_bytes":-1}]}]})");
  EXPECT_EQ(feed.title, "");
  EXPECT_EQ(feed.author, "x");
  ASSERT_EQ(feed.items.size(), 2u);
  EXPECT_EQ(feed.items[0].guid, "");
  ASSERT_EQ(feed.items[1].enclosures.size(), 2u);
  EXPECT_EQ(feed.items[1].enclosures[1].length, std::nullopt);
}

TEST(JsonFeed, OtherJsonIsRefused) {
  EXPECT_EQ(parse_feed("{\"verion\": \"1.0\"").error().code, ParseError::kNotAFeed);
  EXPECT_EQ(parse_feed("{\"a\": 1}").error().code, ParseError::kNotAFeed);
  EXPECT_EQ(parse_feed("[1]").error().code, ParseError::kNotAFeed);
}

TEST(JsonFeed, WhatBreaksOffIsReadUpToTheLastWholeItem) {
  const std::string text = kFeed;
  std::size_t most = 0;
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto feed = parse_feed(std::string_view(text).substr(0, n));
    if (!feed) continue;
    EXPECT_GE(feed->items.size(), most);
    most = feed->items.size();
    if (n < text.size()) {
      EXPECT_FALSE(feed->repairs.empty()) << n;
    }
  }
  EXPECT_EQ(most, 2u);
}

TEST(JsonFeed, DeepNestingIsRefused) {
  std::string text = R"({"version":"1","items":[{"x":)";
  for (int i = 0; i < 100'000; ++i) text += "[";
  EXPECT_FALSE(parse_feed(text).has_value());
}

TEST(NormalisedJson, HasEveryKeyAndNullForNothing) {
  const auto json =
      to_json(parse_ok(rss("<item><itunes:season>3</itunes:season><podcast:episode>1.5</podcast:episode></item>")));
  for (const char* key :
       {"format", "title", "link", "feed_url", "description", "language", "image", "author", "categories", "explicit",
        "type", "new_feed_url", "next_url", "hub", "ttl", "published", "updated", "guid", "items"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json.at("format"), "rss2");
  EXPECT_TRUE(json.at("title").is_null());
  const auto& item = json.at("items").as_array().at(0).as_object();
  for (const char* key : {"guid",
                          "title",
                          "link",
                          "published",
                          "updated",
                          "description",
                          "content",
                          "author",
                          "duration_seconds",
                          "season",
                          "episode",
                          "episode_type",
                          "explicit",
                          "image",
                          "categories",
                          "enclosures",
                          "alternate_enclosures",
                          "chapters",
                          "transcripts",
                          "torrent"}) {
    EXPECT_TRUE(item.contains(key)) << key;
  }
  EXPECT_EQ(item.at("season"), 3);
  EXPECT_EQ(item.at("episode"), 1.5);
}

TEST(JsonFeed, OfTooManyValuesTheFirstAreRead) {
  std::string text = R"({"version":"https://jsonfeed.org/version/1","items":[{"id":"a"},{"id":"b","tags":[)";
  for (int i = 0; i < 1'000'001; ++i) text += "1,";
  const Feed feed = parse_ok(text + "1]},{\"id\":\"c\"}]}");
  EXPECT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.repairs.size(), 1u);
}

}  // namespace
}  // namespace podswarm::feeds
