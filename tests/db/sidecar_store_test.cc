#include "db/sidecar_store.h"

#include "db/outbox_store.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

using std::chrono::hours;

class SidecarStoreTest : public StoreTest {
 protected:
  SidecarStore store_{database_};
  std::int64_t feed_ = add_feed("http://a.example/");
  std::int64_t episode_ = add_episode(feed_, "e");

  SidecarRow nfo() {
    SidecarRow row;
    row.feed_id = feed_;
    row.episode_id = episode_;
    row.kind = SidecarKind::kNfo;
    return row;
  }
};

TEST_F(SidecarStoreTest, WhatIsWantedIsDueUntilItIsThere) {
  store_.want(nfo(), kNow);
  store_.want(nfo(), kNow);
  const auto due = store_.due(kNow, 10);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].episode_id, episode_);
  EXPECT_EQ(due[0].kind, SidecarKind::kNfo);
  EXPECT_TRUE(store_.list_episode(episode_).empty()) << "it is not there yet";
  store_.set_path(due[0].id, "/lib/\xFF.nfo");
  EXPECT_TRUE(store_.due(kNow + hours(1000), 10).empty());
  ASSERT_EQ(store_.list_episode(episode_).size(), 1u);
  EXPECT_EQ(store_.list_episode(episode_)[0].path, "/lib/\xFF.nfo");
  store_.want(nfo(), kNow);
  EXPECT_TRUE(store_.due(kNow, 10).empty()) << "it is there";
}

TEST_F(SidecarStoreTest, FailuresAreCountedAndAGivenUpOneIsWantedAnew) {
  store_.want(nfo(), kNow);
  const auto id = store_.due(kNow, 1).at(0).id;
  store_.fail(id, "no luck", kNow + hours(1));
  EXPECT_TRUE(store_.due(kNow, 10).empty());
  EXPECT_EQ(store_.next_due(), kNow + hours(1));
  EXPECT_EQ(store_.find(id)->attempts, 1);
  EXPECT_EQ(store_.find(id)->error, "no luck");
  store_.fail(id, "never", std::nullopt);
  EXPECT_FALSE(store_.next_due());
  store_.want(nfo(), kNow + hours(2));
  EXPECT_EQ(store_.next_due(), kNow + hours(2));
  EXPECT_EQ(store_.find(id)->attempts, 0);
}

TEST_F(SidecarStoreTest, AFeedsOwnAreToldApartByTheirFolder) {
  SidecarRow cover;
  cover.feed_id = feed_;
  cover.url = "http://a.example/cover.jpg";
  cover.folder = "/lib/A";
  store_.want(cover, kNow);
  store_.want(cover, kNow);
  cover.folder = "/lib/B";
  store_.want(cover, kNow);
  const auto due = store_.due(kNow, 10);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_FALSE(due[0].episode_id);
  EXPECT_EQ(due[1].folder, "/lib/B");
  FeedStore(database_).remove(feed_);
  EXPECT_TRUE(store_.due(kNow, 10).empty());
}

TEST_F(StoreTest, TheOutboxKeepsOrderAndOutlivesTheFeed) {
  OutboxStore outbox(database_);
  const auto feed = add_feed("http://a.example/");
  const auto first = outbox.add({0, "new", kNow, feed, "{}"});
  const auto second = outbox.add({0, "done", kNow, std::nullopt, "{\"a\":1}"});
  EXPECT_EQ(outbox.count(), 2u);
  EXPECT_EQ(outbox.list(0, 10).at(0).feed_id, feed);
  EXPECT_EQ(outbox.list(first, 10).at(0).document, "{\"a\":1}");
  EXPECT_EQ(outbox.list(0, 1).size(), 1u);
  FeedStore(database_).remove(feed);
  EXPECT_FALSE(outbox.list(0, 10).at(0).feed_id);
  outbox.remove(first);
  EXPECT_EQ(outbox.list(0, 10).at(0).id, second);
}

}  // namespace
}  // namespace podswarm::db
