#include "db/feed_store.h"

#include <sqlite3.h>

#include "db/episode_store.h"
#include "db/query.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;

class FeedStoreTest : public StoreTest {
 protected:
  FeedStore feeds_{database_};
};

TEST(Slug, KeepsLettersAndDigitsInLowerCase) {
  EXPECT_EQ(slug("  The Daily -- News! "), "the-daily-news");
  EXPECT_EQ(slug("Größe 99%"), "größe-99");
  EXPECT_EQ(slug("?!"), "");
}

TEST_F(FeedStoreTest, RemembersWhatWasAdded) {
  NewFeed feed;
  feed.url = "https://Example.org/feed.xml#x";
  feed.name = " My Show ";
  feed.tags = {"news", "größe \"q\""};
  feed.backlog = "all";
  feed.user_agent = "Agent/1";
  feed.credentials = "config:example.org";
  const auto added = feeds_.add(feed, kNow);
  ASSERT_TRUE(added);
  const auto row = feeds_.find(added->id);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->url, feed.url);
  EXPECT_EQ(row->name, "My Show");
  EXPECT_TRUE(row->name_given);
  EXPECT_EQ(row->tags, feed.tags);
  EXPECT_EQ(row->backlog, "all");
  EXPECT_EQ(row->user_agent, "Agent/1");
  EXPECT_EQ(row->credentials, "config:example.org");
  EXPECT_EQ(row->status, FeedStatus::kActive);
  EXPECT_EQ(row->added_at, kNow);
  EXPECT_FALSE(row->last_poll_at);
  EXPECT_FALSE(row->next_poll_at);
}

TEST_F(FeedStoreTest, RefusesTheSameAddressInAnotherSpelling) {
  add_feed("https://example.org/feed", "First");
  NewFeed again;
  again.url = "HTTPS://EXAMPLE.org:443/feed#top";
  const auto refused = feeds_.add(again, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FeedStoreError::kDuplicateUrl);
  EXPECT_THAT(refused.error().message, HasSubstr("First"));
  EXPECT_EQ(feeds_.list().size(), 1u);
}

TEST_F(FeedStoreTest, RefusesAGivenNameThatIsTakenOrNone) {
  add_feed("https://a.example/", "Daily News");
  NewFeed feed;
  feed.url = "https://b.example/";
  feed.name = "daily-news";
  const auto taken = feeds_.add(feed, kNow);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, FeedStoreError::kDuplicateName);
  feed.name = "...";
  const auto bad = feeds_.add(feed, kNow);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, FeedStoreError::kBadName);
}

TEST_F(FeedStoreTest, NamesItselfAfterTheFirstTitleAndMakesItUnique) {
  const auto a = add_feed("https://a.example/feed");
  const auto b = add_feed("https://b.example/feed");
  EXPECT_EQ(feeds_.find(a)->name, "a.example");
  feeds_.set_published(a, "News", "https://a.example", "https://a.example/i.png");
  feeds_.set_published(b, "News", "", "");
  EXPECT_EQ(feeds_.find(a)->name, "News");
  EXPECT_EQ(feeds_.find(b)->name, "News 2");
  feeds_.set_published(a, "News, renamed", "", "");
  EXPECT_EQ(feeds_.find(a)->name, "News");
  EXPECT_EQ(feeds_.find(a)->title, "News, renamed");
}

TEST_F(FeedStoreTest, FeedsOfOneNameAreNumberedInTurn) {
  constexpr int kFeeds = 40;
  std::vector<std::int64_t> ids;
  for (int n = 1; n <= kFeeds; ++n) {
    ids.push_back(add_feed("https://a.example/" + std::to_string(n)));
    EXPECT_EQ(feeds_.find(ids.back())->name, n == 1 ? "a.example" : "a.example " + std::to_string(n));
  }
  for (int n = 1; n <= kFeeds; ++n) feeds_.set_published(ids[static_cast<std::size_t>(n - 1)], "!?", "", "");
  EXPECT_EQ(feeds_.find(ids[6])->name, "a.example 7") << "a title without letters names nothing";
  feeds_.remove(ids[kFeeds - 1]);
  EXPECT_EQ(feeds_.find(add_feed("https://a.example/again"))->name, "a.example 40");
}

TEST_F(FeedStoreTest, AFreeNameIsFoundAmongThousandsWithoutTryingAll) {
  {
    Transaction transaction(database_);
    for (int n = 1; n <= 3'000; ++n) {
      const std::string number = n == 1 ? "" : std::to_string(n);
      Query(database_,
            "INSERT INTO feed (url, canonical_url, name, slug, backlog, added_at) VALUES (?1, ?1, ?2, ?3, '', 0)")
          .bind("https://many.example/" + number, "News " + number, n == 1 ? "news" : "news-" + number)
          .run();
    }
    transaction.commit();
  }
  const auto id = add_feed("https://a.example/");
  int statements = 0;
  const auto count = [](unsigned, void* counter, void*, void*) { return ++*static_cast<int*>(counter), 0; };
  auto* const connection = database_.impl().connection->getHandle();
  sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, count, &statements);
  feeds_.set_published(id, "News", "", "");
  sqlite3_trace_v2(connection, 0, nullptr, nullptr);
  EXPECT_EQ(feeds_.find(id)->name, "News 3001");
  EXPECT_LT(statements, 60);
}

TEST_F(FeedStoreTest, AGivenNameOutlivesEveryTitle) {
  const auto id = add_feed("https://a.example/feed", "Mine");
  feeds_.set_published(id, "Theirs", "", "");
  EXPECT_EQ(feeds_.find(id)->name, "Mine");
}

TEST_F(FeedStoreTest, RenamesButNotToATakenName) {
  const auto a = add_feed("https://a.example/", "A");
  add_feed("https://b.example/", "B");
  EXPECT_FALSE(feeds_.rename(a, "b"));
  EXPECT_TRUE(feeds_.rename(a, "a!"));
  EXPECT_EQ(feeds_.find(a)->name, "a!");
}

TEST_F(FeedStoreTest, IsFoundByNameUrlOrNumber) {
  const auto id = add_feed("https://a.example/feed", "The Show");
  EXPECT_EQ(feeds_.find_by_reference("the show")->id, id);
  EXPECT_EQ(feeds_.find_by_reference(" https://A.example/feed ")->id, id);
  EXPECT_EQ(feeds_.find_by_reference(std::to_string(id))->id, id);
  EXPECT_FALSE(feeds_.find_by_reference("12x"));
  EXPECT_FALSE(feeds_.find_by_reference(""));
  EXPECT_FALSE(feeds_.find_by_reference("99999999999999999999"));
}

TEST_F(FeedStoreTest, ListsDueFeedsLongestOverdueFirst) {
  const auto fresh = add_feed("https://new.example/");
  const auto late = add_feed("https://late.example/");
  const auto later = add_feed("https://later.example/");
  const auto paused = add_feed("https://paused.example/");
  const auto gone = add_feed("https://gone.example/");
  feeds_.set_next_poll(late, kNow - hours(2));
  feeds_.set_next_poll(later, kNow + hours(1));
  feeds_.set_status(paused, FeedStatus::kPaused);
  feeds_.set_status(gone, FeedStatus::kStopped, "410 Gone");
  const auto due = feeds_.due(kNow);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].id, fresh);
  EXPECT_EQ(due[1].id, late);
  feeds_.set_next_poll(fresh, kNow + hours(5));
  feeds_.set_next_poll(late, kNow + hours(5));
  EXPECT_EQ(feeds_.next_due(), kNow + hours(1));
  EXPECT_EQ(feeds_.find(gone)->status_reason, "410 Gone");
}

TEST_F(FeedStoreTest, SpreadsWhatIsDueAndNothingElse) {
  for (int i = 0; i < 100; ++i) add_feed("https://example.org/" + std::to_string(i));
  const auto later = add_feed("https://later.example/");
  feeds_.set_next_poll(later, kNow + hours(1));
  const auto paused = add_feed("https://paused.example/");
  feeds_.set_status(paused, FeedStatus::kPaused);
  EXPECT_EQ(feeds_.spread_due(kNow, std::chrono::seconds(100)), 100u);
  EXPECT_LT(feeds_.due(kNow).size(), 20u);
  EXPECT_EQ(feeds_.due(kNow + std::chrono::seconds(100)).size(), 100u);
  EXPECT_EQ(feeds_.find(later)->next_poll_at, kNow + hours(1));
  EXPECT_FALSE(feeds_.find(paused)->next_poll_at);
}

TEST_F(FeedStoreTest, NextDueIsNothingWithoutActiveFeeds) {
  EXPECT_FALSE(feeds_.next_due());
}

TEST_F(FeedStoreTest, CountsFailuresUntilAPollWorks) {
  const auto id = add_feed("https://a.example/");
  feeds_.record_success(id, {kNow, kNow + hours(1), "\"e\"", "Mon", "hash", "{hints}", "[reasons]"});
  feeds_.record_failure(id, {kNow + hours(1), kNow + hours(2), "timed out", ""});
  feeds_.record_failure(id, {kNow + hours(2), kNow + hours(4), "refused", "[backing off]"});
  auto row = *feeds_.find(id);
  EXPECT_EQ(row.poll_failures, 2);
  EXPECT_EQ(row.last_error, "refused");
  EXPECT_EQ(row.last_ok_at, kNow);
  EXPECT_EQ(row.last_poll_at, kNow + hours(2));
  EXPECT_EQ(row.next_poll_at, kNow + hours(4));
  EXPECT_EQ(row.etag, "\"e\"");
  EXPECT_EQ(row.update_hints, "{hints}");
  EXPECT_EQ(row.poll_reasons, "[backing off]");
  feeds_.record_success(id, {kNow + hours(4), kNow + hours(5), "", "", "", "", ""});
  row = *feeds_.find(id);
  EXPECT_EQ(row.poll_failures, 0);
  EXPECT_EQ(row.last_error, "");
}

TEST_F(FeedStoreTest, ANewAddressForgetsTheOldValidators) {
  const auto id = add_feed("https://a.example/");
  const auto other = add_feed("https://b.example/");
  feeds_.record_success(id, {kNow, kNow, "\"e\"", "Mon", "hash", "{hints}", "[reasons]"});
  EXPECT_FALSE(feeds_.set_url(id, "https://B.example"));
  EXPECT_TRUE(feeds_.set_url(id, "https://c.example/"));
  EXPECT_EQ(feeds_.find(id)->etag, "");
  EXPECT_EQ(feeds_.find(id)->url, "https://c.example/");
  EXPECT_EQ(feeds_.find_by_url("https://c.example")->id, id);
  EXPECT_EQ(feeds_.find_by_url("https://b.example")->id, other);
}

TEST_F(FeedStoreTest, ListsByTag) {
  const auto a = add_feed("https://a.example/", "A");
  const auto b = add_feed("https://b.example/", "B");
  feeds_.set_tags(a, {"news", "x"});
  feeds_.set_tags(b, {"newsletter"});
  const auto tagged = feeds_.list_tagged("news");
  ASSERT_EQ(tagged.size(), 1u);
  EXPECT_EQ(tagged[0].id, a);
}

TEST_F(FeedStoreTest, RemovingTakesEpisodesWithItAndNeverReusesTheNumber) {
  const auto id = add_feed("https://a.example/");
  const auto episode = add_episode(id, "e1");
  EXPECT_TRUE(feeds_.remove(id));
  EXPECT_FALSE(feeds_.remove(id));
  EXPECT_FALSE(EpisodeStore(database_).find(episode));
  EXPECT_GT(add_feed("https://a.example/"), id);
}

TEST_F(FeedStoreTest, RemembersThatTheBacklogWasApplied) {
  const auto id = add_feed("https://a.example/");
  EXPECT_EQ(feeds_.find(id)->backlog, "latest:1");
  EXPECT_FALSE(feeds_.find(id)->backlog_applied_at);
  feeds_.set_backlog(id, "all");
  feeds_.set_backlog_applied(id, kNow);
  EXPECT_EQ(feeds_.find(id)->backlog, "all");
  EXPECT_EQ(feeds_.find(id)->backlog_applied_at, kNow);
}

}  // namespace
}  // namespace podswarm::db
