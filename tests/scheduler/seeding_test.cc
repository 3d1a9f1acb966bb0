// Torrents that seed and may not for now: the line is metered, or a person has paused them, their feed or everything.

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using db::DownloadState;

class FakeMachine final : public MachinePort {
 public:
  void ask_metered(const std::string&) override {}
  void keep_awake(bool) override {}
};

class Seeding : public SchedulerTest {
 protected:
  void with_machine() {
    scheduler_ = std::make_unique<Scheduler>(
        Mode::kDaemon, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, files_, &machine_);
    scheduler_->start();
  }
  void fetch(const std::string& title) {
    poll(make_feed({make_torrent_item(title)}));
    for (const auto& feed : context().feeds.list()) context().feeds.set_next_poll(feed.id, clock_.now() + 1000h);
    engine_finishes(0);
    disk_places();
    ASSERT_TRUE(download(title).seeding);
  }
  void engine_lets_go() {
    for (const auto id : std::exchange(downloads_.removed, {})) scheduler_->on_engine_event(engine::Removed{id});
  }
  // It has left the engine, and may come back.
  void expect_held(const std::string& title, std::size_t added) {
    ASSERT_EQ(downloads_.removed.size(), 1u);
    engine_lets_go();
    scheduler_->tick();
    EXPECT_EQ(downloads_.added.size(), added);
    EXPECT_TRUE(download(title).seeding);
    EXPECT_EQ(download(title).state, DownloadState::kDone);
    EXPECT_TRUE(std::filesystem::exists(downloads_.added.back().dir));
  }
  void expect_back(std::size_t added) {
    ASSERT_EQ(downloads_.added.size(), added);
    EXPECT_EQ(downloads_.added.back().dir, downloads_.added.front().dir);
    EXPECT_TRUE(downloads_.removed.empty());
  }
  FakeMachine machine_;
};

TEST_F(Seeding, NothingIsSentOverAMeteredLineUntilThatEnds) {
  configure("[download]\nmetered = \"pause\"\nmetered_command = \"is-metered\"\n");
  with_machine();
  scheduler_->on_metered(false);
  subscribe();
  fetch("a");
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  status.uploaded = 700;
  downloads_.statuses = {status};
  scheduler_->on_metered(true);
  expect_held("a", 1);
  EXPECT_EQ(download("a").uploaded, 700u);
  downloads_.statuses.clear();
  scheduler_->on_metered(false);
  expect_back(2);
  EXPECT_EQ(downloads_.added[1].uploaded_before, 700u);
}

// Its files are gone: the engine would say so again at once, and again.
TEST_F(Seeding, ASeedThatFailsIsNotTakenBackAtOnce) {
  with_machine();
  subscribe();
  fetch("a");
  scheduler_->on_engine_event(engine::Failed{downloads_.added[0].id, engine::FailureKind::kMissing, "gone", {}});
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  engine_lets_go();
  for (int i = 0; i < 5; ++i) scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Seeding, WhatArrivesOverAMeteredLineByAPersonsWishDoesNotSeedYet) {
  configure("[download]\nmetered = \"pause\"\nmetered_command = \"is-metered\"\n");
  with_machine();
  scheduler_->on_metered(false);
  subscribe();
  scheduler_->tick();
  scheduler_->on_metered(true);
  answer(200, make_feed({make_torrent_item("a")}));
  EXPECT_TRUE(downloads_.added.empty());
  scheduler_->fetch({}, WindowRule::kIgnore);
  answer(304);
  ASSERT_EQ(downloads_.added.size(), 1u);
  engine_finishes(0);
  disk_places();
  expect_held("a", 1);
  scheduler_->on_metered(false);
  expect_back(2);
}

TEST_F(Seeding, PausingEverythingStopsUploadsTooAlsoOverARestart) {
  subscribe();
  fetch("a");
  scheduler_->pause_queue(true);
  expect_held("a", 1);
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_TRUE(downloads_.added.empty());
  scheduler_->pause_queue(false);
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Seeding, OneEpisodeOrAFeedThatIsPausedDoesNotSeed) {
  const auto feed = subscribe();
  fetch("a");
  scheduler_->pause_download(download("a").id, true);
  expect_held("a", 1);
  scheduler_->pause_download(download("a").id, false);
  expect_back(2);
  scheduler_->pause_feed(feed, true);
  expect_held("a", 2);
  scheduler_->pause_feed(feed, false);
  expect_back(3);
}

TEST_F(Seeding, OneThatGoesOnBeforeTheEngineHasLetGoOfItComesBack) {
  subscribe();
  fetch("a");
  scheduler_->pause_queue(true);
  ASSERT_EQ(downloads_.removed.size(), 1u);
  scheduler_->pause_queue(false);
  EXPECT_EQ(downloads_.added.size(), 1u) << "its id is still taken";
  engine_lets_go();
  expect_back(2);
}

TEST_F(Seeding, OutsideTheWindowNothingIsSeededWhereThatIsTheWish) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  configure("[download]\nwindow = \"11:00-13:00\"\n[torrent]\nseed_outside = false\n");
  with_machine();
  subscribe();
  fetch("a");
  // As the service does it: it sleeps until the next wake-up.
  const auto sleep_until = [&](const char* time) {
    while (clock_.now() < *base::parse_rfc3339(time)) {
      EXPECT_TRUE(downloads_.removed.empty());
      clock_.set(scheduler_->next_wakeup().value_or(clock_.now() + 1000h));
      scheduler_->tick();
    }
    EXPECT_EQ(clock_.now(), *base::parse_rfc3339(time));
  };
  sleep_until("2026-11-20T13:00:00Z");
  expect_held("a", 1);
  // Nor after a restart.
  with_machine();
  EXPECT_EQ(downloads_.added.size(), 1u);
  sleep_until("2026-11-21T11:00:00Z");
  expect_back(2);
  // The settings may change at any time.
  sleep_until("2026-11-21T13:00:00Z");
  expect_held("a", 2);
  configure("[download]\nwindow = \"11:00-13:00\"\n");
  scheduler_->tick();
  expect_back(3);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(Seeding, OneThatIsNotWantedAnyMoreEndsWithTheSettings) {
  with_machine();
  subscribe();
  fetch("a");
  const auto dir = downloads_.added[0].dir;
  configure("[torrent]\nseed = false\n");
  scheduler_->tick();
  EXPECT_EQ(downloads_.removed.size(), 1u);
  engine_lets_go();
  EXPECT_FALSE(download("a").seeding);
  EXPECT_FALSE(std::filesystem::exists(dir));
}

TEST_F(Seeding, OfflineSeedsStayAsNothingCanBeSentAnyway) {
  subscribe();
  fetch("a");
  for (const char* host : {"b", "c", "d"}) subscribe("http://" + std::string(host) + ".example/");
  scheduler_->tick();
  while (!feeds_.requests.empty()) {
    const auto request = feeds_.requests.front();
    feeds_.requests.pop_front();
    scheduler_->on_feed_answer(
        {request.feed_id, base::fail(feeds::FetchError::kConnect, "nobody there"), std::nullopt, ""});
  }
  ASSERT_TRUE(scheduler_->line().is_offline());
  scheduler_->tick();
  EXPECT_TRUE(downloads_.removed.empty());
}

}  // namespace
}  // namespace podswarm::scheduler
