#include "feeds/opml.h"

#include <gmock/gmock.h>

namespace podswarm::feeds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OpmlList parse(std::string_view text) {
  auto list = parse_opml(text);
  if (!list) {
    ADD_FAILURE() << list.error().message;
    return {};
  }
  return std::move(*list);
}

TEST(Opml, ReadsFeedsWithTheirFolders) {
  const OpmlList list = parse(
      "<?xml version='1.0'?><OPML version='2.0'><head><title> L </title></head><body>"
      "<outline text='News' title='no'><outline title='Sub'>"
      "<outline type='RSS' text='A &amp; B' xmlURL=' http://a.org/f?x=1&amp;y=2 ' htmlUrl='http://a.org/'/></outline>"
      "<outline text='empty' xmlUrl=''/><outline text=' ' title='C' xmlUrl='http://c.org/'/></outline>"
      "<outline xmlUrl='http://d.org/'/></body></OPML>");
  EXPECT_EQ(list.title, "L");
  ASSERT_EQ(list.feeds.size(), 3u);
  EXPECT_EQ(list.feeds[0].url, "http://a.org/f?x=1&y=2");
  EXPECT_EQ(list.feeds[0].title, "A & B");
  EXPECT_EQ(list.feeds[0].link, "http://a.org/");
  EXPECT_THAT(list.feeds[0].folder, ElementsAre("News", "Sub"));
  EXPECT_EQ(list.feeds[1].title, "C");
  EXPECT_THAT(list.feeds[1].folder, ElementsAre("News"));
  EXPECT_THAT(list.feeds[2].folder, IsEmpty());
}

TEST(Opml, BrokenListsAreRead) {
  EXPECT_EQ(parse("<opml><body><outline text='a' xmlUrl='http://a/'/></body>").feeds.size(), 1u);
  EXPECT_EQ(parse("<opml><body><outline text='a' xmlUrl='http://a/'/></x:unexpected>").feeds.size(), 1u);
  EXPECT_EQ(parse("<opml><body><outline text='Q & A < B' xmlUrl=http://a/ /></body></opml>").feeds.size(), 1u);
}

TEST(Opml, NestsAsDeepAsItLikesWithinTheCap) {
  std::string text = "<opml><body>";
  for (int i = 0; i < 50'000; ++i) text += "<outline text='a'>";
  text += "<outline xmlUrl='http://deep/'/>";
  for (int i = 0; i < 50'000; ++i) text += "</outline>";
  EXPECT_THAT(parse(text + "<outline xmlUrl='http://a/'/></body></opml>").feeds, testing::SizeIs(1));
}

TEST(Opml, FeedsAreRefused) {
  const auto list = parse_opml("<rss/>");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(list.error().code, ParseError::kNotAFeed);
}

TEST(Opml, WhatIsWrittenIsReadBack) {
  OpmlList list;
  list.title = "Mine <&> \"yours\"";
  list.feeds.push_back({"http://a.org/?a=1&b=2", "A \"quoted\" <title>", "http://a.org/", {"Folder & Co", "Sub"}});
  list.feeds.push_back({"http://b.org/", "B", "", {}});
  list.feeds.push_back({"http://c.org/", "Ünïcode\nline", "", {"Folder & Co"}});
  const OpmlList read = parse(write_opml(list));
  EXPECT_EQ(read.title, list.title);
  ASSERT_EQ(read.feeds.size(), 3u);
  // One outline a folder: the order is the folders'.
  EXPECT_EQ(read.feeds[0].url, "http://b.org/");
  EXPECT_EQ(read.feeds[1].title, "Ünïcode\nline");
  EXPECT_THAT(read.feeds[1].folder, ElementsAre("Folder & Co"));
  EXPECT_EQ(read.feeds[2].title, list.feeds[0].title);
  EXPECT_EQ(read.feeds[2].url, list.feeds[0].url);
  EXPECT_THAT(read.feeds[2].folder, ElementsAre("Folder & Co", "Sub"));
}

TEST(Opml, OnlyAnXmlUrlInAnyCaseMakesAFeed) {
  const OpmlList list = parse(
      "<opml version='1.0'><body><outline text='A' type='rss' url='http://a.org/f'/>"
      "<outline text='B' type='link' url='http://b.org/'/>"
      "<outline text='D' XMLURL='http://d.org/?a=1&amp;amp;b=2'/></body></opml>");
  ASSERT_EQ(list.feeds.size(), 1u);
  EXPECT_EQ(list.feeds[0].url, "http://d.org/?a=1&amp;b=2") << "decoded once";
}

TEST(Opml, RelativeAddressesAreTheLists) {
  ParseOptions options;
  options.base_url = "http://a.org/lists/all.opml";
  const auto list = parse_opml("<opml><body><outline xmlUrl='../f' htmlUrl='/'/></body></opml>", options);
  ASSERT_TRUE(list && list->feeds.size() == 1);
  EXPECT_EQ(list->feeds[0].url, "http://a.org/f");
  EXPECT_EQ(list->feeds[0].link, "http://a.org/");
}

TEST(Opml, WithoutABodyTheRootIsOne) {
  const OpmlList list = parse("<opml><outline text='F'><outline text='A' xmlUrl='http://a.org/f'/></outline></opml>");
  ASSERT_EQ(list.feeds.size(), 1u);
  EXPECT_THAT(list.feeds[0].folder, ElementsAre("F"));
}

TEST(Opml, AFolderIsAllTheNamesAroundAFeed) {
  std::string text = "<opml><body>";
  for (int i = 0; i < 100; ++i) text += "<outline text='" + std::string(30, 'f') + "'>";
  const OpmlList list = parse(text + "<outline text=''><outline xmlUrl='http://a.org/'/>");
  ASSERT_EQ(list.feeds.size(), 1u);
  EXPECT_THAT(list.feeds[0].folder, testing::SizeIs(100));
  EXPECT_THAT(list.repairs, IsEmpty());
  EXPECT_EQ(parse(write_opml(list)).feeds.at(0).folder, list.feeds[0].folder);
}

// Each feed repeats the names around it: half a megabyte would be over a gigabyte.
TEST(Opml, FoldersOfAllFeedsTogetherAreBounded) {
  std::string text = "<opml><body>";
  for (int i = 0; i < 200; ++i) text += "<outline text='" + std::string(1000, 'f') + "'>";
  for (int i = 0; i < 10'000; ++i) text += "<outline xmlUrl='http://a.org/" + std::to_string(i) + "'/>";
  const OpmlList list = parse(text);
  ASSERT_EQ(list.feeds.size(), 10'000u);
  std::size_t bytes = 0;
  for (const auto& feed : list.feeds) {
    EXPECT_TRUE(feed.folder.empty() || feed.folder.size() == 200) << "whole or not at all";
    for (const auto& name : feed.folder) bytes += name.size();
  }
  EXPECT_GT(bytes, 1u << 20);
  EXPECT_LE(bytes, 24u << 20);
  ASSERT_EQ(list.repairs.size(), 1u);
  EXPECT_THAT(list.repairs[0], testing::HasSubstr("folders of 98"));
}

TEST(Opml, FeedsThatAreTooManyAreToldOf) {
  ParseOptions options;
  options.max_items = 2;
  const auto list = parse_opml(
      "<opml><body><outline xmlUrl='1'/><outline xmlUrl='2'/><outline text='x'/><outline xmlUrl='3'/></body></opml>",
      options);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->feeds.size(), 2u);
  EXPECT_THAT(list->repairs, ElementsAre("1 feeds beyond the first 2 were left out"));
}

TEST(Opml, TruncationAtEveryByteEndsWell) {
  const std::string text = write_opml({"T", {{"http://a/", "A", "", {"F"}}, {"http://b/", "B", "", {}}}});
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto list = parse_opml(std::string_view(text).substr(0, n));
    if (list) {
      EXPECT_LE(list->feeds.size(), 2u);
    }
  }
}

}  // namespace
}  // namespace podswarm::feeds
