// What follows from the rules' word: for the past of a feed, for what waits or is held, for those that are told, and for
// copies of what could not be had.

#include <gmock/gmock.h>

#include "scheduler/placing.h"
#include "scheduler/review.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Deciding : public SchedulerTest {
 protected:
  // Rules for every feed, as the tables' lines after `feeds`.
  void rules(const std::vector<std::string>& tables, const std::string& more = "") {
    std::string text = more;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      text += "\n[[rule]]\nid = \"" + std::to_string(i + 1) + "\"\nfeeds = [\"*\"]\n" + tables[i] + "\n";
    }
    configure(text);
  }
  // Another document of the same feed.
  void poll_again(const feeds::Feed& document) {
    context().feeds.set_next_poll(1, clock_.now());
    poll(document);
  }
  void no_polls() { context().feeds.set_next_poll(1, clock_.now() + 10'000h); }
  [[nodiscard]] std::vector<std::string> decided(db::Decision decision) {
    std::vector<std::string> titles;
    for (const auto& row : episodes()) {
      if (row.decision == decision) titles.push_back(row.title);
    }
    return titles;
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& call : hooks_.calls) out.push_back(call.variables.at("PODSWARM_TITLE"));
    return out;
  }
};

constexpr const char* kToldOf = "[[hook]]\non = \"notify\"\ncommand = \"tell\"\n";

TEST_F(Deciding, WhatALimitPutsOffOfThePastIsLeftToTheBacklogPolicy) {
  rules({"match_all = true\nlimit = \"1/24h\""});
  subscribe("http://feeds.example/first", "latest:1");
  poll(make_feed({make_item("of today")}));
  ASSERT_THAT(decided(db::Decision::kDownload), ElementsAre("of today"));
  subscribe("http://feeds.example/second", "latest:1");
  auto second = make_feed({make_item("a"), make_item("b"), make_item("c")});
  second.title = "Second";
  poll(second);
  EXPECT_EQ(decided(db::Decision::kDefer).size(), 1u) << "the newest is had when there is room again";
  EXPECT_EQ(decided(db::Decision::kBacklog).size(), 2u);
}

TEST_F(Deciding, WhatARuleWaitsForOfThePastIsNotHadAgainstTheBacklogPolicy) {
  rules({"match_all = true\nwait = \"6h\""});
  subscribe("http://feeds.example/show", "none");
  poll(make_feed({make_item("a", "2026-11-20T11:00:00Z")}));
  EXPECT_THAT(decided(db::Decision::kBacklog), ElementsAre("a"));
}

TEST_F(Deciding, ARuleThatTellsAndGoesOnIsHeardThoughALaterOneDecides) {
  rules({"match_all = true\naction = \"notify\"\ncontinue = true", "where = 'title : \"b\"'"}, kToldOf);
  subscribe();
  poll(make_feed({}));
  poll_again(make_feed({make_item("a"), make_item("b")}));
  EXPECT_THAT(told(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(decided(db::Decision::kDownload), ElementsAre("b"));
}

TEST_F(Deciding, TellingCountsForTheRulesLimit) {
  rules({"match_all = true\naction = \"notify\"\ncooldown = \"24h\""}, kToldOf);
  subscribe();
  poll(make_feed({}));
  poll_again(make_feed({make_item("a"), make_item("b"), make_item("c")}));
  EXPECT_EQ(told().size(), 1u);
  clock_.advance(25h);
  poll_again(make_feed({make_item("d")}));
  EXPECT_EQ(told().size(), 2u);
}

TEST_F(Deciding, WhatIsDecidedAgainAndAgainIsToldOfOnce) {
  rules({"match_all = true\naction = \"notify\"\ncontinue = true", "match_all = true\nwait = \"6h\""}, kToldOf);
  subscribe();
  poll(make_feed({make_item("past", "2026-11-20T11:00:00Z")}));
  poll_again(make_feed({make_item("a", "2026-11-20T12:00:00Z")}));
  no_polls();
  EXPECT_THAT(told(), ElementsAre("a"));
  clock_.advance(7h);
  scheduler_->tick();
  EXPECT_EQ(decided(db::Decision::kDownload).size(), 2u);
  EXPECT_THAT(told(), ElementsAre("a"));
}

TEST_F(Deciding, WhatWasToldOfAndIsThenFetchedByHandIsACopy) {
  rules({"where = 'title : \"720p\"'\naction = \"notify\"", "match_all = true\nonce_per = \"episode\""}, kToldOf);
  subscribe();
  poll(make_feed({}));
  poll_again(make_feed({make_item("Show S01E01 720p")}));
  ASSERT_EQ(told().size(), 1u);
  ASSERT_EQ(scheduler_->want(episode("Show S01E01 720p")), Wanted::kQueued);
  poll_again(make_feed({make_item("Show S01E01 1080p")}));
  EXPECT_EQ(episode("Show S01E01 1080p").decision, db::Decision::kNone);
}

TEST_F(Deciding, WhatHasNothingToFetchCanBeToldOf) {
  rules({"where = 'title : \"news\"'\naction = \"notify\"", "match_all = true"}, kToldOf);
  subscribe();
  poll(make_feed({}));
  auto news = make_item("news");
  auto other = make_item("other");
  news.enclosures.clear();
  other.enclosures.clear();
  poll_again(make_feed({news, other}));
  EXPECT_THAT(told(), ElementsAre("news"));
  EXPECT_EQ(episode("other").decision, db::Decision::kNone);
  EXPECT_THAT(episode("other").decision_reason, testing::StartsWith("nothing to download"));
}

TEST_F(Deciding, WhenACopyFailsForGoodTheOneThatWasRefusedForItIsTaken) {
  rules({"match_all = true\nonce_per = \"episode\""});
  subscribe();
  poll(make_feed({}));
  poll_again(make_feed({make_item("Show S01E01 1080p"), make_item("Show S01E02"), make_item("Show S01E01 720p")}));
  no_polls();
  ASSERT_EQ(episode("Show S01E01 720p").decision, db::Decision::kNone);
  const auto fail_for_good = [&](const std::string& title) {
    for (int i = 0; i < 10 && download(title).state != db::DownloadState::kFailed; ++i) {
      const auto id = static_cast<engine::DownloadId>(download(title).id);
      for (std::size_t n = downloads_.added.size(); n-- > 0;) {
        if (downloads_.added[n].id != id) continue;
        engine_fails(n, engine::FailureKind::kTemporary, "no luck");
        break;
      }
      no_polls();
      if (const auto next = download(title).next_try_at) clock_.set(*next);
      scheduler_->tick();
    }
    EXPECT_EQ(download(title).state, db::DownloadState::kFailed);
  };
  fail_for_good("Show S01E01 1080p");
  EXPECT_EQ(episode("Show S01E01 720p").decision, db::Decision::kDownload);
  // It holds the place now; nobody comes back.
  fail_for_good("Show S01E01 720p");
  EXPECT_EQ(episode("Show S01E01 1080p").decision, db::Decision::kDownload);
  EXPECT_EQ(download("Show S01E01 1080p").state, db::DownloadState::kFailed);
}

TEST_F(Deciding, WhatAPersonAcceptsIsHadAsItsRuleSays) {
  rules({"where = 'duration > 10m'\non_unknown = \"hold\"\ndest = \"Held\"\nonce_per = \"episode\""});
  subscribe();
  poll(make_feed({}));
  poll_again(make_feed({make_item("Show S01E01"), make_item("Show S01E01 again")}));
  no_polls();
  ASSERT_EQ(decided(db::Decision::kHold).size(), 2u);
  EXPECT_TRUE(accept_held(context(), episode("Show S01E01"), clock_.now()));
  EXPECT_EQ(episode("Show S01E01").decision_rule, "1");
  EXPECT_NE(download("Show S01E01").naming.find("Held"), std::string::npos);
  EXPECT_FALSE(context().history.list_episode(episode("Show S01E01").id).empty());
  // A person may want a second copy even so.
  EXPECT_TRUE(accept_held(context(), episode("Show S01E01 again"), clock_.now()));
  EXPECT_EQ(episode("Show S01E01 again").decision_reason, db::kWantedByHand);
}

TEST_F(Deciding, NamesHaveTheNumbersThatConditionsSee) {
  rules({"where = 'ep = S02E05 or ep = S03E04'\nname = \"{show} {ep} {season}x{episode:02}\""});
  subscribe();
  auto numbered = make_item("Another S07E01");
  numbered.season = 2;
  numbered.episode = 5;
  poll(make_feed({numbered, make_item("Other S03E04")}));
  const auto name_of = [&](const std::string& title) {
    const auto row = episode(title);
    const auto settings = settings_->for_feed(*context().feeds.find(row.feed_id));
    const auto naming = naming_from_text(download(title).naming);
    return name_for(row, settings, naming, name_fields(context(), row, clock_.now())).filename().string();
  };
  EXPECT_EQ(name_of("Another S07E01"), "Show S02E05 2x05");
  EXPECT_EQ(name_of("Other S03E04"), "Other S03E04 3x04");
}

TEST_F(Deciding, OfManyThatWaitTogetherEachEpisodesBestCopyIsTaken) {
  rules({"match_all = true\nwait = \"6h\"\nprefer = ['title : \"lossless\"', 'title : \"signed\"']\nonce_per = \"episode\""});
  subscribe();
  poll(make_feed({}));
  std::vector<feeds::Item> items;
  for (const char* kind : {" plain", " lossless", " signed"}) {
    for (int i = 10; i < 40; ++i) {
      items.push_back(make_item("Show S01E" + std::to_string(i) + kind, "2026-11-20T12:00:00Z"));
    }
  }
  poll_again(make_feed(items));
  no_polls();
  ASSERT_EQ(decided(db::Decision::kDefer).size(), 90u);
  clock_.advance(6h);
  scheduler_->tick();
  const auto taken = decided(db::Decision::kDownload);
  EXPECT_EQ(taken.size(), 30u);
  for (const auto& title : taken) EXPECT_THAT(title, testing::EndsWith(" lossless"));
  EXPECT_EQ(decided(db::Decision::kNone).size(), 60u);
}

}  // namespace
}  // namespace podswarm::scheduler
