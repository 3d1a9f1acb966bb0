#include "scheduler/identity.h"

#include <gtest/gtest.h>

#include "base/units.h"
#include "scheduler/source_choice.h"

namespace podswarm::scheduler {
namespace {

using feeds::Enclosure;
using feeds::Item;
using feeds::LinkKind;

Item with_enclosure(const std::string& url) {
  Item item;
  item.enclosures.push_back({url, "audio/mpeg", 5, LinkKind::kHttp});
  return item;
}

feeds::TorrentInfo with_hash(const std::string& info_hash) {
  feeds::TorrentInfo torrent;
  torrent.info_hash = info_hash;
  return torrent;
}

TEST(Identity, TheGuidComesFirst) {
  Item item = with_enclosure("http://a.example/1.mp3");
  item.guid = "  abc ";
  EXPECT_EQ(identity_of(item), "guid:abc");
}

TEST(Identity, AnEnclosureCountsInItsCanonicalForm) {
  EXPECT_EQ(identity_of(with_enclosure("HTTP://A.example:80/x/../1.mp3#t=3")),
            identity_of(with_enclosure("http://a.example/1.mp3")));
  EXPECT_NE(identity_of(with_enclosure("http://a.example/1.mp3")),
            identity_of(with_enclosure("http://a.example/2.mp3")));
}

TEST(Identity, AnInfoHashOutlivesTheMirror) {
  Item a = with_enclosure("http://a.example/1.torrent");
  Item b = with_enclosure("http://b.example/1.torrent");
  a.torrent = b.torrent = with_hash(std::string(40, 'a'));
  b.torrent->info_hash = std::string(40, 'A');
  EXPECT_EQ(identity_of(a), identity_of(b));
}

TEST(Identity, LinkThenTitleAndDay) {
  Item item;
  item.title = "News";
  item.published = base::parse_rfc3339("2026-11-20T12:00:00Z");
  EXPECT_EQ(identity_of(item), "title:news|2026-11-20");
  item.published = base::parse_rfc3339("2026-11-20T18:00:00Z");
  EXPECT_EQ(identity_of(item), "title:news|2026-11-20");
  item.link = "http://a.example/p";
  EXPECT_EQ(identity_of(item), "link:http://a.example/p");
  EXPECT_EQ(identity_of(Item{}), "");
}

TEST(SourceChoice, MediaBeforePictures) {
  Item item;
  item.enclosures = {{"http://a.example/c.jpg", "image/jpeg", 9, LinkKind::kHttp},
                     {"http://a.example/1.mp3", "audio/mpeg", 9, LinkKind::kHttp}};
  auto sources = media_sources(item, config::Prefer::kFeedOrder);
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].url, "http://a.example/1.mp3");
  item.enclosures.pop_back();
  EXPECT_EQ(media_sources(item, config::Prefer::kFeedOrder).size(), 1u);
}

TEST(SourceChoice, ThePreferenceOrdersWhatThereIs) {
  Item item;
  item.enclosures = {{"http://a.example/big.mp3", "audio/mpeg", 900, LinkKind::kHttp},
                     {"http://a.example/1.torrent", "application/x-bittorrent", std::nullopt, LinkKind::kTorrent},
                     {"http://a.example/small.opus", "audio/opus", 100, LinkKind::kHttp}};
  EXPECT_EQ(media_sources(item, config::Prefer::kFeedOrder)[0].url, "http://a.example/big.mp3");
  EXPECT_EQ(media_sources(item, config::Prefer::kTorrent)[0].url, "http://a.example/1.torrent");
  EXPECT_EQ(media_sources(item, config::Prefer::kHttp).size(), 3u);
}

TEST(SourceChoice, TheLengthOfATorrentFileIsNotThatOfItsContent) {
  Item item;
  item.enclosures = {{"http://a.example/1.torrent", "application/x-bittorrent", 23456, LinkKind::kTorrent}};
  EXPECT_EQ(media_sources(item, config::Prefer::kFeedOrder)[0].size, std::nullopt);
  item.torrent.emplace().content_length = std::uint64_t{10} << 30;
  EXPECT_EQ(media_sources(item, config::Prefer::kFeedOrder)[0].size, std::uint64_t{10} << 30);
  item.enclosures[0].length = 50u << 20;
  EXPECT_EQ(media_sources(item, config::Prefer::kFeedOrder)[0].size, 50u << 20);
}

TEST(SourceChoice, AnInfoHashAloneIsAMagnet) {
  Item item;
  item.torrent = with_hash(std::string(40, 'a'));
  const auto sources = media_sources(item, config::Prefer::kFeedOrder);
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].kind, LinkKind::kMagnet);
  EXPECT_EQ(sources[0].url, "magnet:?xt=urn:btih:" + std::string(40, 'a'));
}

TEST(SourceChoice, WhatCannotBeFetchedIsLeftOut) {
  Item item;
  item.enclosures = {{"ipfs://x", "audio/mpeg", 9, LinkKind::kOther}};
  EXPECT_TRUE(media_sources(item, config::Prefer::kFeedOrder).empty());
}

}  // namespace
}  // namespace podswarm::scheduler
