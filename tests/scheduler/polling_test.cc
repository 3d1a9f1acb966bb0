// Polls and what they bring: intake, decisions, backlog, and what servers say.

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

class Polling : public SchedulerTest {};

TEST_F(Polling, ANewFeedIsAskedAtOnceAndThenByItsInterval) {
  const auto id = subscribe();
  poll(make_feed({make_item("a")}));
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 1h);
  EXPECT_EQ(context().feeds.find(id)->name, "Show");
  scheduler_->tick();
  EXPECT_TRUE(feeds_.requests.empty());
  clock_.advance(1h);
  scheduler_->tick();
  EXPECT_EQ(feeds_.requests.size(), 1u);
}

TEST_F(Polling, TheSameDocumentTwiceAddsNothing) {
  subscribe();
  poll(make_feed({make_item("a"), make_item("b")}));
  EXPECT_EQ(episodes().size(), 2u);
  clock_.advance(1h);
  poll(make_feed({make_item("a"), make_item("b")}));
  EXPECT_EQ(episodes().size(), 2u);
  EXPECT_EQ(context().downloads.list().size(), 2u);
}

TEST_F(Polling, ValidatorsComeBackWithTheNextRequest) {
  subscribe();
  scheduler_->tick();
  answer(200, make_feed({}), [](feeds::FetchResponse& r) {
    r.etag = "\"v1\"";
    r.last_modified = "yesterday";
  });
  clock_.advance(1h);
  scheduler_->tick();
  ASSERT_EQ(feeds_.requests.size(), 1u);
  EXPECT_EQ(feeds_.requests[0].request.etag, "\"v1\"");
  EXPECT_EQ(feeds_.requests[0].request.last_modified, "yesterday");
  EXPECT_EQ(feeds_.requests[0].known_hash, "hash");
  answer(304);
  EXPECT_EQ(context().feeds.list()[0].etag, "\"v1\"");
  EXPECT_EQ(context().feeds.list()[0].poll_failures, 0);
}

TEST_F(Polling, GoneStopsTheFeed) {
  const auto id = subscribe();
  scheduler_->tick();
  answer(410);
  EXPECT_EQ(context().feeds.find(id)->status, db::FeedStatus::kStopped);
  EXPECT_NE(context().feeds.find(id)->last_error.find("410"), std::string::npos);
  clock_.advance(24h * 365);
  scheduler_->tick();
  EXPECT_TRUE(feeds_.requests.empty());
}

TEST_F(Polling, FailuresBackOffAndTellWhy) {
  const auto id = subscribe();
  scheduler_->tick();
  answer(500);
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 1h);
  clock_.advance(1h);
  scheduler_->tick();
  answer(404);
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 2h);
  EXPECT_EQ(context().feeds.find(id)->poll_failures, 2);
  EXPECT_NE(context().feeds.find(id)->last_error.find("404"), std::string::npos);
}

TEST_F(Polling, RetryAfterIsHonoured) {
  const auto id = subscribe();
  scheduler_->tick();
  const auto later = clock_.now() + 7h;
  answer(429, std::nullopt, [&](feeds::FetchResponse& r) { r.retry_after = later; });
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, later);
}

TEST_F(Polling, APermanentMoveChangesTheAddress) {
  const auto id = subscribe();
  scheduler_->tick();
  answer(200, make_feed({}), [](feeds::FetchResponse& r) { r.permanent_url = "https://new.example/feed"; });
  EXPECT_EQ(context().feeds.find(id)->url, "https://new.example/feed");
}

TEST_F(Polling, ADocumentThatIsNoFeedIsAnErrorAndLosesNothing) {
  const auto id = subscribe();
  poll(make_feed({make_item("a")}));
  clock_.advance(1h);
  scheduler_->tick();
  const auto request = feeds_.requests.front();
  feeds::FetchResponse response;
  response.status = 200;
  response.final_url = request.request.url;
  FeedAnswer bad{id, response, std::nullopt, "other"};
  bad.document = feeds::ParseResult<feeds::Feed>(base::fail(feeds::ParseError::kNotAFeed, "this is an HTML page"));
  scheduler_->on_feed_answer(std::move(bad));
  EXPECT_NE(context().feeds.find(id)->last_error.find("HTML page"), std::string::npos);
  EXPECT_EQ(episodes().size(), 1u);
}

TEST_F(Polling, NoMoreAtOnceThanTheLimitsAllow) {
  configure("[poll]\nconcurrency = 3\nper_host = 2\n");
  for (int i = 0; i < 4; ++i) subscribe("http://one.example/" + std::to_string(i));
  for (int i = 0; i < 4; ++i) subscribe("http://two.example/" + std::to_string(i));
  scheduler_->tick();
  ASSERT_EQ(feeds_.requests.size(), 3u);
  std::map<std::string, int> hosts;
  for (const auto& request : feeds_.requests) ++hosts[request.request.url.substr(7, 3)];
  EXPECT_EQ(hosts["one"], 2);
  EXPECT_EQ(hosts["two"], 1);
  for (int i = 0; i < 8; ++i) answer(200, make_feed({}));
  EXPECT_TRUE(feeds_.requests.empty());
}

TEST_F(Polling, TheBacklogIsTheNewestThatTheRulesWant) {
  configure(
      "[[rule]]\nid = \"no\"\nfeeds = [\"*\"]\nany = ['title : \"trailer\"']\naction = \"skip\"\n"
      "[[rule]]\nid = \"yes\"\nfeeds = [\"*\"]\nmatch_all = true\n");
  subscribe("http://feeds.example/show", "latest:1");
  poll(make_feed({make_item("old", "2026-10-01T00:00:00Z"), make_item("trailer", "2026-11-03T00:00:00Z"),
                  make_item("new", "2026-11-02T00:00:00Z")}));
  EXPECT_EQ(download("new").state, db::DownloadState::kDownloading);
  EXPECT_EQ(episode("old").decision, db::Decision::kBacklog);
  EXPECT_EQ(episode("trailer").decision, db::Decision::kSkip);
  EXPECT_EQ(episode("trailer").decision_rule, "no");
  EXPECT_FALSE(episode("trailer").decision_reason.empty());
  // What comes after the subscription is new, however many they are.
  clock_.advance(1h);
  poll(make_feed({make_item("newer", "2026-11-04T00:00:00Z"), make_item("very old", "2020-11-04T00:00:00Z")}));
  EXPECT_EQ(context().downloads.list().size(), 3u);
}

TEST_F(Polling, TheOtherBacklogs) {
  const auto document = make_feed({make_item("a", "2026-10-01T00:00:00Z"), make_item("b", "2026-10-15T00:00:00Z"),
                                   make_item("c", "2026-11-01T00:00:00Z")});
  const std::pair<const char*, std::size_t> kCases[] = {
      {"none", 0}, {"all", 3}, {"latest:2", 2}, {"since:2026-10-15", 2}, {"latest:9", 3}};
  std::size_t total = 0;
  for (const auto& [policy, wanted] : kCases) {
    subscribe("http://feeds.example/" + std::string(policy), policy);
    poll(document);
    total += wanted;
    EXPECT_EQ(context().downloads.list().size(), total) << policy;
  }
}

TEST_F(Polling, ALimitCountsWithinTheFirstDocumentToo) {
  configure("[[rule]]\nid = \"few\"\nfeeds = [\"*\"]\nmatch_all = true\nlimit = \"2/24h\"\n");
  subscribe();
  poll(make_feed({make_item("a"), make_item("b"), make_item("c")}));
  EXPECT_EQ(context().downloads.list().size(), 2u);
}

TEST_F(Polling, AnItemThatGetsItsEnclosureLaterIsDecidedThen) {
  subscribe();
  feeds::Item bare = make_item("a");
  bare.enclosures.clear();
  poll(make_feed({bare}));
  EXPECT_EQ(episode("a").decision, db::Decision::kNone);
  EXPECT_NE(episode("a").decision_reason.find("no enclosure"), std::string::npos);
  clock_.advance(1h);
  poll(make_feed({make_item("a")}));
  EXPECT_EQ(episode("a").decision, db::Decision::kDownload);
  EXPECT_EQ(context().downloads.list().size(), 1u);
}

TEST_F(Polling, AQueuedEpisodeFollowsItsNewAddress) {
  configure("[download]\nwindow = \"03:00-03:01\"\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  clock_.advance(1h);
  auto moved = make_item("a");
  moved.enclosures[0].url = "http://media.example/a.mp3?token=2";
  poll(make_feed({moved}));
  EXPECT_EQ(download("a").source_url, "http://media.example/a.mp3?token=2");
}

TEST_F(Polling, CredentialsComeFromTheEnvironmentAndStayOutOfTheDatabase) {
  ::setenv("PODSWARM_TEST_SECRET", "open sesame", 1);
  configure("[feeds.\"http://feeds.example/show\"]\nuser = \"me\"\npassword_env = \"PODSWARM_TEST_SECRET\"\n");
  subscribe();
  scheduler_->tick();
  ASSERT_EQ(feeds_.requests.size(), 1u);
  ASSERT_TRUE(feeds_.requests[0].request.credentials);
  EXPECT_EQ(feeds_.requests[0].request.credentials->password, "open sesame");
  ::unsetenv("PODSWARM_TEST_SECRET");
}

TEST_F(Polling, ACheckOfAFeedThatIsRemovedMeanwhileEnds) {
  configure("[poll]\nconcurrency = 1\n");
  const auto one = subscribe("http://one.example/");
  const auto two = subscribe("http://two.example/");
  restart(Mode::kOnDemand);
  const auto job = scheduler_->check({});
  ASSERT_EQ(feeds_.requests.size(), 1u);
  scheduler_->remove_feed(one);
  scheduler_->remove_feed(two);
  EXPECT_FALSE(scheduler_->job(job)->done);
  answer(200, make_feed({make_item("a")}));
  EXPECT_TRUE(scheduler_->job(job)->done);
  ASSERT_EQ(scheduler_->job(job)->polls.size(), 2u);
  EXPECT_FALSE(scheduler_->job(job)->polls[0].ok);
}

TEST_F(Polling, AFeedWithAPasswordDoesNotFollowToAnotherHost) {
  configure("[feeds.\"http://feeds.example/show\"]\nuser = \"me\"\n");
  const auto id = subscribe();
  scheduler_->tick();
  answer(200, make_feed({}), [](feeds::FetchResponse& r) { r.permanent_url = "https://elsewhere.example/feed"; });
  EXPECT_EQ(context().feeds.find(id)->url, "http://feeds.example/show");
  clock_.advance(1h);
  scheduler_->tick();
  answer(200, make_feed({}), [](feeds::FetchResponse& r) { r.permanent_url = "https://feeds.example/new"; });
  EXPECT_EQ(context().feeds.find(id)->url, "https://feeds.example/new");
}

TEST_F(Polling, OnDemandNothingIsPolledUnasked) {
  subscribe();
  restart(Mode::kOnDemand);
  scheduler_->tick();
  EXPECT_TRUE(feeds_.requests.empty());
  const auto job = scheduler_->check({});
  ASSERT_EQ(feeds_.requests.size(), 1u);
  EXPECT_FALSE(scheduler_->job(job)->done);
  answer(200, make_feed({make_item("a")}));
  EXPECT_TRUE(scheduler_->job(job)->done);
  ASSERT_EQ(scheduler_->job(job)->polls.size(), 1u);
  EXPECT_EQ(scheduler_->job(job)->polls[0].intake.added, 1u);
  EXPECT_TRUE(downloads_.added.empty());
}

TEST_F(Polling, AHistoryMakesTheIntervalAndTheReasonsAreKept) {
  configure("[poll]\nmax_interval = \"7d\"\n");
  const auto id = subscribe();
  std::vector<feeds::Item> items;
  for (int week = 0; week < 8; ++week) {
    auto item = make_item("w" + std::to_string(week));
    item.published = *base::parse_rfc3339("2026-11-17T06:00:00Z") - 24h * 7 * week;
    items.push_back(std::move(item));
  }
  poll(make_feed(items));
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 24h);
  const auto reasons = read_reasons(context().feeds.find(id)->poll_reasons);
  ASSERT_EQ(reasons.size(), 2u);
  EXPECT_EQ(reasons[1].kind, PollReason::Kind::kRhythm);
  EXPECT_EQ(reasons[1].wait, 24h);
  configure("[feeds.\"http://feeds.example/show\"]\ninterval = \"2h\"\n");
  clock_.advance(24h);
  scheduler_->tick();
  answer(304);
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 2h);
}

TEST_F(Polling, WhatTheDocumentAskedForHoldsForAnswersWithoutOne) {
  const auto id = subscribe();
  auto document = make_feed({make_item("a")});
  document.hints.ttl_minutes = 300;
  document.hints.skip_hours = {22};
  poll(document);
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 5h);
  clock_.advance(5h);
  scheduler_->tick();
  answer(304);  // at 17:00
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 6h);
  clock_.advance(6h);
  poll(make_feed({make_item("a")}));  // says nothing any more
  EXPECT_EQ(context().feeds.find(id)->next_poll_at, clock_.now() + 1h);
}

TEST_F(Polling, ABurstAfterTheMachineWakesIsSpread) {
  for (int i = 0; i < 100; ++i) subscribe("http://host" + std::to_string(i) + ".example/");
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_LE(context().feeds.due(clock_.now()).size(), 20u);
  const auto run = [&](int most_a_second) {
    int left = 100;
    for (int second = 0; second < 101 && left > 0; ++second) {
      EXPECT_LE(feeds_.requests.size(), static_cast<std::size_t>(most_a_second));
      for (; !feeds_.requests.empty(); --left) answer(200, make_feed({}));
      clock_.advance(1s);
      scheduler_->tick();
    }
    EXPECT_EQ(left, 0);
  };
  run(20);
  // Asleep for a night: all have come due. A look that is only an hour late by the feeds' own time spreads nothing.
  clock_.advance(10h);
  scheduler_->tick();
  EXPECT_LE(feeds_.requests.size(), 20u);
  run(20);
}

TEST_F(Polling, AHostIsAskedNoFasterThanItsSpacing) {
  configure("[poll]\nhost_spacing = \"5s\"\nper_host = 16\nconcurrency = 64\n");
  for (int i = 0; i < 12; ++i) subscribe("http://one.example/" + std::to_string(i));
  scheduler_->tick();
  EXPECT_EQ(feeds_.requests.size(), 8u);
  EXPECT_EQ(scheduler_->next_wakeup(), clock_.now() + 5s);
  clock_.advance(5s);
  scheduler_->tick();
  EXPECT_EQ(feeds_.requests.size(), 9u);
}

TEST_F(Polling, TheHostThatARedirectLeadsToIsSparedToo) {
  configure("[poll]\nper_host = 1\n");
  subscribe("http://short.example/a");
  subscribe("http://host.example/b");
  scheduler_->tick();
  ASSERT_EQ(feeds_.requests.size(), 2u);
  answer(200, make_feed({}), [](feeds::FetchResponse& r) { r.final_url = "http://host.example/a"; });
  answer(200, make_feed({}));
  clock_.advance(1h);
  scheduler_->tick();
  EXPECT_EQ(feeds_.requests.size(), 1u);
}

}  // namespace
}  // namespace podswarm::scheduler
