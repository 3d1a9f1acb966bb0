#include "db/history_store.h"

#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

using std::chrono::hours;

class HistoryStoreTest : public StoreTest {
 protected:
  HistoryEntry entry(const std::string& key, std::optional<std::int64_t> episode, std::chrono::sys_seconds at = kNow) {
    HistoryEntry out;
    out.rule_id = "weekly";
    out.key = key;
    out.at = at;
    out.episode_id = episode;
    return out;
  }
  HistoryStore history_{database_};
  std::int64_t feed_ = add_feed("https://a.example/", "A");
  std::int64_t a_ = add_episode(feed_, "a");
  std::int64_t b_ = add_episode(feed_, "b");
};

TEST_F(HistoryStoreTest, ReservesCommitsAndFinds) {
  auto first = entry("show s01e05", a_);
  first.revision = 2;
  first.group = "GRP";
  history_.add(first);
  EXPECT_EQ(history_.find("weekly", "show s01e05").at(0).state, HistoryState::kReserved);
  history_.commit(a_);
  const auto found = history_.find("weekly", "show s01e05");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].state, HistoryState::kCommitted);
  EXPECT_EQ(found[0].revision, 2);
  EXPECT_EQ(found[0].group, "GRP");
  EXPECT_EQ(found[0].episode_id, a_);
  EXPECT_TRUE(history_.find("other", "show s01e05").empty());
}

TEST_F(HistoryStoreTest, ReleasingFreesReservationsOnly) {
  history_.add(entry("k1", a_));
  history_.add(entry("k2", b_));
  history_.commit(b_);
  history_.release(a_);
  history_.release(b_);
  EXPECT_TRUE(history_.find("weekly", "k1").empty());
  EXPECT_EQ(history_.find("weekly", "k2").size(), 1u);
}

TEST_F(HistoryStoreTest, AddingAgainRenewsInsteadOfDoubling) {
  history_.add(entry("k", a_));
  history_.add(entry("k", a_, kNow + hours(1)));
  history_.add(entry("imported", std::nullopt));
  history_.add(entry("imported", std::nullopt));
  EXPECT_EQ(history_.list_rule("weekly").size(), 2u);
  EXPECT_EQ(history_.latest("weekly"), kNow + hours(1));
  EXPECT_EQ(history_.list_episode(a_).size(), 1u);
}

TEST_F(HistoryStoreTest, CountsForRollingLimits) {
  history_.add(entry("1", a_, kNow - hours(30)));
  history_.add(entry("2", a_, kNow - hours(10)));
  history_.add(entry("3", a_, kNow));
  EXPECT_EQ(history_.count_since("weekly", kNow - hours(24)), 2u);
  EXPECT_EQ(history_.earliest_since("weekly", kNow - hours(24)), kNow - hours(10));
  EXPECT_EQ(history_.count_since("nobody", kNow - hours(24)), 0u);
  EXPECT_FALSE(history_.earliest_since("nobody", kNow - hours(24)));
  EXPECT_FALSE(history_.latest("nobody"));
}

TEST_F(HistoryStoreTest, OutlivesTheFeed) {
  history_.add(entry("k", a_));
  history_.commit(a_);
  FeedStore(database_).remove(feed_);
  const auto found = history_.find("weekly", "k");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].episode_id);
  history_.erase_rule("weekly");
  EXPECT_TRUE(history_.find("weekly", "k").empty());
}

}  // namespace
}  // namespace podswarm::db
