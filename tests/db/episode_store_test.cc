#include "db/episode_store.h"

#include "db/file_store.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

class EpisodeStoreTest : public StoreTest {
 protected:
  std::vector<std::string> identities(const EpisodeFilter& filter) {
    std::vector<std::string> out;
    for (const auto& row : episodes_.list(filter)) out.push_back(row.identity);
    return out;
  }
  EpisodeStore episodes_{database_};
  std::int64_t feed_ = add_feed("https://a.example/", "A");
};

TEST_F(EpisodeStoreTest, KeepsEveryField) {
  EpisodeRow row;
  row.feed_id = feed_;
  row.identity = "id";
  row.guid = "guid";
  row.title = "Título";
  row.link = "https://a.example/1";
  row.published_at = kNow - hours(3);
  row.first_seen_at = kNow;
  row.duration = std::chrono::seconds(1800);
  row.size = 123'456'789'012;
  row.item = R"({"enclosures":[]})";
  const auto upserted = episodes_.upsert(row);
  EXPECT_TRUE(upserted.is_new);
  const auto found = episodes_.find(upserted.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->guid, "guid");
  EXPECT_EQ(found->title, "Título");
  EXPECT_EQ(found->link, row.link);
  EXPECT_EQ(found->published_at, row.published_at);
  EXPECT_EQ(found->first_seen_at, kNow);
  EXPECT_EQ(found->duration, row.duration);
  EXPECT_EQ(found->size, row.size);
  EXPECT_EQ(found->item, row.item);
  EXPECT_EQ(found->decision, Decision::kNone);
  EXPECT_FALSE(found->decided_at);
  EXPECT_FALSE(found->download_state);
}

TEST_F(EpisodeStoreTest, TheSameIdentityIsNeverTwoEpisodes) {
  EpisodeRow row;
  row.feed_id = feed_;
  row.identity = "same";
  row.title = "Before";
  row.first_seen_at = kNow;
  const auto first = episodes_.upsert(row);
  episodes_.decide(first.id, Decision::kSkip, "rule", "too short", kNow);
  row.title = "After";
  row.item = "{\"x\":1}";
  row.first_seen_at = kNow + hours(9);
  const auto second = episodes_.upsert(row);
  EXPECT_FALSE(second.is_new);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(episodes_.count(), 1u);
  const auto found = *episodes_.find(first.id);
  EXPECT_EQ(found.title, "After");
  EXPECT_EQ(found.item, "{\"x\":1}");
  EXPECT_EQ(found.first_seen_at, kNow);
  EXPECT_EQ(found.decision, Decision::kSkip);
  EXPECT_EQ(found.decision_rule, "rule");
  EXPECT_EQ(found.decision_reason, "too short");
  EXPECT_EQ(found.decided_at, kNow);
}

TEST_F(EpisodeStoreTest, AnIdentityIsItsFeedsOwn) {
  const auto other = add_feed("https://b.example/", "B");
  EXPECT_NE(add_episode(feed_, "1"), add_episode(other, "1"));
  EXPECT_EQ(episodes_.count(), 2u);
}

TEST_F(EpisodeStoreTest, RefusesAnEpisodeWithoutAFeed) {
  EpisodeRow row;
  row.feed_id = 999;
  row.identity = "x";
  try {
    (void)episodes_.upsert(row);
    FAIL() << "an orphan was stored";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.kind(), DatabaseErrorKind::kConstraint);
  }
  EXPECT_EQ(episodes_.count(), 0u);
}

TEST_F(EpisodeStoreTest, ListsNewestFirstAndADistantFutureByWhenItWasSeen) {
  add_episode(feed_, "old", hours(48));
  add_episode(feed_, "new", hours(1));
  add_episode(feed_, "tomorrow", hours(-20));
  add_episode(feed_, "year 2100", hours(-24 * 365 * 70));
  EXPECT_THAT(identities({}), ElementsAre("tomorrow", "year 2100", "new", "old"));
}

TEST_F(EpisodeStoreTest, FiltersAndPages) {
  const auto other = add_feed("https://b.example/", "B");
  const auto a = add_episode(feed_, "alpha", hours(1));
  const auto b = add_episode(feed_, "beta", hours(2));
  add_episode(other, "alphabet", hours(3));
  episodes_.decide(a, Decision::kMarkSeen, "r", "", kNow);
  episodes_.decide(b, Decision::kDownload, "r", "", kNow);
  DownloadStore downloads(database_);
  NewDownload download;
  download.episode_id = b;
  downloads.enqueue(download, kNow);

  EpisodeFilter filter;
  filter.text = "ALPHA";
  EXPECT_THAT(identities(filter), ElementsAre("alpha", "alphabet"));
  EXPECT_EQ(episodes_.count(filter), 2u);
  filter.feed_id = other;
  EXPECT_THAT(identities(filter), ElementsAre("alphabet"));
  filter = {};
  filter.decision = Decision::kMarkSeen;
  EXPECT_THAT(identities(filter), ElementsAre("alpha"));
  filter = {};
  filter.download_state = DownloadState::kQueued;
  EXPECT_THAT(identities(filter), ElementsAre("beta"));
  filter = {};
  filter.undecided = true;
  EXPECT_THAT(identities(filter), ElementsAre("alphabet"));
  filter = {};
  filter.published_since = kNow - hours(2);
  EXPECT_THAT(identities(filter), ElementsAre("alpha", "beta"));
  filter = {};
  filter.limit = 1;
  filter.offset = 1;
  EXPECT_THAT(identities(filter), ElementsAre("beta"));
  filter = {};
  filter.with_item = false;
  EXPECT_EQ(episodes_.list(filter)[0].item, "");
  EXPECT_EQ(episodes_.find(b)->download_state, DownloadState::kQueued);
}

TEST_F(EpisodeStoreTest, ListsThoseOnDisk) {
  add_episode(feed_, "none");
  const auto with = add_episode(feed_, "with");
  FileStore(database_).add({0, with, "/library/x.mp3", 1, kNow, kNow});
  EpisodeFilter filter;
  filter.on_disk = true;
  EXPECT_THAT(identities(filter), ElementsAre("with"));
}

TEST_F(EpisodeStoreTest, IsFoundByFurtherKeysThatStayWithTheirFirstHolder) {
  const auto a = add_episode(feed_, "a");
  const auto b = add_episode(feed_, "b");
  episodes_.add_keys(a, {"url:x", "hash:1"});
  episodes_.add_keys(b, {"url:x", "url:y"});
  EXPECT_EQ(episodes_.find_by_key(feed_, "url:x")->id, a);
  EXPECT_EQ(episodes_.find_by_key(feed_, "url:y")->id, b);
  EXPECT_FALSE(episodes_.find_by_key(feed_, "url:z"));
  EXPECT_FALSE(episodes_.find_by_key(feed_ + 1, "url:x"));
}

TEST_F(EpisodeStoreTest, DeferredEpisodesComeUpForReviewInTime) {
  const auto a = add_episode(feed_, "a");
  const auto b = add_episode(feed_, "b");
  episodes_.decide(a, Decision::kDefer, "r", "waits", kNow, kNow + hours(6));
  episodes_.decide(b, Decision::kDefer, "r", "waits", kNow, kNow + hours(2));
  EXPECT_EQ(episodes_.next_review(), kNow + hours(2));
  EXPECT_TRUE(episodes_.due_for_review(kNow, 10).empty());
  const auto due = episodes_.due_for_review(kNow + hours(7), 10);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].id, b);
  episodes_.decide(b, Decision::kDownload, "r", "", kNow, kNow + hours(2));
  episodes_.decide(a, Decision::kSkip, "r", "", kNow);
  EXPECT_FALSE(episodes_.find(b)->review_at);
  EXPECT_FALSE(episodes_.next_review());
}

TEST_F(EpisodeStoreTest, MarksOutliveWhatTheFeedSaysAnew) {
  const auto a = add_episode(feed_, "a");
  const auto b = add_episode(feed_, "b");
  episodes_.set_starred(a, kNow);
  episodes_.set_starred(a, kNow + hours(1));
  episodes_.set_played(b, kNow);
  EXPECT_EQ(episodes_.find(a)->starred_at, kNow) << "since the first time";
  EXPECT_EQ(add_episode(feed_, "a"), a);
  EXPECT_EQ(episodes_.find(a)->starred_at, kNow);
  EpisodeFilter filter;
  filter.starred = true;
  EXPECT_THAT(identities(filter), ElementsAre("a"));
  filter.starred = false;
  EXPECT_THAT(identities(filter), ElementsAre("b"));
  filter.starred.reset();
  filter.played = false;
  EXPECT_THAT(identities(filter), ElementsAre("a"));
  filter.played = true;
  EXPECT_EQ(episodes_.count(filter), 1u);
  episodes_.set_starred(a, std::nullopt);
  EXPECT_FALSE(episodes_.find(a)->starred_at);
}

TEST_F(EpisodeStoreTest, TellsWhatIsStored) {
  const auto a = add_episode(feed_, "a", hours(5));
  add_episode(feed_, "without a file");
  FileStore files(database_);
  files.add({0, a, "/1", 10, kNow, kNow - hours(2)});
  files.add({0, a, "/2", 5, kNow, kNow - hours(1)});
  episodes_.decide(a, Decision::kDownload, "", kWantedByHand, kNow);
  const auto stored = episodes_.stored();
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].id, a);
  EXPECT_EQ(stored[0].published, kNow - hours(5));
  EXPECT_EQ(stored[0].arrived, kNow - hours(1));
  EXPECT_EQ(stored[0].size, 15u);
  EXPECT_TRUE(stored[0].by_hand);
  EXPECT_TRUE(stored[0].done);
  EXPECT_FALSE(stored[0].seeding);
  EXPECT_EQ(files.feed_bytes(feed_), 15u);
  EXPECT_EQ(files.feed_bytes(feed_ + 1), 0u);
}

TEST(DecisionNames, RoundTrip) {
  for (const auto decision : {Decision::kNone, Decision::kDownload, Decision::kSkip, Decision::kHold, Decision::kNotify,
                              Decision::kMarkSeen, Decision::kDefer, Decision::kBacklog}) {
    EXPECT_EQ(parse_decision(to_string(decision)), decision);
  }
  EXPECT_EQ(to_string(Decision::kMarkSeen), "mark-seen");
  EXPECT_FALSE(parse_decision("maybe"));
}

}  // namespace
}  // namespace podswarm::db
