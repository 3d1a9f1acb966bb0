// Taking over a folder: what is found in it, and what becomes of the episodes.

#include "scheduler/adoption.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "scheduler/documents.h"
#include "scheduler/renames.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

class AdoptionTest : public SchedulerTest {
 protected:
  std::filesystem::path write(const std::filesystem::path& relative, const std::string& text = "ID3 sound") {
    const auto path = dir_ / "old" / relative;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  std::vector<Adoption> plan(std::optional<std::int64_t> feed = std::nullopt) {
    return plan_adoption(context(), scheduler_->queue(), find_media(dir_ / "old").value().files, feed, known_);
  }
  std::string state(const std::string& title) { return std::string(episode_state(episode(title))); }

  std::filesystem::path path_of(const std::string& title) {
    return context().files.list_episode(episode(title).id).front().path;
  }

  const feeds::Feed feed_ = make_feed({make_item("Tides"), make_item("Storms", "2026-11-02T00:00:00Z")});
  std::size_t known_ = 0;
  using Kind = Adoption::Kind;
};

TEST_F(AdoptionTest, FindsSoundAndPicturesThatMoveAndNothingElse) {
  write("b/2.mp3");
  write("a.M4A");
  write("cover.jpg");
  write("notes.txt");
  write("x.mp3.part");
  write(".hidden/3.mp3");
  write(".4.mp3");
  std::filesystem::create_symlink("/etc/hostname", dir_ / "old" / "link.mp3");
  std::vector<std::string> found;
  for (const auto& file : find_media(dir_ / "old").value().files) {
    found.push_back(file.path.lexically_relative(dir_ / "old").string());
  }
  EXPECT_EQ(found, (std::vector<std::string>{"a.M4A", "b/2.mp3"}));
  const auto nothing = find_media(dir_ / "nowhere");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, library::PlaceError::kSourceMissing);
}

TEST_F(AdoptionTest, AFolderThatCannotBeReadIsPassedOverAndNamed) {
  write("a/1.mp3");
  write("z/2.mp3");
  // Nobody, not even root, can open what has so long a path.
  const std::string name(250, 'x');
  base::UniqueFd at(::open((dir_ / "old").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 17; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
    at.reset(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
  const auto found = find_media(dir_ / "old");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->files.size(), 2u);
  ASSERT_EQ(found->passed_over.size(), 1u);
  EXPECT_TRUE(found->passed_over[0].starts_with((dir_ / "old" / name).string())) << found->passed_over[0];
  EXPECT_TRUE(found->passed_over[0].ends_with("cannot be read: File name too long")) << found->passed_over[0];
}

TEST_F(AdoptionTest, WhatIsAdoptedIsNotDownloaded) {
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  const auto path = write("Show/Tides.mp3");
  const auto adoptions = plan();
  ASSERT_EQ(adoptions.size(), 1u);
  EXPECT_EQ(adoptions[0].kind, Kind::kAdopted);
  EXPECT_EQ(state("Tides"), "backlog") << "a plan changes nothing";
  record_adoption(context(), adoptions);
  EXPECT_EQ(state("Tides"), "done");
  EXPECT_EQ(download("Tides").placed, path);
  EXPECT_EQ(context().files.list_episode(episode("Tides").id).front().path, path);
  EXPECT_EQ(scheduler_->want(episode("Tides")), Wanted::kAlreadyThere);
  EXPECT_TRUE(downloads_.added.empty());
  EXPECT_TRUE(plan().empty());
  EXPECT_EQ(known_, 1u);
}

TEST_F(AdoptionTest, AQueuedOrDeletedOneIsDoneToo) {
  configure("[download]\nwindow = \"01:00-02:00\"\n");
  subscribe();
  poll(feed_);
  ASSERT_EQ(state("Tides"), "queued");
  context().downloads.mark_deleted(download("Storms").id, clock_.now());
  write("Show/Tides.mp3");
  write("Show/Storms.mp3");
  record_adoption(context(), plan());
  EXPECT_EQ(state("Tides"), "done");
  EXPECT_EQ(state("Storms"), "done");
}

TEST_F(AdoptionTest, AnEpisodeThatIsThereOrOnItsWayIsLeftAlone) {
  configure("[download]\nmax = 1\n");
  subscribe();
  poll(feed_);
  ASSERT_EQ(state("Tides"), "downloading");
  write("Show/Tides.mp3");
  EXPECT_EQ(plan()[0].kind, Kind::kBusy);
  engine_finishes(0);
  scheduler_->on_engine_event(engine::Removed{downloads_.added[0].id});
  disk_places();
  EXPECT_EQ(plan()[0].kind, Kind::kAlreadyThere);
  record_adoption(context(), plan());
  EXPECT_EQ(context().files.list_episode(episode("Tides").id).size(), 1u);
  // A library that was moved by hand: its files are gone from where they were.
  std::filesystem::remove(context().files.list_episode(episode("Tides").id).front().path);
  EXPECT_EQ(plan()[0].kind, Kind::kAdopted);
  record_adoption(context(), plan());
  EXPECT_EQ(context().files.list_episode(episode("Tides").id).front().path, dir_ / "old/Show/Tides.mp3");
  EXPECT_EQ(state("Tides"), "done");
}

TEST_F(AdoptionTest, OnlyTheFeedThatIsNamedIsSearched) {
  const auto feed = subscribe("http://feeds.example/show", "none");
  poll(feed_);
  write("Tides.mp3");
  EXPECT_EQ(plan(feed + 1)[0].kind, Kind::kUnknown);
  EXPECT_EQ(plan(feed)[0].kind, Kind::kAdopted);
}

TEST_F(AdoptionTest, AMovedOneHasTheNameThatTheTemplateGives) {
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  write("Show/Tides.MP3");
  const auto adoptions = plan();
  record_adoption(context(), adoptions);
  const auto request = begin_move(context(), adoptions[0]);
  ASSERT_TRUE(request);
  const auto placed = library::place(*request);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->path, dir_ / "library/Show/2026-11-01 Tides.MP3");
  end_move(context(), adoptions[0], placed);
  EXPECT_EQ(path_of("Tides"), placed->path);
  EXPECT_TRUE(plan_rename(context()).empty());
  EXPECT_TRUE(remembered_plans(context()).empty());
}

TEST_F(AdoptionTest, ACrashBetweenTheMoveAndItsRowLosesNoFile) {
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  const auto from = write("Show/Tides \xff.mp3");
  const auto adoptions = plan();
  record_adoption(context(), adoptions);
  const auto request = begin_move(context(), adoptions[0]);
  ASSERT_TRUE(request);
  const auto placed = library::place(*request);
  ASSERT_TRUE(placed) << placed.error().message;
  restart(Mode::kDaemon);
  EXPECT_EQ(path_of("Tides"), placed->path);
  EXPECT_EQ(download("Tides").placed, placed->path);
  EXPECT_EQ(state("Tides"), "done");
  EXPECT_TRUE(remembered_plans(context()).empty());
}

TEST_F(AdoptionTest, ACrashBeforeTheMoveLeavesTheFileWhereItLies) {
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  const auto from = write("Show/Tides.mp3");
  const auto adoptions = plan();
  record_adoption(context(), adoptions);
  ASSERT_TRUE(begin_move(context(), adoptions[0]));
  // Half of a copy onto another file system.
  const auto folder = dir_ / "library" / "Show";
  std::filesystem::create_directories(folder);
  const auto target = folder / "2026-11-01 Tides.mp3";
  std::ofstream(folder / (".podswarm-" + library::collision_tag(target.string() + "\n" + from.string()) + ".part"))
      << "ID3";
  restart(Mode::kDaemon);
  EXPECT_EQ(path_of("Tides"), from);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_TRUE(remembered_plans(context()).empty());
}

TEST_F(AdoptionTest, AMoveThatFailsLeavesItAdoptedWhereItLies) {
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  const auto from = write("Show/Tides.mp3");
  const auto adoptions = plan();
  record_adoption(context(), adoptions);
  ASSERT_TRUE(begin_move(context(), adoptions[0]));
  end_move(context(), adoptions[0], base::fail(library::PlaceError::kDiskFull, "full"));
  EXPECT_EQ(path_of("Tides"), from);
  EXPECT_TRUE(remembered_plans(context()).empty());
}

TEST_F(AdoptionTest, WhatIsAdoptedCountsAsHadForOncePer) {
  configure("[[rule]]\nid = \"all\"\nfeeds = [\"*\"]\nmatch_all = true\nonce_per = \"episode\"\n");
  subscribe("http://feeds.example/show", "none");
  poll(make_feed({make_item("Show S01E05 720p")}));
  write("Show/Show S01E05 720p.mp3");
  record_adoption(context(), plan());
  ASSERT_EQ(state("Show S01E05 720p"), "done");
  clock_.advance(std::chrono::hours(24));
  poll(make_feed({make_item("Show S01E05 720p"), make_item("Show S01E05 1080p", "2026-11-20T00:00:00Z")}));
  EXPECT_EQ(state("Show S01E05 1080p"), "none") << episode("Show S01E05 1080p").decision_reason;
  EXPECT_TRUE(downloads_.added.empty());
}

TEST_F(AdoptionTest, WhatIsMovedIntoTheLibraryGetsItsSidecars) {
  configure("[library]\nnfo = true\n");
  subscribe("http://feeds.example/show", "none");
  poll(feed_);
  write("Show/Tides.mp3");
  const auto adoptions = plan();
  record_adoption(context(), adoptions);
  scheduler_->tick();
  EXPECT_TRUE(sidecars_.jobs.empty()) << "none beside a file that lies elsewhere";
  const auto request = begin_move(context(), adoptions[0]);
  ASSERT_TRUE(request);
  end_move(context(), adoptions[0], library::place(*request));
  scheduler_->tick();
  std::vector<std::string> names;
  for (const auto& job : sidecars_.jobs) names.push_back(job.place.name);
  EXPECT_EQ(names, (std::vector<std::string>{"tvshow", "2026-11-01 Tides"}));
}

}  // namespace
}  // namespace podswarm::scheduler
