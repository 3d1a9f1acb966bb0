#include "db/download_store.h"

#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class DownloadStoreTest : public StoreTest {
 protected:
  std::int64_t enqueue(const std::string& identity, int priority = 0, std::chrono::seconds later = {}) {
    NewDownload download;
    download.episode_id = add_episode(feed_, identity);
    download.source_url = "https://media.example/" + identity + ".mp3";
    download.priority = priority;
    return downloads_.enqueue(download, kNow + later).id;
  }
  std::vector<std::int64_t> due(std::chrono::sys_seconds at) {
    std::vector<std::int64_t> out;
    for (const auto& row : downloads_.due(at, 100)) out.push_back(row.id);
    return out;
  }
  DownloadStore downloads_{database_};
  std::int64_t feed_ = add_feed("https://a.example/", "A");
};

TEST_F(DownloadStoreTest, AnEpisodeHasAtMostOne) {
  const auto id = enqueue("a", 3);
  downloads_.mark_deleted(id, kNow);
  NewDownload again;
  again.episode_id = downloads_.find(id)->episode_id;
  again.source_url = "https://elsewhere.example/";
  const auto second = downloads_.enqueue(again, kNow);
  EXPECT_FALSE(second.is_new);
  EXPECT_EQ(second.id, id);
  EXPECT_EQ(downloads_.find(id)->state, DownloadState::kDeleted);
  EXPECT_EQ(downloads_.find(id)->source_url, "https://media.example/a.mp3");
}

TEST_F(DownloadStoreTest, DueGoesByPriorityThenByWhoQueuedFirst) {
  const auto second = enqueue("b", 0, std::chrono::seconds(2));
  const auto first = enqueue("a", 0, std::chrono::seconds(1));
  const auto urgent = enqueue("c", 5, std::chrono::seconds(9));
  EXPECT_THAT(due(kNow), ElementsAre(urgent, first, second));
  downloads_.set_priority(second, 9);
  EXPECT_THAT(due(kNow), ElementsAre(second, urgent, first));
}

TEST_F(DownloadStoreTest, DueLeavesOutThePausedTheWaitingAndThoseOfPausedFeeds) {
  const auto a = enqueue("a");
  const auto b = enqueue("b");
  downloads_.set_paused(a, true);
  downloads_.start(b, kNow);
  downloads_.fail(b, kNow, "temporary", "timed out", kNow + hours(1));
  EXPECT_THAT(due(kNow), IsEmpty());
  EXPECT_EQ(downloads_.next_due(), kNow + hours(1));
  EXPECT_THAT(due(kNow + hours(1)), ElementsAre(b));
  downloads_.set_paused(a, false);
  EXPECT_THAT(due(kNow), ElementsAre(a));
  FeedStore(database_).set_status(feed_, FeedStatus::kPaused);
  EXPECT_THAT(due(kNow + hours(2)), IsEmpty());
  EXPECT_FALSE(downloads_.next_due());
  FeedStore(database_).set_status(feed_, FeedStatus::kStopped, "410");
  EXPECT_THAT(due(kNow), ElementsAre(a));
}

TEST_F(DownloadStoreTest, NotBeforeKeepsItWaiting) {
  NewDownload download;
  download.episode_id = add_episode(feed_, "a");
  download.source_kind = SourceKind::kMagnet;
  download.source_url = "magnet:?xt=urn:btih:0123456789012345678901234567890123456789";
  download.info_hash = "0123456789012345678901234567890123456789";
  download.bytes_total = 1000;
  download.not_before = kNow + hours(2);
  const auto id = downloads_.enqueue(download, kNow).id;
  EXPECT_THAT(due(kNow), IsEmpty());
  EXPECT_THAT(due(kNow + hours(2)), ElementsAre(id));
  const auto row = *downloads_.find_by_info_hash(download.info_hash);
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.source_kind, SourceKind::kMagnet);
  EXPECT_EQ(row.host, "");
  EXPECT_EQ(row.bytes_total, 1000u);
  EXPECT_FALSE(downloads_.find_by_info_hash(""));
}

TEST_F(DownloadStoreTest, FollowsADownloadFromQueueToDone) {
  const auto id = enqueue("a");
  downloads_.start(id, kNow + hours(1));
  EXPECT_EQ(downloads_.find(id)->state, DownloadState::kDownloading);
  EXPECT_EQ(downloads_.find(id)->attempts, 1);
  downloads_.record_progress(id, {600, 1000, Via::kSwarm, 7, 250, 10});
  downloads_.record_progress(id, {1000, std::nullopt, Via::kSwarm, 3, 300, 20});
  downloads_.finish(id, kNow + hours(2));
  downloads_.set_seeding(id, true);
  const auto row = *downloads_.find(id);
  EXPECT_EQ(row.state, DownloadState::kDone);
  EXPECT_EQ(row.bytes_done, 1000u);
  EXPECT_EQ(row.bytes_total, 1000u);
  EXPECT_EQ(row.via, Via::kSwarm);
  EXPECT_EQ(row.peers, 7);
  EXPECT_EQ(row.rate_bytes_per_s, 300u);
  EXPECT_EQ(row.uploaded, 20u);
  EXPECT_EQ(row.started_at, kNow + hours(1));
  EXPECT_EQ(row.finished_at, kNow + hours(2));
  EXPECT_EQ(downloads_.seeding().size(), 1u);
}

TEST_F(DownloadStoreTest, FailsForGoodOrBackToTheQueue) {
  const auto id = enqueue("a");
  downloads_.start(id, kNow);
  downloads_.fail(id, kNow, "temporary", "timed out", kNow + hours(1));
  EXPECT_EQ(downloads_.find(id)->state, DownloadState::kQueued);
  EXPECT_FALSE(downloads_.find(id)->finished_at);
  downloads_.start(id, kNow + hours(1));
  downloads_.fail(id, kNow + hours(1), "permanent", "404", std::nullopt);
  auto row = *downloads_.find(id);
  EXPECT_EQ(row.state, DownloadState::kFailed);
  EXPECT_EQ(row.attempts, 2);
  EXPECT_EQ(row.failure_kind, "permanent");
  EXPECT_EQ(row.error, "404");
  EXPECT_EQ(row.finished_at, kNow + hours(1));
  downloads_.requeue(id, kNow + hours(9));
  row = *downloads_.find(id);
  EXPECT_EQ(row.state, DownloadState::kQueued);
  EXPECT_EQ(row.attempts, 0);
  EXPECT_EQ(row.error, "");
  EXPECT_FALSE(row.finished_at);
}

TEST_F(DownloadStoreTest, RecoveryQueuesWhatWasUnderWayWithoutBlame) {
  const auto a = enqueue("a");
  const auto b = enqueue("b");
  downloads_.start(a, kNow);
  downloads_.record_progress(a, {500, 1000, Via::kHttp, 0, 1, 0});
  downloads_.start(b, kNow);
  downloads_.finish(b, kNow);
  EXPECT_EQ(downloads_.recover(), 1u);
  EXPECT_EQ(downloads_.find(a)->state, DownloadState::kQueued);
  EXPECT_EQ(downloads_.find(a)->attempts, 0);
  EXPECT_EQ(downloads_.find(a)->bytes_done, 500u);
  EXPECT_EQ(downloads_.find(b)->state, DownloadState::kDone);
  EXPECT_EQ(downloads_.recover(), 0u);
}

TEST_F(DownloadStoreTest, CountsByStateAndActiveOnesByHost) {
  const auto a = enqueue("a");
  enqueue("b");
  downloads_.start(a, kNow);
  downloads_.record_progress(a, {400, 1000, Via::kHttp, 0, 0, 0});
  EXPECT_THAT(downloads_.count_by_state(),
              ElementsAre(Pair(DownloadState::kQueued, 1), Pair(DownloadState::kDownloading, 1)));
  EXPECT_THAT(downloads_.active_by_host(), ElementsAre(Pair("media.example", 1)));
  EXPECT_EQ(downloads_.bytes_outstanding(), 600u);
}

TEST_F(DownloadStoreTest, KeepsResumeDataUntilTheKindOfSourceChanges) {
  const auto id = enqueue("a");
  EXPECT_TRUE(downloads_.resume(id).empty());
  base::Bytes data(300'000, 0);
  data[7] = 0xff;
  downloads_.set_resume(id, data);
  EXPECT_EQ(downloads_.resume(id), data);
  downloads_.set_source(id, SourceKind::kHttp, "https://other.example/a.mp3");
  EXPECT_EQ(downloads_.resume(id), data);
  EXPECT_EQ(downloads_.find(id)->host, "other.example");
  downloads_.set_source(id, SourceKind::kTorrent, "https://other.example/a.torrent");
  EXPECT_TRUE(downloads_.resume(id).empty());
  EXPECT_EQ(downloads_.find(id)->source_kind, SourceKind::kTorrent);
}

TEST_F(DownloadStoreTest, OfWhatIsDueFeedsAndHostsCanBeLeftOut) {
  const auto a = enqueue("a");
  const auto b = enqueue("b");
  downloads_.set_source(b, SourceKind::kHttp, "https://other.example/b.mp3");
  const auto feed = downloads_.find(a)->feed_id;
  const auto ids = [&](const DueFilter& filter) {
    std::vector<std::int64_t> out;
    for (const auto& row : downloads_.due(kNow, 100, filter)) out.push_back(row.id);
    return out;
  };
  EXPECT_THAT(ids({{feed}, {}, {}}), ElementsAre(a, b));
  EXPECT_THAT(ids({{feed + 1}, {}, {}}), IsEmpty());
  EXPECT_THAT(ids({{}, {feed}, {}}), IsEmpty());
  EXPECT_THAT(ids({{}, {feed + 1}, {"other.example", "x\"y"}}), ElementsAre(a));
  // A torrent's host sends a small file only.
  downloads_.set_source(b, SourceKind::kTorrent, "https://other.example/b.torrent");
  EXPECT_THAT(ids({{}, {}, {"other.example"}}), ElementsAre(a, b));
}

TEST_F(DownloadStoreTest, ListsByStateAndFeedInQueueOrder) {
  const auto a = enqueue("a");
  const auto b = enqueue("b", 1);
  const auto c = enqueue("c");
  downloads_.start(c, kNow);
  downloads_.skip(a, kNow, "by hand");
  std::vector<std::int64_t> order;
  for (const auto& row : downloads_.list()) order.push_back(row.id);
  EXPECT_THAT(order, ElementsAre(c, b, a));
  DownloadFilter filter;
  filter.state = DownloadState::kSkipped;
  filter.feed_id = feed_;
  ASSERT_EQ(downloads_.list(filter).size(), 1u);
  EXPECT_EQ(downloads_.list(filter)[0].error, "by hand");
  filter.feed_id = feed_ + 1;
  EXPECT_TRUE(downloads_.list(filter).empty());
}

TEST_F(DownloadStoreTest, PuttingBackOnlyTouchesWhatRuns) {
  const auto id = enqueue("a");
  downloads_.start(id, kNow);
  downloads_.put_back(id);
  EXPECT_EQ(downloads_.find(id)->state, DownloadState::kQueued);
  EXPECT_EQ(downloads_.find(id)->attempts, 0);
  downloads_.finish(id, kNow);
  downloads_.put_back(id);
  EXPECT_EQ(downloads_.find(id)->state, DownloadState::kDone);
}

TEST(DownloadStateNames, RoundTrip) {
  for (const auto state : {DownloadState::kQueued, DownloadState::kDownloading, DownloadState::kDone,
                           DownloadState::kFailed, DownloadState::kSkipped, DownloadState::kDeleted}) {
    EXPECT_EQ(parse_download_state(to_string(state)), state);
  }
  EXPECT_FALSE(parse_download_state("lost"));
}

}  // namespace
}  // namespace podswarm::db
