// What hooks are told, when, and that nothing depends on them.

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <set>

#include "scheduler/events.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kAll =
    "[[hook]]\non = [\"new\", \"notify\", \"done\", \"failed\", \"night-finished\"]\ncommand = \"all\"\n";

class HooksTest : public SchedulerTest {
 protected:
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& call : hooks_.calls) {
      const auto title = call.variables.find("PODSWARM_TITLE");
      out.push_back(call.event + (title == call.variables.end() || title->second.empty() ? "" : " " + title->second));
    }
    return out;
  }
  // The hook has run.
  void answer_hook(HookOutcome outcome = HookOutcome::kOver) {
    ASSERT_FALSE(hooks_.calls.empty());
    auto call = std::move(hooks_.calls.front());
    hooks_.calls.pop_front();
    scheduler_->on_hook_told(std::move(call), outcome);
  }
  void answer_all() {
    while (!hooks_.calls.empty()) answer_hook();
  }
};

TEST_F(HooksTest, AnEpisodesWayIsToldWithItsDocument) {
  configure(kAll);
  subscribe();
  poll(make_feed({make_item("a", "2026-11-05T10:00:00Z")}));
  EXPECT_THAT(told(), ElementsAre("new a"));
  engine_finishes(0);
  disk_places();
  // With it the queue has run dry.
  ASSERT_THAT(told(), ElementsAre("new a", "done a", "night-finished"));
  const auto& call = hooks_.calls.at(1);
  EXPECT_EQ(call.command, "all");
  const auto path = (dir_ / "library/Show/2026-11-05 a.mp3").string();
  EXPECT_EQ(call.variables.at("PODSWARM_EVENT"), "done");
  EXPECT_EQ(call.variables.at("PODSWARM_FEED"), "Show");
  EXPECT_EQ(call.variables.at("PODSWARM_PATH"), path);
  EXPECT_EQ(call.variables.at("PODSWARM_NAME"), "2026-11-05 a.mp3");
  EXPECT_EQ(call.variables.at("PODSWARM_BYTES"), "9");
  EXPECT_EQ(call.variables.at("PODSWARM_SOURCE"), "http://media.example/a.mp3");
  const auto document = json::parse(call.document).get_object();
  EXPECT_EQ(document.at("event").get_string(), "done");
  EXPECT_EQ(document.at("at").get_string(), "2026-11-20T12:00:00Z");
  EXPECT_EQ(document.at("feed").at("name").get_string(), "Show");
  EXPECT_EQ(document.at("episode").at("state").get_string(), "done");
  EXPECT_EQ(document.at("episode").at("files").at(0).at("path").get_string(), path);
}

TEST_F(HooksTest, AFilesNameThatIsNotUtf8IsMendedInTheDocumentAndAsOnDiskInTheEnvironment) {
  configure(kAll);
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  answer_all();
  const auto file = context().files.list_episode(episode("a").id).front();
  const auto path = dir_ / "library/Show/a \xe9.mp3";
  context().files.set_path(file.id, path);
  announce(context(), Event::kDone, file.episode_id);
  scheduler_->tick();
  ASSERT_THAT(told(), ElementsAre("done a"));
  const auto& call = hooks_.calls.front();
  EXPECT_EQ(call.variables.at("PODSWARM_PATH"), path.string());
  json::error_code error;
  const auto document = json::parse(call.document, error);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(document.at("episode").at("files").at(0).at("path").get_string(),
            (dir_ / "library/Show/a \xEF\xBF\xBD.mp3").string());
}

TEST_F(HooksTest, EachEventHasEachVariableIfOnlyEmpty) {
  configure(kAll);
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  ASSERT_THAT(told(), ElementsAre("new a", "done a", "night-finished"));
  const auto names = [&](std::size_t call) {
    std::set<std::string> out;
    for (const auto& [name, value] : hooks_.calls.at(call).variables) out.insert(name);
    return out;
  };
  EXPECT_EQ(names(0).size(), 13u);
  EXPECT_EQ(names(1), names(0));
  EXPECT_EQ(names(2), names(0));
  EXPECT_EQ(hooks_.calls.at(0).variables.at("PODSWARM_SUMMARY"), "");
  EXPECT_EQ(hooks_.calls.at(2).variables.at("PODSWARM_FEED"), "");
  EXPECT_NE(hooks_.calls.at(2).variables.at("PODSWARM_SUMMARY"), "");
}

TEST_F(HooksTest, AServerInTroubleIsToldAgainLaterAndThenLeft) {
  configure("[[hook]]\non = \"new\"\nurl = \"http://hooks.example/\"\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  for (const auto wait : {1min, 5min, 30min}) {
    ASSERT_THAT(told(), ElementsAre("new a"));
    answer_hook(HookOutcome::kMayPass);
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_EQ(context().outbox.count(), 1u) << "a restart tells it anew";
    EXPECT_LE(scheduler_->next_wakeup(), clock_.now() + wait);
    clock_.advance(wait - 1s);
    scheduler_->tick();
    EXPECT_THAT(told(), IsEmpty());
    clock_.advance(1s);
    scheduler_->tick();
  }
  answer_hook(HookOutcome::kMayPass);
  EXPECT_EQ(context().outbox.count(), 0u);
  clock_.advance(2h);
  scheduler_->tick();
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(HooksTest, AServerInTroubleHoldsUpNoOtherEvents) {
  configure("[[hook]]\non = \"new\"\nurl = \"http://hooks.example/\"\n");
  subscribe();
  std::vector<feeds::Item> items;
  for (int i = 0; i < 40; ++i) items.push_back(make_item(std::to_string(i)));
  poll(make_feed(items));
  std::size_t heard = 0;
  for (; !hooks_.calls.empty() && heard < 100; ++heard) answer_hook(HookOutcome::kMayPass);
  EXPECT_EQ(heard, 40u);
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_FALSE(hooks_.calls.empty()) << "what was not told is told anew";
}

TEST_F(HooksTest, AFailureIsToldOnceItIsGivenUp) {
  configure("[[hook]]\non = \"failed\"\nurl = \"http://hooks.example/\"\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_fails(0, engine::FailureKind::kTemporary);
  EXPECT_THAT(told(), IsEmpty());
  for (int i = 0; i < 10 && download("a").state != db::DownloadState::kFailed; ++i) {
    clock_.advance(48h);
    context().feeds.set_next_poll(1, clock_.now() + 1000h);
    scheduler_->tick();
    engine_fails(downloads_.added.size() - 1, engine::FailureKind::kTemporary, "no luck at all");
  }
  EXPECT_THAT(told(), ElementsAre("failed a"));
  EXPECT_EQ(hooks_.calls.back().url, "http://hooks.example/");
  EXPECT_EQ(hooks_.calls.back().variables.at("PODSWARM_ERROR"), "no luck at all");
}

TEST_F(HooksTest, ANotifyDecisionIsTold) {
  configure(std::string(kAll) + "[[rule]]\nid = \"tell\"\nfeeds = [\"*\"]\nmatch_all = true\naction = \"notify\"\n");
  const auto feed = subscribe();
  poll(make_feed({make_item("old")}));
  EXPECT_THAT(told(), IsEmpty()) << "what was there before the subscription is no news";
  context().feeds.set_next_poll(feed, clock_.now());
  poll(make_feed({make_item("old"), make_item("b")}));
  EXPECT_THAT(told(), testing::UnorderedElementsAre("notify b", "new b"));
  EXPECT_TRUE(downloads_.added.empty());
}

TEST_F(HooksTest, TheBacklogIsNoNews) {
  configure(kAll);
  subscribe("http://feeds.example/show", "latest:1");
  poll(make_feed({make_item("a", "2026-11-01T00:00:00Z"), make_item("b", "2026-11-02T00:00:00Z")}));
  EXPECT_THAT(told(), ElementsAre("new b"));
}

TEST_F(HooksTest, HooksMayBeForSomeFeeds) {
  configure(
      "[[hook]]\non = \"new\"\ncommand = \"named\"\nfeeds = [\"show\"]\n"
      "[[hook]]\non = \"new\"\ncommand = \"other\"\nfeeds = [\"Another\", \"http://other.example/\"]\n"
      "[[hook]]\non = \"new\"\ncommand = \"address\"\nfeeds = [\"http://FEEDS.example/show\"]\n"
      "[[hook]]\non = \"new\"\ncommand = \"tagged\"\nfeeds = [\"tag:x\"]\n"
      "[feeds.\"Show\"]\ntags = [\"x\"]\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  std::vector<std::string> commands;
  for (const auto& call : hooks_.calls) commands.push_back(call.command);
  EXPECT_THAT(commands, ElementsAre("named", "address", "tagged"));
  // The event is over when all of them have been told.
  answer_hook();
  answer_hook();
  EXPECT_EQ(context().outbox.count(), 1u);
  answer_hook();
  EXPECT_EQ(context().outbox.count(), 0u);
}

TEST_F(HooksTest, WithoutAHookNothingIsKept) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  announce_night(context(), {{"text", "over"}});
  EXPECT_EQ(context().outbox.count(), 0u);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(HooksTest, AHookThatHangsHoldsUpNothing) {
  configure(kAll);
  subscribe();
  std::vector<feeds::Item> items;
  for (int i = 0; i < 40; ++i) items.push_back(make_item(std::to_string(i)));
  poll(make_feed(items));
  EXPECT_EQ(hooks_.calls.size(), 16u) << "the rest waits in the database";
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(download(episode("0").title).state, db::DownloadState::kDone);
  EXPECT_EQ(hooks_.calls.size(), 16u);
  std::size_t told_of = 0;
  while (!hooks_.calls.empty()) {
    ++told_of;
    answer_hook();
  }
  EXPECT_EQ(told_of, 41u);
  EXPECT_EQ(context().outbox.count(), 0u);
}

TEST_F(HooksTest, AfterACrashWhatWasNotAnsweredIsToldAgain) {
  configure(kAll);
  subscribe();
  poll(make_feed({make_item("a"), make_item("b")}));
  ASSERT_THAT(told(), ElementsAre("new a", "new b"));
  answer_hook();
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_THAT(told(), ElementsAre("new b"));
  // A hook that is gone from the configuration takes its events along.
  configure("");
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(context().outbox.count(), 0u);
}

TEST_F(HooksTest, AfterARestartOnlyThoseThatHaveNotHadItAreTold) {
  configure(
      "[[hook]]\non = \"new\"\ncommand = \"one\"\n[[hook]]\non = \"new\"\nurl = \"http://hooks.example/\"\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  ASSERT_EQ(hooks_.calls.size(), 2u);
  answer_hook();
  answer_hook(HookOutcome::kMayPass);
  restart(Mode::kDaemon);
  scheduler_->tick();
  ASSERT_EQ(hooks_.calls.size(), 1u);
  EXPECT_EQ(hooks_.calls.front().url, "http://hooks.example/");
  answer_hook();
  EXPECT_EQ(context().outbox.count(), 0u);
}

TEST_F(HooksTest, OnDemandAJobWaitsForItsHooksAndOtherVerbsTellNobody) {
  configure(kAll);
  subscribe();
  restart(Mode::kOnDemand);
  const auto job = scheduler_->check({});
  answer(200, make_feed({make_item("a")}));
  ASSERT_THAT(told(), ElementsAre("new a"));
  EXPECT_FALSE(scheduler_->job(job)->done);
  answer_hook();
  EXPECT_TRUE(scheduler_->job(job)->done);
  announce_night(context(), {{"text", "over"}});
  scheduler_->tick();
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(HooksTest, ANightsEndCarriesItsSummary) {
  configure(kAll);
  announce_night(context(), {{"text", "3 came"}, {"done", 3}});
  scheduler_->tick();
  ASSERT_EQ(hooks_.calls.size(), 1u);
  EXPECT_EQ(hooks_.calls[0].event, "night-finished");
  EXPECT_EQ(hooks_.calls[0].variables.at("PODSWARM_SUMMARY"), "3 came");
  EXPECT_EQ(json::parse(hooks_.calls[0].document).at("summary").at("done").to_number<int>(), 3);
}

}  // namespace
}  // namespace podswarm::scheduler
