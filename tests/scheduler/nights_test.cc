// Nights: what runs when a window closes, whose turn it is, pausing, quotas, being offline or metered, and the word
// that a night is over.

#include <cstdlib>
#include <ctime>
#include <utility>

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using db::DownloadState;

class FakeMachine final : public MachinePort {
 public:
  void ask_metered(const std::string& command) override { asked.push_back(command); }
  void keep_awake(bool on) override { awake.push_back(on); }
  bool has_route() override { return route; }
  bool route = true;
  std::vector<std::string> asked;
  std::vector<bool> awake;
};

class Nights : public SchedulerTest {
 protected:
  Nights() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    clock_.set(*base::parse_rfc3339("2026-11-21T01:00:00Z"));
  }
  ~Nights() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  void set(const char* time) { clock_.set(*base::parse_rfc3339(time)); }
  void no_polls() {
    for (const auto& feed : context().feeds.list()) context().feeds.set_next_poll(feed.id, clock_.now() + 10'000h);
  }
  void with_machine() {
    scheduler_ = std::make_unique<Scheduler>(
        Mode::kDaemon, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, files_, &machine_);
    scheduler_->on_night_over([this](const NightSummary& summary) { told_.push_back(summary); });
    scheduler_->start();
  }
  // As the engine does when it is told to let go.
  void engine_lets_go() {
    for (const auto id : std::exchange(downloads_.removed, {})) scheduler_->on_engine_event(engine::Removed{id});
  }
  std::vector<std::string> added() {
    std::vector<std::string> names;
    for (const auto& add : downloads_.added) {
      names.push_back(std::filesystem::path(std::get<engine::HttpSource>(add.source).url).stem());
    }
    return names;
  }
  // One that says where it lies.
  static feeds::Item item(const std::string& title, std::uint64_t size = 1000) {
    auto out = make_item(title);
    out.enclosures[0].url = "http://" + title + ".example/" + title + ".mp3";
    out.enclosures[0].length = size;
    return out;
  }
  FakeMachine machine_;
  std::vector<NightSummary> told_;
};

TEST_F(Nights, WhatIsUnderWayWaitsForTheNextWindowAndGoesOnWithWhatItHas) {
  configure("[download]\nwindow = \"01:00-06:00\"\n");
  subscribe();
  poll(make_feed({item("a")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(scheduler_->queue().next_stop(clock_.now()), base::parse_rfc3339("2026-11-21T06:00:00Z"));
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  status.done_bytes = 400;
  downloads_.statuses = {status};
  set("2026-11-21T05:59:59Z");
  scheduler_->tick();
  EXPECT_TRUE(downloads_.removed.empty());
  set("2026-11-21T06:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_EQ(download("a").attempts, 0);
  EXPECT_EQ(download("a").bytes_done, 400u);
  std::filesystem::create_directories(downloads_.added[0].dir);
  engine_lets_go();
  EXPECT_TRUE(std::filesystem::exists(downloads_.added[0].dir));
  set("2026-11-22T01:00:00Z");
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(downloads_.added[1].dir, downloads_.added[0].dir);
}

TEST_F(Nights, WhatIsUnderWayMayBeFetchedToItsEnd) {
  configure("[download]\nwindow = \"01:00-06:00\"\nfinish = \"complete\"\n");
  subscribe();
  poll(make_feed({item("a"), item("b")}));
  no_polls();
  set("2026-11-21T06:00:00Z");
  scheduler_->tick();
  EXPECT_TRUE(downloads_.removed.empty());
  EXPECT_FALSE(scheduler_->queue().next_stop(clock_.now()));
}

TEST_F(Nights, AFeedMayHaveItsOwnWindowAndEnd) {
  configure(
      "[download]\nwindow = \"01:00-06:00\"\n[feeds.\"Show\"]\nwindow = [\"sat 00:30-02:00\", \"sun 03:00-04:00\"]\n");
  subscribe();
  poll(make_feed({item("a")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  set("2026-11-21T02:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(downloads_.removed.size(), 1u);
  engine_lets_go();
  set("2026-11-22T02:59:00Z");
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  set("2026-11-22T03:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 2u);
}

TEST_F(Nights, WhatAPersonFetchesDoesNotStopWithTheWindow) {
  configure("[download]\nwindow = \"01:00-06:00\"\n");
  subscribe();
  set("2026-11-21T00:30:00Z");
  poll(make_feed({item("a")}));
  scheduler_->fetch({}, WindowRule::kIgnore);
  answer(304);
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  scheduler_->tick();
  set("2026-11-21T07:00:00Z");
  scheduler_->tick();
  EXPECT_TRUE(downloads_.removed.empty());
}

TEST_F(Nights, LimitsChangeAtTheSecondWhereTheWindowOpensAndCloses) {
  configure(
      "[download]\nwindow = \"01:00-06:00\"\nlimit = \"8MB\"\nlimit_outside = \"1MB\"\nhttp_limit = \"5MB\"\n"
      "http_limit_outside = \"500KB\"\n[torrent]\ndown_limit = \"6MB\"\ndown_limit_outside = \"200KB\"\n"
      "up_limit = \"2MB\"\nup_limit_outside = \"50KB\"\n");
  subscribe();
  const auto expect = [&](std::uint64_t all, std::uint64_t http, std::uint64_t torrents, std::uint64_t up) {
    const std::string when = base::format_rfc3339(clock_.now());
    EXPECT_EQ(downloads_.limits.down_limit, all) << when;
    EXPECT_EQ(downloads_.limits.http_down_limit, http) << when;
    EXPECT_EQ(downloads_.limits.torrent_down_limit, torrents) << when;
    EXPECT_EQ(downloads_.limits.up_limit, up) << when;
  };
  const auto inside = [&] { expect(8'000'000, 5'000'000, 6'000'000, 2'000'000); };
  const auto outside = [&] { expect(1'000'000, 500'000, 200'000, 50'000); };
  poll(make_feed({}));
  no_polls();
  inside();
  // As the service does it: it sleeps until the next wake-up, and nothing else happens.
  for (const char* change : {"2026-11-21T06:00:00Z", "2026-11-22T01:00:00Z", "2026-11-22T06:00:00Z"}) {
    const bool was_open = downloads_.limits.down_limit == 8'000'000u;
    while (clock_.now() < *base::parse_rfc3339(change)) {
      was_open ? inside() : outside();
      const auto wake = scheduler_->next_wakeup();
      ASSERT_TRUE(wake);
      ASSERT_GT(*wake, clock_.now());
      clock_.set(*wake);
      scheduler_->tick();
    }
    EXPECT_EQ(clock_.now(), *base::parse_rfc3339(change)) << "it wakes at the change";
    was_open ? outside() : inside();
  }
}

TEST_F(Nights, WhereNothingElseIsSaidOutsideTheSameLimitsHold) {
  configure("[download]\nwindow = \"01:00-06:00\"\n[torrent]\nup_limit = \"2MB\"\nup_limit_outside = \"\"\n");
  set("2026-11-21T06:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(downloads_.limits.up_limit, 2'000'000u);
}

TEST_F(Nights, FeedsTakeTurns) {
  configure("[download]\nmax = 1\n");
  subscribe("http://one.example/");
  poll(make_feed({item("a1"), item("a2"), item("a3")}));
  subscribe("http://two.example/");
  auto other = make_feed({item("b1"), item("b2")});
  other.title = "Other";
  poll(other);
  no_polls();
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_EQ(downloads_.added.size(), i + 1);
    engine_finishes(i);
    disk_places();
    engine_lets_go();
    clock_.advance(1min);
    scheduler_->tick();
  }
  const auto order = added();
  EXPECT_EQ(order[1][0], 'b');
  EXPECT_EQ(order[2][0], 'a');
  EXPECT_EQ(order[3][0], 'b');
  EXPECT_EQ(order[4][0], 'a');
}

TEST_F(Nights, WhatWasMovedByHandStartsInThatOrderAlsoAfterARestart) {
  configure("[download]\nmax = 1\nwindow = \"02:00-06:00\"\n");
  subscribe();
  poll(make_feed({item("a"), item("b"), item("c")}));
  no_polls();
  EXPECT_TRUE(scheduler_->move(download("c").id, Move::kTop));
  EXPECT_TRUE(scheduler_->move(download("a").id, Move::kBottom));
  restart(Mode::kDaemon);
  set("2026-11-21T02:00:00Z");
  scheduler_->tick();
  for (std::size_t i = 0; i < 2; ++i) {
    engine_finishes(i);
    disk_places();
    engine_lets_go();
    scheduler_->tick();
  }
  EXPECT_EQ(added(), (std::vector<std::string>{"c", "b", "a"}));
}

TEST_F(Nights, ARuleMayQueueAtTheTopOrPaused) {
  configure(
      "[download]\nmax = 1\nwindow = \"02:00-06:00\"\n[[rule]]\nid = \"urgent\"\nfeeds = [\"*\"]\nwhere = 'title : "
      "\"urgent\"'\nqueue = \"top\"\n[[rule]]\nid = \"later\"\nfeeds = [\"*\"]\nwhere = 'title : \"later\"'\npaused = "
      "true\n[[rule]]\nid = \"rest\"\nfeeds = [\"*\"]\nmatch_all = true\npriority = -5\n");
  subscribe();
  poll(make_feed({item("later"), item("plain"), item("urgent")}));
  no_polls();
  set("2026-11-21T02:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(added(), std::vector<std::string>{"urgent"});
  engine_finishes(0);
  disk_places();
  engine_lets_go();
  engine_finishes(1);
  disk_places();
  engine_lets_go();
  scheduler_->tick();
  EXPECT_EQ(added(), (std::vector<std::string>{"urgent", "plain"}));
  scheduler_->pause_download(download("later").id, false);
  EXPECT_EQ(added().back(), "later");
}

TEST_F(Nights, OneEpisodeAFeedOrTheWholeQueueCanBePausedAndARestartKeepsThat) {
  const auto feed = subscribe();
  poll(make_feed({item("a"), item("b")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 2u);
  scheduler_->pause_download(download("a").id, true);
  EXPECT_EQ(downloads_.removed.size(), 1u);
  engine_lets_go();
  scheduler_->tick();
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_EQ(download("b").state, DownloadState::kDownloading);
  scheduler_->pause_feed(feed, true);
  EXPECT_EQ(download("b").state, DownloadState::kQueued);
  engine_lets_go();
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_TRUE(feeds_.requests.empty());
  scheduler_->pause_queue(true);
  scheduler_->pause_feed(feed, false);
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_NE(scheduler_->obstacle().find("paused"), std::string::npos);
  scheduler_->pause_queue(false);
  EXPECT_EQ(added(), std::vector<std::string>{"b"});
  scheduler_->pause_download(download("a").id, false);
  EXPECT_EQ(added(), (std::vector<std::string>{"b", "a"}));
}

// More than are looked at together.
TEST_F(Nights, AVeryLongQueueThatWaitsForItsWindowOrItsHostHidesNoOther) {
  configure("[download]\nmax = 4\nper_host = 1\n[feeds.\"Show\"]\nwindow = \"05:00-06:00\"\n");
  const auto closed = subscribe("http://closed.example/");
  poll(make_feed({item("first")}));
  const auto crowded = subscribe("http://crowded.example/");
  auto other = make_feed({item("x")});
  other.title = "Crowded";
  poll(other);
  no_polls();
  ASSERT_EQ(added(), std::vector<std::string>{"x"});
  const auto fill = [&](std::int64_t feed, const std::string& host, int priority) {
    db::Transaction transaction(*database_);
    for (int i = 0; i < 10'500; ++i) {
      db::EpisodeRow episode;
      episode.feed_id = feed;
      episode.identity = host + std::to_string(i);
      episode.title = episode.identity;
      db::NewDownload row;
      row.episode_id = context().episodes.upsert(episode).id;
      row.source_url = "http://" + host + "/" + std::to_string(i) + ".mp3";
      row.priority = priority;
      context().downloads.enqueue(row, clock_.now());
    }
    transaction.commit();
  };
  fill(closed, "media.example", 9);
  fill(crowded, "x.example", 5);
  subscribe("http://free.example/");
  auto third = make_feed({item("y")});
  third.title = "Free";
  poll(third);
  EXPECT_EQ(added(), (std::vector<std::string>{"x", "y"}));
}

TEST_F(Nights, WithADeadlineWhatIsShortGoesFirst) {
  configure("[download]\nmax = 1\nwindow = \"02:00-06:00\"\ndone_by = \"window\"\n");
  subscribe();
  poll(make_feed({item("long", 5'000'000), item("short", 1'000), item("middle", 90'000)}));
  no_polls();
  set("2026-11-21T02:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(added(), std::vector<std::string>{"short"});
  EXPECT_EQ(scheduler_->queue().deadline(clock_.now()), base::parse_rfc3339("2026-11-21T06:00:00Z"));
}

TEST_F(Nights, AQuotaHoldsTheQueueUntilThereIsRoom) {
  configure("[library]\nquota = 2500\n[feeds.\"Show\"]\nquota = 1500\n");
  subscribe();
  poll(make_feed({item("a", 1000), item("b", 1000)}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_NE(scheduler_->obstacle().find("quota"), std::string::npos);
  engine_finishes(0, std::string(1000, 'x'));
  disk_places();
  engine_lets_go();
  clock_.advance(5min);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(download("b").state, DownloadState::kQueued);
  // Somebody deletes the first.
  for (const auto& file : context().files.list()) context().files.remove(file.id, clock_.now());
  clock_.advance(5min);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 2u);
  EXPECT_TRUE(scheduler_->obstacle().empty());
}

TEST_F(Nights, AQuotaOfEveryFeedHoldsEachByItself) {
  configure("[defaults]\nquota = 1500\n[feeds.\"Large\"]\nquota = 0\n");
  subscribe("http://one.example/");
  poll(make_feed({item("a1"), item("a2")}));
  no_polls();
  EXPECT_EQ(added(), std::vector<std::string>{"a1"});
  subscribe("http://two.example/");
  auto other = make_feed({item("b1"), item("b2")});
  other.title = "Other";
  poll(other);
  no_polls();
  EXPECT_EQ(added(), (std::vector<std::string>{"a1", "b1"}));
  subscribe("http://three.example/");
  auto large = make_feed({item("c1"), item("c2")});
  large.title = "Large";
  poll(large);
  EXPECT_EQ(added(), (std::vector<std::string>{"a1", "b1", "c1", "c2"}));
}

TEST_F(Nights, WhatEverySourceHasBroughtCountsForTheQuota) {
  configure("[library]\nquota = 4000\n");
  subscribe();
  auto two = item("a", 2000);
  two.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 2000, feeds::LinkKind::kHttp});
  poll(make_feed({two}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  // The first source has brought most of it when it disappears.
  std::filesystem::create_directories(downloads_.added[0].dir);
  std::ofstream(downloads_.added[0].dir / "a.mp3") << std::string(1900, 'x');
  engine_fails(0, engine::FailureKind::kPermanent, "404 Not Found");
  answer(200, make_feed({two, item("b", 2500)}));
  no_polls();
  clock_.advance(1min);
  scheduler_->tick();
  // 1,900 lie there: 2,500 more have no room, neither now nor after a restart.
  ASSERT_EQ(added(), (std::vector<std::string>{"a", "a"}));
  EXPECT_NE(scheduler_->obstacle().find("quota"), std::string::npos);
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_EQ(added(), std::vector<std::string>{"a"});
  engine_finishes(0, std::string(2000, 'x'));
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
}

TEST_F(Nights, WhatAnotherSourceHasBroughtMakesRoomForItsOwnEpisode) {
  configure("[library]\nquota = 3000\n");
  subscribe();
  auto two = item("a", 2000);
  two.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 2000, feeds::LinkKind::kHttp});
  poll(make_feed({two}));
  no_polls();
  const auto partial = downloads_.added.at(0).dir / "a.mp3";
  std::filesystem::create_directories(partial.parent_path());
  std::ofstream(partial) << std::string(1900, 'x');
  engine_fails(0, engine::FailureKind::kPermanent, "404 Not Found");
  EXPECT_TRUE(std::filesystem::exists(partial));
  clock_.advance(1min);
  scheduler_->tick();
  EXPECT_EQ(added(), (std::vector<std::string>{"a", "a"}));
  EXPECT_FALSE(std::filesystem::exists(partial));
}

// What has come since the last word of a process that was killed is neither forgotten nor counted twice.
TEST_F(Nights, AfterACrashAPartialCountsAsLargeAsItIs) {
  configure("[library]\nquota = 3000\n");
  subscribe();
  poll(make_feed({item("a", 2000)}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  std::filesystem::create_directories(downloads_.added[0].dir);
  std::ofstream(downloads_.added[0].dir / "a.mp3") << std::string(1900, 'x');
  ASSERT_EQ(download("a").bytes_done, 0u);
  restart(Mode::kDaemon);
  EXPECT_EQ(download("a").bytes_done, 1900u);
  scheduler_->tick();
  EXPECT_EQ(added(), std::vector<std::string>{"a"}) << "100 more have room";
}

TEST_F(Nights, OneOfUnknownSizeIsNotFetchedAgainAndAgainWhereItHasNoRoom) {
  configure("[library]\nquota = 5000\n");
  subscribe();
  auto endless = item("a");
  endless.enclosures[0].length.reset();
  poll(make_feed({endless}));
  no_polls();
  for (int i = 0; i < 50; ++i) {
    downloads_.statuses.clear();
    if (!downloads_.added.empty() && download("a").state == DownloadState::kDownloading) {
      engine::DownloadStatus status;
      status.id = downloads_.added.back().id;
      status.state = engine::DownloadState::kDownloading;
      status.done_bytes = 6000;
      downloads_.statuses = {status};
    }
    clock_.advance(30s);
    scheduler_->tick();
    downloads_.statuses.clear();
    engine_lets_go();
  }
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(scheduler_->obstacle().find("no room"), std::string::npos);
}

TEST_F(Nights, OneThatTurnsOutLargerThanTheDiskStopsBeforeItHasFilledIt) {
  class SmallDisk final : public FilePort {
   public:
    void place(std::int64_t, library::PlaceRequest) override {}
    std::optional<std::uint64_t> free_bytes(const std::filesystem::path&) override { return 500'000'000; }
  } disk;
  configure("[download]\nmin_free = \"100MB\"\n");
  scheduler_ = std::make_unique<Scheduler>(
      Mode::kDaemon, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, disk);
  scheduler_->start();
  subscribe();
  poll(make_feed({item("liar", 1000), item("b", 1000)}));
  no_polls();
  ASSERT_EQ(added(), (std::vector<std::string>{"liar", "b"}));
  engine::Started started;
  started.id = downloads_.added[0].id;
  started.total_size = 3'000'000'000;
  scheduler_->on_engine_event(started);
  EXPECT_EQ(downloads_.removed, std::vector<engine::DownloadId>{started.id});
  EXPECT_EQ(download("b").state, DownloadState::kDownloading);
}

TEST_F(Nights, OneThatHardlyMovesGivesWayToThoseThatWait) {
  configure("[download]\nmax = 1\n");
  subscribe();
  poll(make_feed({item("usual")}));
  no_polls();
  engine::Finished usual;
  usual.id = downloads_.added.at(0).id;
  usual.files = {{"x.mp3", 3'000'000}};
  usual.took = 1s;
  std::filesystem::create_directories(downloads_.added[0].dir);
  std::ofstream(downloads_.added[0].dir / "x.mp3") << "ID3";
  scheduler_->on_engine_event(usual);
  disk_places();
  engine_lets_go();
  downloads_.added.clear();
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed({item("usual"), item("slow", 100'000'000), item("b")}));
  no_polls();
  ASSERT_EQ(added(), std::vector<std::string>{"slow"});
  const auto run = [&](std::chrono::minutes for_so_long, std::uint64_t rate) {
    for (const auto end = clock_.now() + for_so_long; clock_.now() < end;) {
      clock_.advance(30s);
      if (!downloads_.statuses.empty()) downloads_.statuses[0].done_bytes += 30 * rate;
      scheduler_->tick();
    }
  };
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  status.state = engine::DownloadState::kDownloading;
  downloads_.statuses = {status};
  run(20min, 100'000);
  EXPECT_TRUE(downloads_.removed.empty());
  run(10min, 2000);
  ASSERT_EQ(downloads_.removed.size(), 1u);
  downloads_.statuses.clear();
  engine_lets_go();
  scheduler_->tick();
  EXPECT_EQ(added(), (std::vector<std::string>{"slow", "b"}));
  EXPECT_EQ(download("slow").attempts, 0);
  EXPECT_EQ(download("slow").state, DownloadState::kQueued);
}

TEST_F(Nights, WhatHasNoRoomDoesNotKeepTheNightFromBeingOver) {
  configure("[library]\nquota = 1500\n");
  with_machine();
  subscribe();
  poll(make_feed({item("a", 1000), item("b", 1000)}));
  no_polls();
  ASSERT_EQ(added(), std::vector<std::string>{"a"});
  engine_finishes(0, std::string(1000, 'x'));
  disk_places();
  engine_lets_go();
  scheduler_->tick();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].waiting, 1u);
}

TEST_F(Nights, WhatAPersonCanMendIsToldBeforeAWindow) {
  configure("[library]\nquota = 500\n[feeds.\"Closed\"]\nwindow = \"12:00-13:00\"\n");
  subscribe("http://one.example/");
  auto closed = make_feed({item("a")});
  closed.title = "Closed";
  poll(closed);
  no_polls();
  subscribe("http://two.example/");
  poll(make_feed({item("b")}));
  no_polls();
  scheduler_->tick();
  EXPECT_NE(scheduler_->obstacle().find("quota"), std::string::npos);
  EXPECT_EQ(scheduler_->obstacles_of_feeds().size(), 1u);
}

TEST_F(Nights, OneThatTurnsOutLargerThanTheQuotaWaits) {
  configure("[library]\nquota = 5000\n");
  subscribe();
  auto liar = item("a");
  liar.enclosures[0].length.reset();
  poll(make_feed({liar, item("b", 1000)}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 2u);
  engine::Started started;
  started.id = downloads_.added[0].id;
  started.total_size = 9000;
  downloads_.statuses.resize(2);
  downloads_.statuses[0].id = downloads_.added[0].id;
  downloads_.statuses[1].id = downloads_.added[1].id;
  clock_.advance(1s);
  scheduler_->on_engine_event(started);
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_EQ(download("a").bytes_total, 9000u);
  EXPECT_EQ(download("b").state, DownloadState::kDownloading);
  engine_lets_go();
  scheduler_->tick();
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(scheduler_->obstacle().find("quota"), std::string::npos);
}

TEST_F(Nights, OfflineNothingIsCountedAndEverythingCatchesUp) {
  for (const char* url : {"http://a.example/", "http://b.example/", "http://c.example/", "http://d.example/"}) {
    subscribe(url);
  }
  configure("[poll]\nconcurrency = 1\n");
  const auto nobody = [&] {
    ASSERT_FALSE(feeds_.requests.empty());
    const auto request = feeds_.requests.front();
    feeds_.requests.pop_front();
    scheduler_->on_feed_answer(
        {request.feed_id, base::fail(feeds::FetchError::kConnect, "nobody there"), std::nullopt, ""});
  };
  scheduler_->tick();
  for (int i = 0; i < 3; ++i) nobody();
  EXPECT_TRUE(scheduler_->line().is_offline());
  EXPECT_TRUE(feeds_.requests.empty()) << "the fourth is not asked";
  // Hours of probing: one feed at a time, rarely, and no failure is counted.
  std::size_t asked = 0;
  const auto end = clock_.now() + 10h;
  while (clock_.now() < end) {
    clock_.set(std::max(scheduler_->next_wakeup().value_or(end), clock_.now() + 1s));
    scheduler_->tick();
    ASSERT_LE(feeds_.requests.size(), 1u);
    if (feeds_.requests.empty()) continue;
    ++asked;
    nobody();
  }
  EXPECT_GT(asked, 20u);
  EXPECT_LT(asked, 90u);
  for (const auto& feed : context().feeds.list()) EXPECT_LE(feed.poll_failures, 1);
  // The line is back: whoever answers the probe has the others asked at once.
  while (feeds_.requests.empty()) {
    clock_.set(std::max(*scheduler_->next_wakeup(), clock_.now() + 1s));
    scheduler_->tick();
  }
  answer(200, make_feed({item("x")}));
  EXPECT_FALSE(scheduler_->line().is_offline());
  scheduler_->tick();
  std::size_t caught_up = 1;
  while (!feeds_.requests.empty()) {
    answer(304);
    scheduler_->tick();
    ++caught_up;
  }
  EXPECT_EQ(caught_up, 4u);
  for (const auto& feed : context().feeds.list()) EXPECT_EQ(feed.poll_failures, 0);
}

// One feed, one host: nobody else could tell.
TEST_F(Nights, AMachineWithoutARouteIsOfflineWithOneFeedToo) {
  with_machine();
  subscribe("http://one.example/");
  poll(make_feed({item("a")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  machine_.route = false;
  engine_fails(0, engine::FailureKind::kUnreachable, "nobody there");
  EXPECT_TRUE(scheduler_->line().is_offline());
  clock_.advance(20h);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u) << "no storm";
  machine_.route = true;
  ASSERT_EQ(feeds_.requests.size(), 1u) << "the probe";
  answer(304);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(download("a").attempts, 1) << "what failed before did not count";
}

TEST_F(Nights, AHostInTheHouseholdThatIsOffDoesNotTakeTheLineDown) {
  with_machine();
  subscribe("http://192.168.1.7/feed");
  machine_.route = false;
  scheduler_->tick();
  const auto request = feeds_.requests.front();
  feeds_.requests.pop_front();
  scheduler_->on_feed_answer(
      {request.feed_id, base::fail(feeds::FetchError::kConnect, "nobody there"), std::nullopt, ""});
  EXPECT_FALSE(scheduler_->line().is_offline());
}

TEST_F(Nights, DownloadsThatFailOfflineAreNotGivenUp) {
  subscribe();
  poll(make_feed({item("a"), item("b"), item("c"), item("d")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) engine_fails(i, engine::FailureKind::kUnreachable, "no such host");
  EXPECT_TRUE(scheduler_->line().is_offline());
  scheduler_->tick();
  EXPECT_NE(scheduler_->queue().hold().why.find("offline"), std::string::npos);
  clock_.advance(40h);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 4u);
  ASSERT_EQ(feeds_.requests.size(), 1u);
  answer(304);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 8u);
  for (const char* title : {"a", "b", "c", "d"}) EXPECT_EQ(download(title).attempts, 1);
}

TEST_F(Nights, AMeteredConnectionHoldsEverythingButWhatAPersonAsksFor) {
  configure("[download]\nmetered = \"pause\"\nmetered_command = \"is-metered\"\n");
  with_machine();
  subscribe();
  scheduler_->tick();
  EXPECT_EQ(machine_.asked, std::vector<std::string>{"is-metered"});
  EXPECT_TRUE(feeds_.requests.empty()) << "nothing is asked before that is known";
  scheduler_->on_metered(false);
  poll(make_feed({item("a")}));
  no_polls();
  ASSERT_EQ(downloads_.added.size(), 1u);
  scheduler_->on_metered(true);
  EXPECT_EQ(downloads_.removed.size(), 1u);
  engine_lets_go();
  context().feeds.set_next_poll(1, clock_.now());
  scheduler_->tick();
  EXPECT_TRUE(feeds_.requests.empty());
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_NE(scheduler_->obstacle().find("metered"), std::string::npos);
  clock_.advance(1min);
  scheduler_->tick();
  EXPECT_EQ(machine_.asked.size(), 2u);
  scheduler_->fetch({}, WindowRule::kIgnore);
  answer(304);
  EXPECT_EQ(downloads_.added.size(), 2u);
  scheduler_->on_metered(false);
  EXPECT_TRUE(downloads_.removed.empty());
}

TEST_F(Nights, TheMachineStaysAwakeWhileSomethingIsDownloaded) {
  configure("[download]\ninhibit_sleep = true\n");
  with_machine();
  subscribe();
  poll(make_feed({item("a")}));
  EXPECT_EQ(machine_.awake, std::vector<bool>{true});
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(machine_.awake, (std::vector<bool>{true, false}));
}

TEST_F(Nights, ANightIsToldOnceWithWhatItBrought) {
  configure("[download]\nwindow = \"01:00-06:00\"\nmax = 1\n");
  with_machine();
  subscribe();
  poll(make_feed({item("a"), item("b")}));
  no_polls();
  engine_finishes(0);
  disk_places();
  engine_lets_go();
  EXPECT_TRUE(told_.empty());
  clock_.advance(1h);
  engine_finishes(1, "ID3 more sound");
  disk_places();
  engine_lets_go();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].done, 2u);
  EXPECT_EQ(told_[0].bytes, 9u + 14u);
  EXPECT_FALSE(told_[0].window_closed);
  // A restart, and the window's end: nothing more to tell.
  with_machine();
  set("2026-11-21T06:00:00Z");
  scheduler_->tick();
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(Nights, ANightWhoseWindowClosesOnAQueueIsTold) {
  configure("[download]\nwindow = \"01:00-06:00\"\nmax = 1\n");
  with_machine();
  subscribe();
  poll(make_feed({item("a"), item("b")}));
  no_polls();
  engine_finishes(0);
  disk_places();
  engine_lets_go();
  ASSERT_EQ(downloads_.added.size(), 2u);
  set("2026-11-21T06:00:00Z");
  scheduler_->tick();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_TRUE(told_[0].window_closed);
  EXPECT_EQ(told_[0].done, 1u);
  EXPECT_EQ(told_[0].waiting, 1u);
}

}  // namespace
}  // namespace podswarm::scheduler
