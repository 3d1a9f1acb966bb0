// What a poll asks besides the feed's own address: the feed that a page names, the place a feed has moved to, the
// pages of its past.

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

class Errands : public SchedulerTest {
 protected:
  void answer_with_page(std::vector<feeds::DiscoveredFeed> discovered) {
    ASSERT_FALSE(feeds_.requests.empty());
    const auto request = feeds_.requests.front();
    feeds_.requests.pop_front();
    feeds::FetchResponse response;
    response.status = 200;
    response.final_url = request.request.url;
    FeedAnswer page{request.feed_id, response, std::nullopt, "page", std::move(discovered)};
    page.document = feeds::ParseResult<feeds::Feed>(base::fail(feeds::ParseError::kNotAFeed, "an HTML page"));
    scheduler_->on_feed_answer(std::move(page));
  }
  static feeds::Feed moved(feeds::Feed feed, const std::string& to) {
    feed.new_feed_url = to;
    return feed;
  }
  static feeds::Feed with_next(feeds::Feed feed, const std::string& next) {
    feed.next_url = next;
    return feed;
  }
  db::FeedRow only_feed() { return context().feeds.list().at(0); }
};

TEST_F(Errands, APageLeadsToTheFeedThatItNames) {
  const auto id = subscribe("http://site.example/");
  const auto job = scheduler_->check({id});
  answer_with_page({{"http://feeds.example/f", "Show", "application/rss+xml"}});
  ASSERT_EQ(feeds_.requests.size(), 1u);
  EXPECT_EQ(feeds_.requests[0].request.url, "http://feeds.example/f");
  EXPECT_FALSE(scheduler_->job(job)->done);
  answer(200, make_feed({make_item("a")}));
  EXPECT_EQ(only_feed().url, "http://feeds.example/f");
  EXPECT_EQ(only_feed().content_hash, "hash");
  EXPECT_EQ(episodes().size(), 1u);
  ASSERT_TRUE(scheduler_->job(job)->done);
  EXPECT_TRUE(scheduler_->job(job)->polls.at(0).ok);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("http://feeds.example/f"), std::string::npos);
}

TEST_F(Errands, PagesThatNameEachOtherAreNotFollowedRound) {
  subscribe("http://site.example/");
  scheduler_->tick();
  answer_with_page({{"http://site.example/b", "", ""}});
  ASSERT_EQ(feeds_.requests.size(), 1u);
  answer_with_page({{"http://site.example/", "", ""}});
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_EQ(only_feed().url, "http://site.example/");
  EXPECT_EQ(only_feed().poll_failures, 1);
  EXPECT_NE(only_feed().last_error.find("http://site.example/b"), std::string::npos);
}

TEST_F(Errands, SeveralFeedsAreForThePersonToChoose) {
  const auto id = subscribe("http://site.example/");
  const auto job = scheduler_->check({id});
  answer_with_page({{"http://a.example/f", "News", ""}, {"http://b.example/f", "Talk", ""}});
  EXPECT_TRUE(feeds_.requests.empty());
  const auto& report = scheduler_->job(job)->polls.at(0);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.choices.size(), 2u);
  EXPECT_NE(report.message.find("\"Talk\" http://b.example/f"), std::string::npos);
  clock_.advance(24h * 30);
  scheduler_->tick();
  EXPECT_TRUE(feeds_.requests.empty()) << "the page will not be a feed tomorrow";
}

TEST_F(Errands, APageOfAFeedThatIsSubscribedAlreadySaysSo) {
  subscribe("http://feeds.example/f");
  poll(make_feed({make_item("a")}));
  const auto id = subscribe("http://site.example/");
  const auto job = scheduler_->check({id});
  answer_with_page({{"http://feeds.example/f", "Show", ""}});
  answer(200, make_feed({make_item("a")}));
  EXPECT_FALSE(scheduler_->job(job)->polls.at(0).ok);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("Show"), std::string::npos);
  EXPECT_EQ(context().feeds.find(id)->url, "http://site.example/");
  EXPECT_EQ(episodes().size(), 1u);
}

TEST_F(Errands, AFeedThatHasWorkedIsNotTurnedIntoAnother) {
  subscribe();
  poll(make_feed({make_item("a")}));
  clock_.advance(1h);
  scheduler_->tick();
  answer_with_page({{"http://parking.example/f", "", ""}});
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_EQ(only_feed().url, "http://feeds.example/show");
  EXPECT_EQ(only_feed().poll_failures, 1);
}

TEST_F(Errands, ANewAddressIsAdoptedWhenTheSameFeedIsThere) {
  subscribe();
  scheduler_->tick();
  answer(200, moved(make_feed({make_item("a")}), "https://new.example/f"));
  ASSERT_EQ(feeds_.requests.size(), 1u);
  EXPECT_EQ(feeds_.requests[0].request.url, "https://new.example/f");
  answer(200, moved(make_feed({make_item("b"), make_item("a")}), "https://new.example/f"),
         [](feeds::FetchResponse& r) { r.etag = "\"new\""; });
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_EQ(only_feed().url, "https://new.example/f");
  EXPECT_EQ(only_feed().etag, "\"new\"");
  EXPECT_EQ(episodes().size(), 2u);
}

TEST_F(Errands, ANewAddressThatIsAnotherFeedIsIgnoredWithANotice) {
  const auto id = subscribe();
  const auto job = scheduler_->check({id});
  answer(200, moved(make_feed({make_item("a")}), "https://new.example/f"),
         [](feeds::FetchResponse& r) { r.etag = "\"old\""; });
  answer(200, make_feed({make_item("stranger")}));
  EXPECT_EQ(only_feed().url, "http://feeds.example/show");
  EXPECT_EQ(only_feed().etag, "\"old\"");
  EXPECT_EQ(episodes().size(), 1u);
  EXPECT_TRUE(scheduler_->job(job)->polls.at(0).ok);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("no episode in common"), std::string::npos);
}

TEST_F(Errands, ANewAddressThatFailsCostsNothing) {
  const auto id = subscribe();
  const auto job = scheduler_->check({id});
  answer(200, moved(make_feed({make_item("a")}), "https://new.example/f"));
  answer(404);
  EXPECT_EQ(only_feed().url, "http://feeds.example/show");
  EXPECT_TRUE(only_feed().last_ok_at);
  EXPECT_TRUE(scheduler_->job(job)->polls.at(0).ok);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("404"), std::string::npos);
}

TEST_F(Errands, AddressesThatNameEachOtherEndTheJourney) {
  subscribe();
  scheduler_->tick();
  answer(200, moved(make_feed({make_item("a")}), "http://b.example/f"));
  answer(200, moved(make_feed({make_item("a")}), "http://feeds.example/show"));
  EXPECT_TRUE(feeds_.requests.empty());
  for (int i = 0; i < 5; ++i) {
    clock_.advance(1h);
    scheduler_->tick();
    answer(200, moved(make_feed({make_item("a")}), "http://feeds.example/show"));
    EXPECT_TRUE(feeds_.requests.empty());
    EXPECT_EQ(only_feed().url, "http://b.example/f");
  }
}

TEST_F(Errands, ItselfOrNoWebAddressIsNoMove) {
  subscribe();
  for (const char* to : {"HTTP://feeds.example:80/show#x", "ftp://new.example/f", "file:///etc/passwd",
                         "http://me:secret@new.example/f", "nonsense", ""}) {
    clock_.advance(2h);
    scheduler_->tick();
    answer(200, moved(make_feed({make_item("a")}), to));
    EXPECT_TRUE(feeds_.requests.empty()) << to;
  }
}

TEST_F(Errands, APasswordStaysWithItsHost) {
  ::setenv("PODSWARM_TEST_SECRET", "open sesame", 1);
  configure("[feeds.\"http://feeds.example/show\"]\nuser = \"me\"\npassword_env = \"PODSWARM_TEST_SECRET\"\n");
  subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  ASSERT_TRUE(feeds_.requests.at(0).request.credentials);
  // Neither a move nor a page of the past takes it elsewhere.
  auto document = moved(make_feed({make_item("a")}), "https://elsewhere.example/f");
  document.next_url = "http://archive.example/2";
  answer(200, document);
  ASSERT_EQ(feeds_.requests.size(), 1u);
  EXPECT_EQ(feeds_.requests[0].request.url, "http://archive.example/2");
  EXPECT_FALSE(feeds_.requests[0].request.credentials);
  answer(200, make_feed({make_item("b")}));
  EXPECT_EQ(only_feed().url, "http://feeds.example/show");
  ::unsetenv("PODSWARM_TEST_SECRET");
}

TEST_F(Errands, AllOfThePastIsReadPageByPage) {
  const auto id = subscribe("http://feeds.example/show", "all");
  const auto job = scheduler_->check({id});
  answer(200, with_next(make_feed({make_item("c")}), "http://feeds.example/show?page=2"));
  EXPECT_FALSE(only_feed().last_ok_at) << "a crash now must begin again";
  answer(200, with_next(make_feed({make_item("b")}), "http://feeds.example/show?page=3"));
  // The last page leads back to the first.
  answer(200, with_next(make_feed({make_item("a")}), "http://feeds.example/show"));
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_TRUE(only_feed().last_ok_at);
  EXPECT_EQ(context().downloads.list().size(), 3u);
  EXPECT_EQ(scheduler_->job(job)->polls.at(0).intake.added, 3u);
  // Later polls read the current page alone.
  clock_.advance(1h);
  scheduler_->tick();
  answer(200, with_next(make_feed({make_item("d")}), "http://feeds.example/show?page=2"));
  EXPECT_TRUE(feeds_.requests.empty());
}

TEST_F(Errands, PagesAreReadOnlyAsFarAsTheBacklogReaches) {
  subscribe("http://feeds.example/a", "latest:3");
  scheduler_->tick();
  answer(200, with_next(make_feed({make_item("x")}), "http://feeds.example/a?page=2"));
  EXPECT_TRUE(feeds_.requests.empty());
  clock_.advance(1min);
  subscribe("http://feeds.example/b", "since:2026-10-01");
  scheduler_->tick();
  answer(200, with_next(make_feed({make_item("c", "2026-11-01T00:00:00Z")}), "http://feeds.example/b?page=2"));
  answer(200, with_next(make_feed({make_item("b", "2026-10-02T00:00:00Z"), make_item("a", "2026-09-02T00:00:00Z")}),
                        "http://feeds.example/b?page=3"));
  answer(200, with_next(make_feed({make_item("z", "2026-08-02T00:00:00Z")}), "http://feeds.example/b?page=4"));
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_EQ(episode("b").decision, db::Decision::kDownload);
  EXPECT_EQ(episode("a").decision, db::Decision::kBacklog);
  EXPECT_EQ(episode("z").decision, db::Decision::kBacklog);
}

TEST_F(Errands, EndlessPagesEnd) {
  configure("[poll]\nhost_spacing = \"0s\"\n");
  subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  int page = 1;
  while (!feeds_.requests.empty() && page < 1000) {
    ++page;
    answer(200, with_next(make_feed({make_item("n" + std::to_string(page))}),
                          "http://feeds.example/show?page=" + std::to_string(page)));
  }
  EXPECT_EQ(page, 102);
  EXPECT_TRUE(only_feed().last_ok_at);
}

TEST_F(Errands, AServerThatIgnoresThePageIsNotAskedForEver) {
  subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  int page = 1;
  while (!feeds_.requests.empty() && page < 1000) {
    ++page;
    answer(200, with_next(make_feed({make_item("same")}), "http://feeds.example/show?page=" + std::to_string(page)));
  }
  EXPECT_LE(page, 4);
}

TEST_F(Errands, PagesThatLeadInACircleAreReadOnce) {
  // To itself, to and fro, and to a page that was there under another order of its parameters.
  const std::string show = "http://feeds.example/show";
  for (const auto& [second, third] : {std::pair(show + "?p=2", show + "?p=2"), std::pair(show + "?p=2", show),
                                      std::pair(show + "?p=2&of=9", show + "?of=9&p=2")}) {
    const auto id = subscribe(show, "all");
    clock_.advance(1min);
    scheduler_->tick();
    answer(200, with_next(make_feed({make_item("b")}), second));
    answer(200, with_next(make_feed({make_item("a")}), third));
    EXPECT_TRUE(feeds_.requests.empty()) << third;
    EXPECT_EQ(episodes().size(), 2u);
    scheduler_->remove_feed(id);
  }
}

TEST_F(Errands, TheFirstPageUnderAnotherAddressEndsThePast) {
  subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  answer(200, with_next(make_feed({make_item("a")}), "http://feeds.example/show?page=2"));
  answer(200, with_next(make_feed({make_item("a")}), "http://feeds.example/show?page=3"));
  EXPECT_TRUE(feeds_.requests.empty());
}

TEST_F(Errands, PagesOfManyBytesEndHoweverLongTheyTake) {
  configure("[poll]\nhost_spacing = \"0s\"\n");
  const auto id = subscribe("http://feeds.example/show", "all");
  const auto job = scheduler_->check({id});
  int page = 1;
  while (!feeds_.requests.empty() && page < 1000) {
    ++page;
    clock_.advance(1h);  // the machine sleeps, or the server wants its spacing
    FeedAnswer paged{id, feeds::FetchResponse{}, std::nullopt, "hash"};
    paged.response->status = 200;
    paged.response->final_url = feeds_.requests.front().request.url;
    feeds_.requests.pop_front();
    paged.bytes = 8u << 20;
    paged.document = feeds::ParseResult<feeds::Feed>(with_next(
        make_feed({make_item("n" + std::to_string(page))}), "http://feeds.example/show?page=" + std::to_string(page)));
    scheduler_->on_feed_answer(std::move(paged));
  }
  EXPECT_EQ(page, 33) << "256 MiB";
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("older pages"), std::string::npos);
}

TEST_F(Errands, APageThatCannotBeHadJustNowIsAskedForAtTheNextPoll) {
  const auto id = subscribe("http://feeds.example/show", "all");
  const auto job = scheduler_->check({id});
  const auto first = with_next(make_feed({make_item("c")}), "http://feeds.example/show?page=2");
  const auto second = with_next(make_feed({make_item("b")}), "http://feeds.example/show?page=3");
  answer(200, first);
  answer(200, second);
  const auto later = clock_.now() + 3h;
  answer(429, std::nullopt, [&](feeds::FetchResponse& r) { r.retry_after = later; });
  EXPECT_FALSE(only_feed().last_ok_at) << "its past is not read yet";
  EXPECT_GE(only_feed().next_poll_at.value_or(clock_.now()), later);
  EXPECT_EQ(scheduler_->job(job)->polls.at(0).intake.added, 2u);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("page=3"), std::string::npos);
  clock_.advance(4h);
  scheduler_->tick();
  answer(200, first);
  answer(200, second);
  answer(200, make_feed({make_item("a")}));
  EXPECT_TRUE(only_feed().last_ok_at);
  EXPECT_EQ(only_feed().poll_failures, 0);
  EXPECT_EQ(episodes().size(), 3u);
}

TEST_F(Errands, APageThatCanNeverBeHadEndsThePast) {
  subscribe("http://feeds.example/show", "all");
  int polls = 0;
  while (!only_feed().last_ok_at && polls < 10) {
    ++polls;
    scheduler_->tick();
    answer(200, with_next(make_feed({make_item("c")}), "http://feeds.example/show?page=2"));
    answer(503);
    clock_.advance(24h);
  }
  EXPECT_EQ(polls, 3);
}

TEST_F(Errands, PagesOfManyItemsEnd) {
  configure("[poll]\nhost_spacing = \"0s\"\n");
  subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  // The same items on each page but for the last: what counts is what is read.
  const auto page_of = [](int page) {
    std::vector<feeds::Item> items(20'000, make_item("same"));
    items.push_back(make_item("n" + std::to_string(page)));
    return with_next(make_feed(std::move(items)), "http://feeds.example/show?page=" + std::to_string(page));
  };
  int page = 1;
  while (!feeds_.requests.empty() && page < 100) answer(200, page_of(++page));
  EXPECT_EQ(page, 6);
}

TEST_F(Errands, APageThatFailsEndsThePastAndNothingElse) {
  const auto id = subscribe("http://feeds.example/show", "all");
  const auto job = scheduler_->check({id});
  answer(200, with_next(make_feed({make_item("c")}), "http://feeds.example/show?page=2"));
  answer(404);
  EXPECT_TRUE(only_feed().last_ok_at);
  EXPECT_TRUE(scheduler_->job(job)->polls.at(0).ok);
  EXPECT_NE(scheduler_->job(job)->polls.at(0).message.find("page=2"), std::string::npos);
}

TEST_F(Errands, ARemovedFeedEndsItsErrand) {
  const auto id = subscribe("http://feeds.example/show", "all");
  scheduler_->tick();
  answer(200, with_next(make_feed({make_item("c")}), "http://feeds.example/show?page=2"));
  scheduler_->remove_feed(id);
  answer(200, make_feed({make_item("b")}));
  EXPECT_TRUE(episodes().empty());
  EXPECT_EQ(scheduler_->poller().running() + scheduler_->poller().waiting(), 0u);
}

}  // namespace
}  // namespace podswarm::scheduler
