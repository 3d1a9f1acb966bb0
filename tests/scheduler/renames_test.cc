// Renaming what is in the library by the templates of today.

#include "scheduler/renames.h"

#include <sys/stat.h>

#include "base/file.h"
#include "library/library.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

class RenamesTest : public SchedulerTest {
 protected:
  void fetch_all(const std::vector<feeds::Item>& items) {
    poll(make_feed(items));
    for (std::size_t i = 0; i < downloads_.added.size(); ++i) {
      engine_finishes(i, "ID3 " + std::to_string(i));
      scheduler_->on_engine_event(engine::Removed{downloads_.added[i].id});
    }
    while (!files_.requests.empty()) disk_places();
  }
  // Names below the library; hidden ones left out.
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ / "library")) {
      const auto name = entry.path().lexically_relative(dir_ / "library").string();
      if (entry.is_regular_file() && !name.starts_with('.')) out.push_back(name);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<RenameEntry> rename() {
    auto entries = plan_rename(context());
    rename_in_library(context(), entries);
    return entries;
  }
  std::string path_of(const std::string& title) {
    return context().files.list_episode(episode(title).id).front().path.lexically_relative(dir_ / "library").string();
  }

  const std::vector<feeds::Item> two_{make_item("A"), make_item("B", "2026-11-02T00:00:00Z")};
  using Names = std::vector<std::string>;
};

TEST_F(RenamesTest, NothingIsRenamedWhereTheTemplateIsTheSame) {
  subscribe();
  fetch_all(two_);
  EXPECT_TRUE(plan_rename(context()).empty());
}

TEST_F(RenamesTest, FilesGetTheNamesOfTheNewTemplate) {
  subscribe();
  fetch_all(two_);
  configure("[library]\ntemplate = \"{published:%Y}/{feed} {title}\"\n");
  const auto planned = plan_rename(context());
  EXPECT_EQ(planned.size(), 2u);
  EXPECT_EQ(names(), (Names{"Show/2026-11-01 A.mp3", "Show/2026-11-02 B.mp3"})) << "a plan changes nothing";
  for (const auto& entry : rename()) EXPECT_EQ(entry.problem, "");
  EXPECT_EQ(names(), (Names{"2026/Show A.mp3", "2026/Show B.mp3"}));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "library" / "Show"));
  EXPECT_EQ(path_of("A"), "2026/Show A.mp3");
  EXPECT_EQ(download("A").placed, dir_ / "library" / "2026/Show A.mp3");
  EXPECT_TRUE(plan_rename(context()).empty());
}

TEST_F(RenamesTest, NothingIsWrittenOver) {
  subscribe();
  fetch_all(two_);
  std::ofstream(dir_ / "library" / "x.mp3") << "a person's";
  configure("[library]\ntemplate = \"{ep_type}x\"\n");  // for both the same
  rename();
  ASSERT_EQ(names().size(), 3u);
  EXPECT_EQ(base::read_file(dir_ / "library" / "x.mp3", 100).value(), "a person's");
  EXPECT_EQ(path_of("A"), "x (" + library::collision_tag("guid:guid-A") + ").mp3");
  EXPECT_TRUE(plan_rename(context()).empty()) << "and the tags stay";
}

TEST_F(RenamesTest, WhatAPersonHasMovedAwayStaysThere) {
  subscribe();
  fetch_all(two_);
  std::filesystem::rename(dir_ / "library" / path_of("A"), dir_ / "mine.mp3");
  configure("[library]\ntemplate = \"{title}\"\n");
  const auto entries = rename();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].problem, "no longer there");
  EXPECT_TRUE(std::filesystem::exists(dir_ / "mine.mp3"));
  EXPECT_EQ(names(), Names{"B.mp3"});
}

TEST_F(RenamesTest, WhatLiesOutsideTheLibraryStaysThere) {
  subscribe();
  fetch_all(two_);
  const auto row = context().files.list_episode(episode("A").id).front();
  std::filesystem::rename(row.path, dir_ / "adopted.mp3");
  context().files.set_path(row.id, dir_ / "adopted.mp3");
  context().downloads.set_placed(download("A").id, dir_ / "adopted.mp3");
  configure("[library]\ntemplate = \"{title}\"\n");
  rename();
  EXPECT_TRUE(std::filesystem::exists(dir_ / "adopted.mp3"));
  EXPECT_EQ(names(), Names{"B.mp3"});
}

TEST_F(RenamesTest, CompanionsComeAlong) {
  subscribe();
  fetch_all({two_[0]});
  const auto picture = dir_ / "library" / "Show/2026-11-01 A.jpg";
  const auto cover = dir_ / "library" / "Show/cover.jpg";
  std::ofstream(picture) << "picture";
  std::ofstream(cover) << "of the whole feed";
  for (const auto& path : {picture, cover}) context().files.add({0, episode("A").id, path, 7, clock_.now(), clock_.now()});
  configure("[library]\ntemplate = \"{feed}/{title}\"\n");
  rename();
  EXPECT_EQ(names(), (Names{"Show/A.jpg", "Show/A.mp3", "Show/cover.jpg"}));
  EXPECT_TRUE(context().files.find_by_path(dir_ / "library" / "Show/A.jpg"));
}

TEST_F(RenamesTest, WhatAccompaniesAnEpisodeFollows) {
  subscribe();
  fetch_all({two_[0]});
  const auto nfo = dir_ / "library" / "Show/2026-11-01 A.nfo";
  std::ofstream(nfo) << "<episodedetails/>";
  db::SidecarRow row;
  row.feed_id = episode("A").feed_id;
  row.episode_id = episode("A").id;
  row.kind = db::SidecarKind::kNfo;
  context().sidecars.want(row, clock_.now());
  for (const auto& due : context().sidecars.due(clock_.now(), 100)) {
    if (due.kind == row.kind && due.episode_id == row.episode_id) context().sidecars.set_path(due.id, nfo);
  }
  configure("[library]\ntemplate = \"{published:%Y}/{title}\"\n");
  rename();
  EXPECT_EQ(names(), (Names{"2026/A.mp3", "2026/A.nfo"}));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "library" / "Show"));
}

TEST_F(RenamesTest, ATorrentsFolderGoesWhole) {
  subscribe();
  poll(make_feed({two_[0]}));
  const auto& add = downloads_.added.front();
  std::filesystem::create_directories(add.dir / "Original Name" / "cd1");
  std::ofstream(add.dir / "Original Name" / "cd1" / "1.mp3") << "one";
  engine::Finished finished;
  finished.id = add.id;
  finished.files = {{"Original Name/cd1/1.mp3", 3}};
  scheduler_->on_engine_event(finished);
  disk_places();
  ASSERT_EQ(names(), Names{"Show/2026-11-01 A/cd1/1.mp3"});
  configure("[library]\ntemplate = \"{feed}/{title} - {original}\"\n");
  rename();
  EXPECT_EQ(names(), Names{"Show/A - Original Name/cd1/1.mp3"});
  EXPECT_EQ(path_of("A"), "Show/A - Original Name/cd1/1.mp3");
}

TEST_F(RenamesTest, AnOriginalNameThatIsNotKnownIsNotInvented) {
  subscribe();
  fetch_all({two_[0]});
  context().downloads.set_original(download("A").id, "");
  configure("[library]\ntemplate = \"{original}\"\n");
  const auto entries = rename();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].problem, "what it was called at first is not known");
}

TEST_F(RenamesTest, TheRulesNamesAreThoseOfToday) {
  const std::string rule =
      "[[rule]]\nid = \"all\"\nfeeds = [\"*\"]\nwhere = 'title ~ r\"(?P<letter>[A-Z])\"'\n";
  configure(rule + "dest = \"{letter}\"\nname = \"{title}\"\n");
  subscribe();
  fetch_all({two_[0]});
  ASSERT_EQ(names(), Names{"A/A.mp3"});
  configure(rule + "dest = \"Shows/{letter}\"\nname = \"{title} {letter}\"\n");
  rename();
  EXPECT_EQ(names(), Names{"Shows/A/A A.mp3"});
}

TEST_F(RenamesTest, OnlyTheFeedsThatAreNamed) {
  subscribe();
  fetch_all(two_);
  configure("[library]\ntemplate = \"{title}\"\n");
  EXPECT_TRUE(plan_rename(context(), {999}).empty());
  EXPECT_EQ(plan_rename(context(), {episode("A").feed_id}).size(), 2u);
}

TEST_F(RenamesTest, ACrashBetweenFileAndRowIsMendedAtTheNextStart) {
  subscribe();
  fetch_all(two_);
  const auto from = dir_ / "library" / path_of("A");
  const auto to = dir_ / "library" / "Show" / "new.mp3";
  const auto other = dir_ / "library" / path_of("B");
  const auto plan_of = [&](const std::string& title, const std::filesystem::path& a, const std::filesystem::path& b) {
    struct stat info {};
    EXPECT_EQ(::stat((dir_ / "library" / path_of(title)).c_str(), &info), 0);
    return "{\"episode\":" + std::to_string(episode(title).id) + ",\"from\":\"" + a.string() + "\",\"to\":\"" +
           b.string() + "\",\"inode\":\"" + std::to_string(info.st_ino) + "\"}";
  };
  // B was to get A's name after A had left it; the process ended between the two.
  std::string plan = "[" + plan_of("A", from, to) + "," + plan_of("B", other, from) + "]";
  for (auto blank = plan.find(' '); blank != std::string::npos; blank = plan.find(' ')) plan.replace(blank, 1, "%20");
  context().remembered.set("renaming", plan);
  std::filesystem::rename(from, to);
  restart(Mode::kDaemon);
  EXPECT_EQ(path_of("A"), "Show/new.mp3");
  EXPECT_EQ(download("A").placed, to);
  EXPECT_EQ(path_of("B"), "Show/2026-11-02 B.mp3");
  EXPECT_FALSE(context().remembered.get("renaming"));
}

TEST_F(RenamesTest, AFeedsNameWithSeparatorsIsOneFolder) {
  subscribe();
  auto feed = make_feed({two_[0]});
  feed.title = "AC/DC: back\\slash ..";
  poll(feed);
  engine_finishes(0);
  disk_places();
  EXPECT_EQ(names(), Names{"AC-DC- back-slash/2026-11-01 A.mp3"});
}

}  // namespace
}  // namespace podswarm::scheduler
