// The queue at work: windows, limits, retries, the way into the library, and crashes on that way.

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using db::DownloadState;

class Downloading : public SchedulerTest {};

TEST_F(Downloading, FromTheQueueIntoTheLibrary) {
  subscribe();
  poll(make_feed({make_item("a", "2026-11-05T10:00:00Z")}));
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(std::get<engine::HttpSource>(downloads_.added[0].source).url, "http://media.example/a.mp3");
  EXPECT_EQ(download("a").state, DownloadState::kDownloading);
  engine_finishes(0);
  EXPECT_EQ(download("a").state, DownloadState::kDownloading);  // not before it is in its place
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
  EXPECT_EQ(download("a").via, db::Via::kHttp);
  const auto files = context().files.list_episode(episode("a").id);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, dir_ / "library" / "Show" / "2026-11-05 a.mp3");
  EXPECT_TRUE(std::filesystem::exists(files[0].path));
  EXPECT_EQ(downloads_.removed.size(), 1u);
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  EXPECT_FALSE(std::filesystem::exists(downloads_.added[0].dir));
}

TEST_F(Downloading, FourAtOnceAndTwoAHost) {
  subscribe();
  std::vector<feeds::Item> items;
  for (int i = 0; i < 8; ++i) {
    auto item = make_item(std::to_string(i));
    item.enclosures[0].url = "http://host" + std::to_string(i / 4) + ".example/" + std::to_string(i) + ".mp3";
    items.push_back(item);
  }
  poll(make_feed(items));
  ASSERT_EQ(downloads_.added.size(), 4u);
  std::map<char, int> hosts;
  for (const auto& add : downloads_.added) ++hosts[std::get<engine::HttpSource>(add.source).url[11]];
  EXPECT_EQ(hosts['0'], 2);
  EXPECT_EQ(hosts['1'], 2);
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(downloads_.added.size(), 5u);
}

TEST_F(Downloading, NothingStartsOutsideTheWindow) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  configure("[download]\nwindow = \"01:00-06:00\"\n");
  subscribe();
  poll(make_feed({make_item("a")}));
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(scheduler_->obstacle().find("window"), std::string::npos);
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  EXPECT_EQ(scheduler_->next_wakeup(), base::parse_rfc3339("2026-11-21T01:00:00Z"));
  clock_.set(*base::parse_rfc3339("2026-11-21T01:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(Downloading, UploadsMayBeSlowerWhileTheWindowIsClosed) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  configure(
      "[download]\nwindow = \"01:00-06:00\"\nlimit = \"5MB\"\n[torrent]\nup_limit = \"2MB\"\nup_limit_outside = "
      "\"100KB\"\n");
  scheduler_->tick();
  EXPECT_EQ(downloads_.limits.up_limit, 100'000u);
  EXPECT_EQ(downloads_.limits.down_limit, 5'000'000u);
  EXPECT_EQ(scheduler_->next_wakeup(), base::parse_rfc3339("2026-11-21T01:00:00Z"));
  clock_.set(*base::parse_rfc3339("2026-11-21T01:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(downloads_.limits.up_limit, 2'000'000u);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(Downloading, ARuleMaySayWhereItsEpisodesGo) {
  configure(
      "[[rule]]\nid = \"numbered\"\nfeeds = [\"*\"]\nwhere = 'title ~ r\"Part (?P<part>[0-9]+)\"'\n"
      "dest = \"Series/{feed}\"\nname = \"{part} {title}\"\n");
  subscribe();
  poll(make_feed({make_item("Part 7")}));
  engine_finishes(0);
  disk_places();
  const auto files = context().files.list_episode(episode("Part 7").id);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, dir_ / "library" / "Series" / "Show" / "7 Part 7.mp3");
}

TEST_F(Downloading, ARulesFolderHoldsAlsoWhereItsNameUsesWhatWasNotCaughtThisTime) {
  configure(
      "[[rule]]\nid = \"r\"\nfeeds = [\"*\"]\nany = ['title ~ r\"^Episode (?P<num>[0-9]+)\"', 'title : \"home\"']\n"
      "dest = \"Sorted/{feed}\"\nname = \"{num} {title} {{x}}\"\n");
  subscribe();
  poll(make_feed({make_item("Home")}));
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(context().files.list_episode(episode("Home").id).at(0).path, dir_ / "library/Sorted/Show/Home {x}.mp3");
}

TEST_F(Downloading, TorrentsCanBeTurnedOff) {
  configure("[torrent]\nenabled = false\n");
  subscribe();
  poll(make_feed({make_torrent_item("a"), make_item("b")}));
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(episode("a").decision, db::Decision::kNone);
}

TEST_F(Downloading, AFetchByHandIgnoresTheWindowUnlessTold) {
  configure("[download]\nwindow = \"01:00-01:01\"\n");
  subscribe();
  restart(Mode::kOnDemand);
  const auto obeys = scheduler_->fetch({}, WindowRule::kObey);
  answer(200, make_feed({make_item("a")}));
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_TRUE(scheduler_->job(obeys)->done);
  EXPECT_FALSE(scheduler_->job(obeys)->obstacle.empty());
  const auto ignores = scheduler_->fetch({}, WindowRule::kIgnore);
  answer(304);
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_FALSE(scheduler_->job(ignores)->done);
  engine_finishes(0);
  disk_places();
  EXPECT_TRUE(scheduler_->job(ignores)->done);
  ASSERT_EQ(scheduler_->job(ignores)->downloads.size(), 1u);
  EXPECT_TRUE(scheduler_->job(ignores)->downloads[0].ok);
}

TEST_F(Downloading, AFetchOfOneFeedLeavesTheOthersAlone) {
  const auto one = subscribe("http://one.example/");
  subscribe("http://two.example/");
  restart(Mode::kOnDemand);
  scheduler_->check({});
  answer(200, make_feed({make_item("a")}));
  answer(200, make_feed({make_item("b")}));
  scheduler_->fetch({one}, WindowRule::kIgnore);
  answer(304);
  ASSERT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Downloading, TemporaryFailuresAreTriedSevenTimesThenGivenUpWithTheReason) {
  subscribe();
  poll(make_feed({make_item("a")}));
  const std::chrono::seconds kDelays[] = {1min, 5min, 30min, 2h, 6h, 24h};
  for (std::size_t i = 0; i < 6; ++i) {
    ASSERT_EQ(downloads_.added.size(), i + 1);
    engine_fails(i, engine::FailureKind::kTemporary, "connection reset");
    EXPECT_EQ(download("a").state, DownloadState::kQueued);
    EXPECT_EQ(download("a").next_try_at, clock_.now() + kDelays[i]);
    clock_.advance(kDelays[i] - 1s);
    context().feeds.set_next_poll(1, clock_.now() + 1000h);
    scheduler_->tick();
    ASSERT_EQ(downloads_.added.size(), i + 1);
    clock_.advance(1s);
    scheduler_->tick();
  }
  ASSERT_EQ(downloads_.added.size(), 7u);
  engine_fails(6, engine::FailureKind::kTemporary, "connection reset");
  EXPECT_EQ(download("a").state, DownloadState::kFailed);
  EXPECT_EQ(download("a").error, "connection reset");
}

TEST_F(Downloading, APermanentFailureAsksTheFeedOnceForAFreshAddress) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_fails(0, engine::FailureKind::kPermanent, "404 Not Found");
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  auto fresh = make_item("a");
  fresh.enclosures[0].url += "?token=2";
  answer(200, make_feed({fresh}));
  clock_.advance(1min);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(std::get<engine::HttpSource>(downloads_.added[1].source).url, "http://media.example/a.mp3?token=2");
  engine_fails(1, engine::FailureKind::kPermanent, "404 Not Found");
  EXPECT_EQ(download("a").state, DownloadState::kFailed);
}

TEST_F(Downloading, AFeedIsAskedOnceForFreshAddressesHoweverManyAreStale) {
  subscribe();
  auto item = make_item("a");
  item.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  item.enclosures.push_back({"http://other.example/a.mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  poll(make_feed({item}));
  for (std::size_t i = 0; i < 3; ++i) {
    context().feeds.set_next_poll(1, clock_.now() + 1000h);
    ASSERT_EQ(downloads_.added.size(), i + 1);
    engine_fails(i, engine::FailureKind::kAccess, "403 Forbidden");
    scheduler_->tick();
    ASSERT_EQ(feeds_.requests.size(), i == 0 ? 1u : 0u) << i;
    if (i == 0) answer(200, make_feed({item}));
    clock_.set(*download("a").next_try_at);
    scheduler_->tick();
  }
  // New ones may turn out to be stale as well.
  ASSERT_EQ(downloads_.added.size(), 4u);
  engine_fails(3, engine::FailureKind::kTemporary, "503");
  for (auto& enclosure : item.enclosures) enclosure.url += "?token=2";
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed({item}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  clock_.set(*download("a").next_try_at);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 5u);
  engine_fails(4, engine::FailureKind::kAccess, "403 Forbidden");
  scheduler_->tick();
  EXPECT_EQ(feeds_.requests.size(), 1u);
}

TEST_F(Downloading, AFullDiskPausesWithoutCountingAgainstTheEpisode) {
  subscribe();
  poll(make_feed({make_item("a")}));
  for (std::size_t i = 0; i < 20; ++i) {
    engine_fails(i, engine::FailureKind::kDiskFull, "no space left");
    ASSERT_EQ(download("a").state, DownloadState::kQueued);
    EXPECT_EQ(download("a").error, "no space left");
    clock_.advance(5min);
    context().feeds.set_next_poll(1, clock_.now() + 1000h);
    scheduler_->tick();
    ASSERT_EQ(downloads_.added.size(), i + 2);
  }
  EXPECT_EQ(download("a").attempts, 1);
}

TEST_F(Downloading, DataThatIsGoneWaitsForItsDiskUnlessAPersonWantsItAnew) {
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  const auto id = download("a").id;
  context().downloads.set_resume(id, base::as_bytes(std::string_view("resume")));
  engine_fails(0, engine::FailureKind::kMissing, "what was downloaded is gone");
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_EQ(download("a").failure_kind, kMissingFailure);
  EXPECT_FALSE(context().downloads.resume(id).empty());
  EXPECT_EQ(scheduler_->want(episode("a")), Wanted::kQueued);
  EXPECT_TRUE(context().downloads.resume(id).empty());
  EXPECT_EQ(downloads_.added.size(), 2u);
}

TEST_F(Downloading, ALibraryThatCannotBeWrittenIsSaidAndNothingIsLost) {
  std::filesystem::create_directories(dir_ / "library");
  std::ofstream(dir_ / "library" / ".podswarm") << "a file where the folder should be";
  subscribe();
  poll(make_feed({make_item("a")}));
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(download("a").error.find(".podswarm"), std::string::npos);
  std::filesystem::remove(dir_ / "library" / ".podswarm");
  clock_.advance(5min);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Downloading, AMissingMountIsNotMadeAnew) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  std::filesystem::rename(dir_ / "library", dir_ / "elsewhere");
  clock_.advance(1h);
  poll(make_feed({make_item("a"), make_item("b")}));
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_NE(download("b").error.find("mounted"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "library"));
}

TEST_F(Downloading, WhatWasUnderWayGoesOnAfterARestart) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine::ResumeData resume;
  resume.id = downloads_.added[0].id;
  resume.data = {1, 2, 3};
  scheduler_->on_engine_event(resume);
  restart(Mode::kDaemon);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(downloads_.added[0].resume, (base::Bytes{1, 2, 3}));
}

TEST_F(Downloading, ACrashAfterPlacingIsMendedWithoutASecondDownload) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  ASSERT_EQ(files_.requests.size(), 1u);
  ASSERT_TRUE(library::place(files_.requests[0].second));  // moved, and then the power went out
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
  EXPECT_EQ(context().files.list_episode(episode("a").id).size(), 1u);
  EXPECT_TRUE(downloads_.added.empty());
}

TEST_F(Downloading, ACrashBeforePlacingGoesOnWithPlacing) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  restart(Mode::kDaemon);
  scheduler_->tick();
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_EQ(download("a").state, DownloadState::kDownloading);
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
}

TEST_F(Downloading, TorrentsSeedUntilTheirRatioAndThenLeave) {
  configure("[torrent]\nseed_ratio = 1.5\nseed_time = \"0s\"\n");
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_TRUE(downloads_.added[0].seed);
  engine_finishes(0);
  EXPECT_TRUE(files_.requests[0].second.keep_source);
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
  EXPECT_EQ(download("a").via, db::Via::kSwarm);
  EXPECT_TRUE(download("a").seeding);
  EXPECT_TRUE(downloads_.removed.empty());
  EXPECT_EQ(downloads_.added[0].seed_goal, (engine::SeedGoal{1.5, 0s}));
  const auto id = downloads_.added[0].id;
  scheduler_->on_engine_event(engine::SeedProgress{id, 1400});
  EXPECT_TRUE(downloads_.removed.empty());
  EXPECT_EQ(download("a").uploaded, 1400u);
  scheduler_->on_engine_event(engine::SeedGoalReached{id, 1500, 10s});
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(download("a").uploaded, 1500u);
  EXPECT_FALSE(download("a").seeding);
}

TEST_F(Downloading, WhatWasSharedEnoughBeforeItWasPlacedDoesNotSeed) {
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  engine_finishes(0);
  scheduler_->on_engine_event(engine::SeedGoalReached{downloads_.added[0].id, 5000, 0s});
  EXPECT_TRUE(downloads_.removed.empty()) << "it is being placed";
  disk_places();
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_FALSE(download("a").seeding);
}

TEST_F(Downloading, NothingIsLookedAtWhileTorrentsSeed) {
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  engine_finishes(0);
  disk_places();
  const auto next = scheduler_->next_wakeup();
  ASSERT_TRUE(next);
  EXPECT_GT(*next, clock_.now() + 30s);
}

TEST_F(Downloading, AReloadChangesTheGoalsOfWhatSeeds) {
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  engine_finishes(0);
  disk_places();
  configure("[torrent]\nseed_ratio = 7.0\nseed_time = \"5h\"\n");
  EXPECT_EQ(downloads_.goals[downloads_.added[0].id], (engine::SeedGoal{7, 5h}));
}

TEST_F(Downloading, SeedingGoesOnAfterARestart) {
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  engine_finishes(0);
  disk_places();
  restart(Mode::kDaemon);
  ASSERT_EQ(downloads_.added.size(), 1u);
  engine_finishes(0);  // complete once more: not an arrival
  EXPECT_TRUE(files_.requests.empty());
  EXPECT_EQ(download("a").state, DownloadState::kDone);
}

TEST_F(Downloading, SkippingEndsARunningDownloadAndRetryBringsItBack) {
  subscribe();
  poll(make_feed({make_item("a")}));
  scheduler_->skip(episode("a"), "skipped by hand");
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(download("a").state, DownloadState::kSkipped);
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  EXPECT_EQ(scheduler_->want(episode("a")), Wanted::kQueued);
  EXPECT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(episode("a").decision, db::Decision::kDownload);
}

TEST_F(Downloading, AFailureThatWasOnItsWayDoesNotBringBackWhatWasSkipped) {
  subscribe();
  poll(make_feed({make_item("a")}));
  scheduler_->skip(episode("a"), "skipped by hand");
  engine_fails(0, engine::FailureKind::kTemporary);
  EXPECT_EQ(download("a").state, DownloadState::kSkipped);
  clock_.advance(1h);
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Downloading, SkippedWhileItIsPlacedItLeavesNothingBehind) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  scheduler_->skip(episode("a"), "skipped by hand");
  disk_places();
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  EXPECT_EQ(download("a").state, DownloadState::kSkipped);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "library" / "Show"));
  EXPECT_FALSE(std::filesystem::exists(downloads_.added[0].dir));
}

TEST_F(Downloading, WhatIsThereIsNotFetchedAgain) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  EXPECT_EQ(scheduler_->want(episode("a")), Wanted::kAlreadyThere);
  EXPECT_FALSE(scheduler_->skip(episode("a"), "skipped by hand"));
  std::filesystem::remove_all(dir_ / "library" / "Show");
  EXPECT_EQ(scheduler_->want(episode("a")), Wanted::kQueued);
  EXPECT_EQ(downloads_.added.size(), 2u);
}

TEST_F(Downloading, WhatCouldNotBePlacedIsPlacedLaterWithoutASecondDownload) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  std::ofstream(dir_ / "library" / "Show") << "a file where the folder should be";
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(download("a").error.find("Show"), std::string::npos);
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  std::filesystem::remove(dir_ / "library" / "Show");
  clock_.advance(5min);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
  EXPECT_FALSE(std::filesystem::exists(downloads_.added[0].dir));
}

TEST_F(Downloading, FoldersOfWhatIsOverAreSweptAtTheNextStart) {
  subscribe();
  poll(make_feed({make_item("a")}));
  engine_finishes(0);
  disk_places();  // and the process ends before the engine has let go of it
  const auto left = downloads_.added[0].dir;
  ASSERT_TRUE(std::filesystem::exists(left));
  restart(Mode::kDaemon);
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(Downloading, TheRatioCountsWhatEarlierRunsHaveSent) {
  configure("[torrent]\nseed_ratio = 2.0\nseed_time = \"0s\"\n");
  subscribe();
  poll(make_feed({make_torrent_item("a")}));
  engine_finishes(0);
  disk_places();
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  status.total_bytes = 1000;
  status.uploaded = 1200;
  downloads_.statuses = {status};
  scheduler_->stop();
  restart(Mode::kDaemon);
  EXPECT_EQ(download("a").uploaded, 1200u);
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(downloads_.added[0].uploaded_before, 1200u);
}

TEST_F(Downloading, AFetchOfOneFeedIsNotBlamedForAnother) {
  const auto one = subscribe("http://one.example/");
  subscribe("http://two.example/");
  configure("[download]\nwindow = \"03:00-03:01\"\n");
  scheduler_->tick();
  answer(200, make_feed({make_item("a")}));
  answer(200, make_feed({make_item("b")}));
  const auto job = scheduler_->fetch({one}, WindowRule::kIgnore);
  answer(304);
  ASSERT_EQ(downloads_.added.size(), 1u);
  engine_finishes(0);
  disk_places();
  ASSERT_TRUE(scheduler_->job(job)->done);
  EXPECT_EQ(scheduler_->job(job)->obstacle, "");
  EXPECT_FALSE(scheduler_->obstacle().empty());
}

TEST_F(Downloading, ASwarmThatSendsNothingGivesItsPlaceToOthers) {
  configure("[download]\nmax = 1\n");
  subscribe();
  poll(make_feed({make_torrent_item("a"), make_item("b")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  ASSERT_EQ(downloads_.added.size(), 1u);
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  downloads_.statuses = {status};
  for (int i = 0; i < 30 && downloads_.removed.empty(); ++i) {
    clock_.advance(30s);
    scheduler_->tick();
  }
  ASSERT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_NE(download("a").error.find("no peer"), std::string::npos);
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  EXPECT_GE(downloads_.added.size(), 2u);
}

TEST_F(Downloading, AnAddressThatChangedWhileItRanIsTakenOver) {
  subscribe();
  auto moved = make_item("a");
  poll(make_feed({moved}));
  ASSERT_EQ(downloads_.added.size(), 1u);
  moved.enclosures[0].url = "http://media.example/new.mp3";
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed({moved}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  engine_fails(0, engine::FailureKind::kPermanent, "404 Not Found");
  clock_.set(download("a").next_try_at.value_or(clock_.now()));
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(std::get<engine::HttpSource>(downloads_.added[1].source).url, "http://media.example/new.mp3");
}

TEST_F(Downloading, ASizeThatTheFeedCorrectsIsBelieved) {
  configure("[library]\nquota = 5000\n");
  subscribe();
  auto item = make_item("a");
  item.enclosures[0].length = 500'000;
  poll(make_feed({item}));
  ASSERT_TRUE(downloads_.added.empty());
  item.enclosures[0].length = 500;
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed({item}));
  clock_.advance(5min);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Downloading, WhatHasComeMovesWithTheLibrary) {
  subscribe();
  poll(make_feed({make_item("a")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  const auto old = downloads_.added.at(0).dir;
  std::filesystem::create_directories(old);
  std::ofstream(old / "a.mp3.part") << "half";
  configure("[feeds.\"Show\"]\nlibrary_dir = \"" + (dir_ / "new").string() + "\"\n");
  EXPECT_TRUE(std::filesystem::exists(old / "a.mp3.part")) << "it runs there still";
  scheduler_->stop();
  restart(Mode::kDaemon);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 1u);
  const auto now = downloads_.added[0].dir;
  EXPECT_EQ(now.string().find((dir_ / "new").string()), 0u);
  EXPECT_TRUE(std::filesystem::exists(now / "a.mp3.part"));
  EXPECT_FALSE(std::filesystem::exists(old));
}

TEST_F(Downloading, TorrentsThatAreSwitchedOffWaitOrComeByHttp) {
  subscribe();
  auto both = make_torrent_item("both");
  both.enclosures.push_back({"http://media.example/both.mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  configure("[download]\nmax = 4\nper_host = 4\nwindow = \"12:00-13:00\"\n");
  clock_.set(*base::parse_rfc3339("2026-11-20T14:00:00Z"));
  poll(make_feed({make_torrent_item("only"), both}));
  ASSERT_TRUE(downloads_.added.empty());
  configure("[download]\nmax = 4\nper_host = 4\n[torrent]\nenabled = false\n");
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  scheduler_->tick();
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(std::get<engine::HttpSource>(downloads_.added[0].source).url, "http://media.example/both.mp3");
  EXPECT_EQ(download("only").state, DownloadState::kQueued);
  EXPECT_FALSE(scheduler_->next_wakeup() && *scheduler_->next_wakeup() <= clock_.now()) << "nothing is to be done";
  configure("[download]\nmax = 4\nper_host = 4\n");
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 2u);
}

TEST_F(Downloading, TheRateOfOneThatWasGoneOnWithIsThatOfThisTime) {
  subscribe();
  poll(make_feed({make_item("a")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  status.done_bytes = 900;
  downloads_.statuses = {status};
  scheduler_->stop();
  downloads_.statuses.clear();
  restart(Mode::kDaemon);
  EXPECT_EQ(download("a").bytes_done, 900u) << "a stop remembers what has come";
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 1u);
  std::filesystem::create_directories(downloads_.added[0].dir);
  std::ofstream(downloads_.added[0].dir / "x.mp3") << std::string(1000, 'x');
  engine::Finished finished;
  finished.id = downloads_.added[0].id;
  finished.files = {{"x.mp3", 1000}};
  finished.took = 1000ms;
  scheduler_->on_engine_event(finished);
  disk_places();
  EXPECT_EQ(download("a").rate_bytes_per_s, 100u);
}

TEST_F(Downloading, WhatIsFetchedByHandCountsAsOneCopy) {
  configure(
      "[[rule]]\nid = \"once\"\nfeeds = [\"*\"]\nwhere = 'title : \"mirror\"'\nonce_per = \"episode\"\n"
      "[[rule]]\nid = \"none\"\nfeeds = [\"*\"]\nmatch_all = true\naction = \"skip\"\npriority = -1\n");
  subscribe();
  poll(make_feed({make_item("Show S01E02")}));
  EXPECT_EQ(episode("Show S01E02").decision, db::Decision::kSkip);
  EXPECT_EQ(scheduler_->want(episode("Show S01E02")), Wanted::kQueued);
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed({make_item("Show S01E02 mirror"), make_item("Show S01E03 mirror")}));
  EXPECT_NE(episode("Show S01E02 mirror").decision, db::Decision::kDownload);
  EXPECT_EQ(episode("Show S01E03 mirror").decision, db::Decision::kDownload);
}

TEST_F(Downloading, TheSourcesOfAnEpisodeAreTriedInTurn) {
  subscribe();
  auto item = make_item("a");
  item.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  poll(make_feed({item}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  engine_fails(0, engine::FailureKind::kPermanent, "404 Not Found");
  clock_.advance(1min);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(std::get<engine::HttpSource>(downloads_.added[1].source).url, "http://mirror.example/a.mp3");
  // A poll in between, which still names both, leaves the turn as it is.
  EXPECT_EQ(download("a").source_url, "http://mirror.example/a.mp3");
  engine_finishes(1);
  disk_places();
  EXPECT_EQ(download("a").state, DownloadState::kDone);
}

TEST_F(Downloading, ASourceInPassingTroubleIsTriedAgainWithWhatItHasBroughtBeforeTheNext) {
  subscribe();
  auto item = make_item("a");
  item.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 2000, feeds::LinkKind::kHttp});
  poll(make_feed({item}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  const auto partial = downloads_.added[0].dir / "a.mp3.part";
  std::filesystem::create_directories(partial.parent_path());
  std::ofstream(partial) << "half";
  const auto url = [&] { return std::get<engine::HttpSource>(downloads_.added.back().source).url; };
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(downloads_.added.size(), i + 1);
    EXPECT_EQ(url(), "http://media.example/a.mp3");
    EXPECT_EQ(downloads_.added[i].dir, downloads_.added[0].dir);
    engine_fails(i, engine::FailureKind::kTemporary, "503");
    EXPECT_TRUE(std::filesystem::exists(partial));
    clock_.set(*download("a").next_try_at);
    scheduler_->tick();
  }
  // The mirror works elsewhere, and takes nothing from the first.
  ASSERT_EQ(downloads_.added.size(), 4u);
  EXPECT_EQ(url(), "http://mirror.example/a.mp3");
  EXPECT_NE(downloads_.added[3].dir, downloads_.added[0].dir);
  EXPECT_EQ(download("a").bytes_total, 2000u);
  engine_fails(3, engine::FailureKind::kPermanent, "404 Not Found");
  EXPECT_EQ(download("a").next_try_at, clock_.now() + 30min) << "all have had their turn";
  clock_.advance(30min);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 5u);
  EXPECT_EQ(url(), "http://media.example/a.mp3");
  EXPECT_EQ(downloads_.added[4].dir, downloads_.added[0].dir);
  EXPECT_TRUE(std::filesystem::exists(partial));
  const auto home = partial.parent_path().parent_path();
  EXPECT_EQ(home.filename(), std::to_string(download("a").id));
  engine_finishes(4);
  disk_places();
  scheduler_->on_engine_event(engine::Removed{downloads_.added[4].id});
  EXPECT_FALSE(std::filesystem::exists(home));
}

TEST_F(Downloading, ASwarmThatIsDeadGivesWayToTheNextSource) {
  subscribe();
  auto item = make_torrent_item("a");
  item.enclosures.push_back({"http://mirror.example/a.mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  poll(make_feed({item}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  engine::DownloadStatus status;
  status.id = downloads_.added[0].id;
  downloads_.statuses = {status};
  for (int i = 0; i < 30 && downloads_.removed.empty(); ++i) {
    clock_.advance(30s);
    scheduler_->tick();
  }
  ASSERT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(download("a").source_url, "http://mirror.example/a.mp3");
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  clock_.advance(1min);
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<engine::HttpSource>(downloads_.added[1].source));
}

TEST_F(Downloading, AnAbsurdSizeInAFeedHoldsNothingBack) {
  subscribe();
  auto item = make_item("a");
  item.enclosures[0].length = UINT64_MAX;
  poll(make_feed({item, make_item("b")}));
  EXPECT_EQ(downloads_.added.size(), 2u);
  EXPECT_FALSE(download("a").bytes_total);
}

TEST_F(Downloading, RemovingAFeedEndsItsDownloads) {
  const auto id = subscribe();
  poll(make_feed({make_item("a")}));
  scheduler_->remove_feed(id);
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_TRUE(episodes().empty());
  engine_fails(0, engine::FailureKind::kTemporary);  // an event that was on its way
  scheduler_->tick();
}

TEST_F(Downloading, StoppingPutsBackWithoutCountingAFailure) {
  subscribe();
  poll(make_feed({make_item("a")}));
  scheduler_->stop();
  EXPECT_EQ(download("a").state, DownloadState::kQueued);
  EXPECT_EQ(download("a").attempts, 0);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(Downloading, OneThatIsStuckBlocksNoOther) {
  configure("[download]\nmax = 2\n");
  subscribe();
  poll(make_feed({make_item("a"), make_item("b"), make_item("c"), make_item("d")}));
  ASSERT_EQ(downloads_.added.size(), 2u);
  engine_finishes(1);
  disk_places();
  ASSERT_EQ(downloads_.added.size(), 3u);
  engine_finishes(2);
  disk_places();
  EXPECT_EQ(downloads_.added.size(), 4u);
}

}  // namespace
}  // namespace podswarm::scheduler
