// Deleting from the library: retention by the daemon and by hand, tombstones, marks.

#include "scheduler/tidying.h"

#include "library/library.h"
#include "library/sidecar_file.h"
#include "scheduler/documents.h"
#include "scheduler/placing.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using std::chrono::hours;

class TidyingTest : public SchedulerTest {
 protected:
  // To a feed that has published nothing yet.
  void subscribe_early() {
    const auto feed = subscribe();
    poll(make_feed({}));
    context().feeds.set_next_poll(feed, clock_.now());
  }
  // All of the feed's items come into the library, oldest first.
  void fetch_all(const std::vector<feeds::Item>& items) {
    poll(make_feed(items));
    while (!downloads_.added.empty()) {
      const std::size_t n = downloads_.added.size();
      for (std::size_t i = 0; i < n; ++i) engine_finishes(i);
      for (std::size_t i = 0; i < n; ++i) scheduler_->on_engine_event(engine::Removed{downloads_.added[i].id});
      downloads_.added.erase(downloads_.added.begin(), downloads_.added.begin() + static_cast<std::ptrdiff_t>(n));
      while (!files_.requests.empty()) disk_places();
    }
  }
  std::vector<std::string> on_disk() {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ / "library")) {
      if (entry.is_regular_file()) out.push_back(entry.path().stem().string().substr(11));
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  DeleteResult delete_by_hand(const std::string& title, const std::string& reason) {
    return delete_from_library(context(), scheduler_->queue(),
                               std::vector<DeleteOrder>{{episode(title).id, reason, clock_.now()}});
  }
  std::string state(const std::string& title) { return std::string(episode_state(episode(title))); }

  const std::vector<feeds::Item> four_{make_item("A", "2026-11-01T00:00:00Z"), make_item("B", "2026-11-02T00:00:00Z"),
                                       make_item("C", "2026-11-03T00:00:00Z"), make_item("D", "2026-11-04T00:00:00Z")};
  using Names = std::vector<std::string>;
  // The list that a deletion leaves when it comes to an end in the middle.
  void left_over(std::int64_t id, base::WallTime at) {
    context().remembered.set("deleting", "[{\"episode\":" + std::to_string(id) + ",\"reason\":\"too old\",\"at\":" +
                                             std::to_string(at.time_since_epoch().count()) + "}]");
  }
};

TEST_F(TidyingTest, NothingIsDeletedUnlessABoundIsConfigured) {
  subscribe();
  fetch_all(four_);
  clock_.advance(hours(24 * 4000));
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"A", "B", "C", "D"}));
}

TEST_F(TidyingTest, OfThePastNoMoreIsFetchedThanIsKept) {
  configure("[defaults]\nkeep_newest = 2\n");
  subscribe();
  poll(make_feed(four_));
  EXPECT_EQ(downloads_.added.size(), 2u);
  EXPECT_EQ(state("D"), "downloading");
  EXPECT_EQ(state("C"), "downloading");
  EXPECT_EQ(state("B"), "backlog");
}

TEST_F(TidyingTest, WhatAPersonTakesOutOfTheLibraryIsGone) {
  subscribe();
  fetch_all(four_);
  ASSERT_EQ(on_disk().size(), 4u);
  const auto path_of = [&](const std::string& title) {
    return context().files.list_episode(episode(title).id).at(0).path;
  };
  scheduler_->tick();
  std::filesystem::remove(path_of("A"));
  const auto next_day = [&] {
    clock_.advance(hours(24));
    restart(Mode::kDaemon);
    scheduler_->tick();
  };
  next_day();
  EXPECT_EQ(state("A"), "done") << "it may come back";
  next_day();
  EXPECT_EQ(state("A"), "deleted");
  EXPECT_EQ(state("B"), "done");
  EXPECT_EQ(context().files.list().size(), 3u);
  // It does not come back.
  const auto before = downloads_.added.size();
  context().feeds.set_next_poll(1, clock_.now());
  poll(make_feed(four_));
  EXPECT_EQ(downloads_.added.size(), before);
  // A whole library that is not there tells nothing: its disk is not mounted.
  std::filesystem::rename(dir_ / "library", dir_ / "elsewhere");
  next_day();
  next_day();
  std::filesystem::create_directories(dir_ / "library");
  next_day();
  next_day();
  EXPECT_EQ(state("B"), "done");
}

TEST_F(TidyingTest, TheDaemonKeepsTheNewestAfterEachArrival) {
  configure("[defaults]\nkeep_newest = 2\n");
  subscribe_early();
  fetch_all(four_);
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"C", "D"}));
  EXPECT_EQ(state("A"), "deleted");
  EXPECT_EQ(download("A").error, "not among the newest 2");
  EXPECT_EQ(context().files.list().size(), 2u);
}

TEST_F(TidyingTest, WhatLiesBehindALinkIsNotDeleted) {
  subscribe();
  fetch_all(four_);
  std::filesystem::rename(dir_ / "library/Show", dir_ / "elsewhere");
  std::filesystem::create_directory_symlink(dir_ / "elsewhere", dir_ / "library/Show");
  configure("[defaults]\nkeep_newest = 2\n");
  EXPECT_TRUE(plan_tidy(context()).empty());
  const auto result = delete_by_hand("A", "deleted by hand");
  EXPECT_TRUE(result.deleted.empty());
  EXPECT_EQ(result.failed.size(), 1u);
  EXPECT_EQ(state("A"), "done");
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "elsewhere")) left += entry.is_regular_file();
  EXPECT_EQ(left, 4u);
}

TEST_F(TidyingTest, WithoutADaemonItIsDoneBeforeTheCommandEnds) {
  configure("[feeds.\"show\"]\nkeep_newest = 1\n");
  subscribe_early();
  restart(Mode::kOnDemand);
  const auto job = scheduler_->fetch({1}, WindowRule::kIgnore);
  answer(200, make_feed(four_));
  for (std::size_t i = 0; i < 4; ++i) {
    engine_finishes(i);
    scheduler_->on_engine_event(engine::Removed{downloads_.added[i].id});
    disk_places();
  }
  EXPECT_TRUE(scheduler_->job(job)->done);
  EXPECT_EQ(on_disk(), Names{"D"});
}

TEST_F(TidyingTest, AgesPassWhereNothingComes) {
  configure("[defaults]\nkeep_for = \"30d\"\n");
  subscribe();
  fetch_all(four_);
  scheduler_->tick();
  clock_.advance(hours(24 * 30));
  scheduler_->tick();
  EXPECT_EQ(on_disk().size(), 4u);
  clock_.advance(hours(24));
  ASSERT_TRUE(scheduler_->next_wakeup());
  EXPECT_LE(*scheduler_->next_wakeup(), clock_.now());
  scheduler_->tick();
  EXPECT_TRUE(on_disk().empty());
}

TEST_F(TidyingTest, StarredUnplayedAndAskedForByHandStay) {
  subscribe();
  fetch_all(four_);
  context().episodes.set_starred(episode("A").id, clock_.now());
  context().episodes.decide(episode("B").id, db::Decision::kDownload, "", db::kWantedByHand, clock_.now());
  configure("[defaults]\nkeep_newest = 1\n");
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"A", "B", "D"}));
  // Played, what was asked for has had its day; a star can be overruled.
  context().episodes.set_played(episode("B").id, clock_.now());
  configure("[defaults]\nkeep_newest = 1\nkeep_starred = false\n");
  scheduler_->tick();
  EXPECT_EQ(on_disk(), Names{"D"});
}

TEST_F(TidyingTest, UnplayedStayWhereThatIsWanted) {
  subscribe();
  fetch_all(four_);
  context().episodes.set_played(episode("B").id, clock_.now());
  configure("[defaults]\nkeep_newest = 1\nkeep_unplayed = true\n");
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"A", "C", "D"}));
}

TEST_F(TidyingTest, WhatStillSeedsStaysUntilItsGoalIsReached) {
  subscribe();
  fetch_all(four_);
  const auto id = download("A").id;
  context().downloads.set_seeding(id, true);
  std::filesystem::create_directories(
      dir_ / "library" / kIncomingFolder / database_tag(context()) / std::to_string(id));
  configure("[defaults]\nkeep_newest = 1\n");
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"A", "D"}));
  context().downloads.set_seeding(id, false);
  clock_.advance(hours(24));
  scheduler_->tick();
  EXPECT_EQ(on_disk(), Names{"D"});
}

TEST_F(TidyingTest, TheLibrarysSizeCountsAllFeeds) {
  subscribe();
  fetch_all(four_);
  configure("[library]\nkeep_size = 27\n");  // each has 9 bytes
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"B", "C", "D"}));
  EXPECT_EQ(download("A").error, "library: the oldest, over 27 B");
}

TEST_F(TidyingTest, StarsOverTheSizeLeaveRoomForWhatIsNew) {
  subscribe();
  fetch_all({four_[0], four_[1]});
  context().episodes.set_starred(episode("A").id, clock_.now());
  context().episodes.set_starred(episode("B").id, clock_.now());
  configure("[defaults]\nkeep_size = 17\n");  // each has 9 bytes
  clock_.advance(hours(2));
  fetch_all(four_);
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"A", "B", "D"}));
}

TEST_F(TidyingTest, WhatAPersonHasTakenAwayDoesNotCount) {
  subscribe();
  fetch_all(four_);
  std::filesystem::remove(context().files.list_episode(episode("D").id).front().path);
  configure("[defaults]\nkeep_newest = 2\n");
  scheduler_->tick();
  EXPECT_EQ(on_disk(), (Names{"B", "C"}));
  EXPECT_EQ(state("D"), "done");
}

TEST_F(TidyingTest, FilesOutsideTheLibraryAreNotTidied) {
  subscribe();
  fetch_all(four_);
  const auto elsewhere = dir_ / "adopted.mp3";
  const auto row = context().files.list_episode(episode("A").id).front();
  std::filesystem::rename(row.path, elsewhere);
  context().files.set_path(row.id, elsewhere);
  configure("[defaults]\nkeep_newest = 1\n");
  scheduler_->tick();
  EXPECT_TRUE(std::filesystem::exists(elsewhere));
  EXPECT_EQ(state("A"), "done");
}

TEST_F(TidyingTest, ADeletedEpisodeDoesNotComeBackUnderAnotherGuidOrAddress) {
  configure("[defaults]\nkeep_newest = 1\n");
  subscribe_early();
  fetch_all({four_[0], four_[3]});
  scheduler_->tick();
  ASSERT_EQ(state("A"), "deleted");
  auto again = four_[0];
  again.guid = "another";
  clock_.advance(hours(2));
  poll(make_feed({again, four_[3]}));
  EXPECT_EQ(episodes().size(), 2u);
  EXPECT_EQ(episode("A").guid, "another");
  // By now the first guid is a former one; the address changes too.
  again.enclosures.front().url = "http://elsewhere.example/A.mp3";
  clock_.advance(hours(2));
  poll(make_feed({again, four_[3]}));
  EXPECT_EQ(episodes().size(), 2u);
  EXPECT_EQ(state("A"), "deleted");
  EXPECT_TRUE(downloads_.added.empty());
}

TEST_F(TidyingTest, ACrashBetweenFileAndRowIsMendedAtTheNextStart) {
  subscribe();
  fetch_all(four_);
  const auto id = episode("A").id;
  left_over(id, clock_.now());
  std::filesystem::remove(context().files.list_episode(id).front().path);
  restart(Mode::kDaemon);
  EXPECT_EQ(state("A"), "deleted");
  EXPECT_EQ(download("A").error, "too old");
  EXPECT_FALSE(context().remembered.get("deleting"));
}

TEST_F(TidyingTest, WhatIsLeftOfADeletionDoesNotTakeWhatHasBeenStarredSince) {
  subscribe();
  fetch_all(four_);
  const auto id = episode("A").id;
  left_over(id, clock_.now());
  clock_.advance(std::chrono::hours(1));
  context().episodes.set_starred(id, clock_.now());
  restart(Mode::kDaemon);
  EXPECT_EQ(state("A"), "done");
  EXPECT_TRUE(std::filesystem::exists(context().files.list_episode(id).front().path));
}

TEST_F(TidyingTest, WhatIsLeftOfADeletionIsFinishedBeforeTheNext) {
  subscribe();
  fetch_all(four_);
  const auto id = episode("A").id;
  left_over(id, clock_.now());
  std::filesystem::remove(context().files.list_episode(id).front().path);
  (void)delete_by_hand("B", "why");
  EXPECT_EQ(state("A"), "deleted");
  EXPECT_EQ(state("B"), "deleted");
}

TEST_F(TidyingTest, ATurnTakesNoMoreThanIsEnough) {
  subscribe();
  fetch_all(four_);
  std::vector<DeleteOrder> orders;
  for (const char* title : {"A", "B", "C"}) orders.push_back({episode(title).id, "why", clock_.now()});
  int asked = 0;
  const auto first = delete_from_library(context(), scheduler_->queue(), orders, [&] { return ++asked == 2; });
  EXPECT_EQ(first.looked_at, 2u);
  EXPECT_EQ(on_disk(), (Names{"C", "D"}));
  EXPECT_EQ(state("B"), "deleted");
  EXPECT_EQ(state("C"), "done");
  EXPECT_FALSE(context().remembered.get("deleting")) << "the rest has not begun";
  // Starred while the others went.
  clock_.advance(std::chrono::seconds(1));
  context().episodes.set_starred(episode("C").id, clock_.now());
  const auto rest = std::span(orders).subspan(2);
  const auto second = delete_from_library(context(), scheduler_->queue(), rest, [] { return true; });
  EXPECT_EQ(second.looked_at, 1u) << "at least one a turn";
  EXPECT_EQ(on_disk(), (Names{"C", "D"}));
}

TEST_F(TidyingTest, WhatCannotBeDeletedIsReportedAndStaysAsItWas) {
  subscribe();
  fetch_all(four_);
  const auto path = context().files.list_episode(episode("A").id).front().path;
  std::filesystem::remove(path);
  std::filesystem::create_directories(path / "inside");
  const auto result = delete_by_hand("A", "why");
  EXPECT_EQ(result.failed.size(), 1u);
  EXPECT_EQ(state("A"), "done");
}

TEST_F(TidyingTest, DeletingWhatSeedsEndsTheSeeding) {
  subscribe();
  fetch_all(four_);
  const auto id = download("A").id;
  context().downloads.set_seeding(id, true);
  const auto seeded = dir_ / "library" / ".podswarm" / "aaaaaaaa" / std::to_string(id);
  std::filesystem::create_directories(seeded);
  const auto result = delete_by_hand("A", "deleted by hand");
  EXPECT_EQ(result.deleted.size(), 1u);
  EXPECT_FALSE(download("A").seeding);
  EXPECT_FALSE(std::filesystem::exists(seeded));
}

TEST_F(TidyingTest, WhatAccompaniesAnEpisodeGoesAlong) {
  subscribe();
  fetch_all({four_[0]});
  const auto nfo = context().files.list_episode(episode("A").id).front().path.replace_extension(".nfo");
  std::ofstream(nfo) << "<episodedetails/>";
  db::SidecarRow row;
  row.feed_id = episode("A").feed_id;
  row.episode_id = episode("A").id;
  row.kind = db::SidecarKind::kNfo;
  context().sidecars.want(row, clock_.now());
  for (const auto& due : context().sidecars.due(clock_.now(), 100)) {
    if (due.kind == row.kind && due.episode_id == row.episode_id) context().sidecars.set_path(due.id, nfo);
  }
  ASSERT_FALSE(context().sidecars.list_episode(episode("A").id).empty());
  (void)delete_by_hand("A", "deleted by hand");
  EXPECT_FALSE(std::filesystem::exists(nfo));
  EXPECT_TRUE(context().sidecars.list_episode(episode("A").id).empty());
}

TEST_F(TidyingTest, WhatAccompaniesAnEpisodeGoesAlongWhereTheLibraryWasBefore) {
  configure("[library]\nnfo = true\n");
  subscribe();
  fetch_all({four_[0]});
  scheduler_->tick();
  for (const auto& job : sidecars_.jobs) {
    if (!job.request) scheduler_->on_sidecar(job.id, library::write_sidecar(job.place, job.content));
  }
  const auto nfo = context().files.list_episode(episode("A").id).front().path.replace_extension(".nfo");
  ASSERT_TRUE(std::filesystem::exists(nfo));
  configure("[feeds.\"show\"]\nlibrary_dir = \"" + (dir_ / "elsewhere").string() + "\"\n");
  const auto result = delete_by_hand("A", "deleted by hand");
  EXPECT_EQ(result.deleted.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(nfo));
  EXPECT_TRUE(context().sidecars.list_episode(episode("A").id).empty());
}

TEST_F(TidyingTest, OneThatIsWantedAgainComesBack) {
  subscribe();
  fetch_all(four_);
  (void)delete_by_hand("A", "deleted by hand");
  EXPECT_EQ(scheduler_->want(episode("A")), Wanted::kQueued);
  ASSERT_EQ(downloads_.added.size(), 1u);
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(state("A"), "done");
  EXPECT_EQ(on_disk().size(), 4u);
}

TEST_F(TidyingTest, MarkedAsSeenCountsAsHadUntilTheMarkIsTakenOff) {
  configure("[download]\nmax = 1\n");
  subscribe();
  poll(make_feed(four_));
  ASSERT_TRUE(scheduler_->mark_seen(episode("B")));
  EXPECT_EQ(state("B"), "seen");
  EXPECT_EQ(download("B").state, db::DownloadState::kSkipped);
  // Under way: its download ends.
  ASSERT_EQ(downloads_.added.size(), 1u);
  ASSERT_TRUE(scheduler_->mark_seen(episode("A")));
  EXPECT_EQ(downloads_.removed.size(), 1u);
  EXPECT_EQ(state("A"), "seen");
  ASSERT_TRUE(scheduler_->unmark_seen(episode("B")));
  EXPECT_EQ(state("B"), "downloading") << "whose turn it is, as A has left";
  EXPECT_FALSE(scheduler_->unmark_seen(episode("C"))) << "was not marked";
}

TEST_F(TidyingTest, WhatWasBacklogIsBacklogAgain) {
  subscribe("http://feeds.example/show", "none");
  poll(make_feed(four_));
  ASSERT_EQ(state("A"), "backlog");
  ASSERT_TRUE(scheduler_->mark_seen(episode("A")));
  EXPECT_EQ(state("A"), "seen");
  ASSERT_TRUE(scheduler_->unmark_seen(episode("A")));
  EXPECT_EQ(state("A"), "backlog");
}

TEST_F(TidyingTest, WhatIsInTheLibraryIsNotMarkedAsSeen) {
  subscribe();
  fetch_all(four_);
  EXPECT_FALSE(scheduler_->mark_seen(episode("A")));
  EXPECT_EQ(state("A"), "done");
}

TEST_F(TidyingTest, OneMoreTryOfWhatARuleWantedIsStillTheRulesWish) {
  subscribe();
  poll(make_feed({four_[0]}));
  engine_fails(0, engine::FailureKind::kNotMedia);
  const auto before = episode("A").decision_reason;
  ASSERT_EQ(scheduler_->want(episode("A")), Wanted::kQueued);
  EXPECT_EQ(episode("A").decision_reason, before);
}

}  // namespace
}  // namespace podswarm::scheduler
