// Renaming what is in the library by the templates of today.

#include "scheduler/renames.h"

#include <sys/stat.h>

#include <tuple>

#include "base/file.h"
#include "library/library.h"
#include "library/renaming.h"
#include "scheduler/rename_steps.h"
#include "scheduler/sidecars.h"
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

// Two episodes, each called as the other is to be, with a picture and a description each.
class SwappedTest : public RenamesTest {
 protected:
  SwappedTest() {
    subscribe();
    fetch_all(two_);
    for (const std::string title : {"A", "B"}) {
      const auto row = context().files.list_episode(episode(title).id).front();
      const auto swapped = library_ / ((title == "A" ? "B" : "A") + std::string(".mp3"));
      std::filesystem::rename(row.path, swapped);
      context().files.set_path(row.id, swapped);
      context().downloads.set_placed(download(title).id, swapped);
      const auto beside = [&](const char* extension) {
        const auto path = std::filesystem::path(swapped).replace_extension(extension);
        std::ofstream(path) << title << extension;
        return path;
      };
      context().files.add({0, episode(title).id, beside(".jpg"), 5, clock_.now(), clock_.now()});
      db::SidecarRow sidecar;
      sidecar.feed_id = episode(title).feed_id;
      sidecar.episode_id = episode(title).id;
      sidecar.kind = db::SidecarKind::kNfo;
      context().sidecars.want(sidecar, clock_.now());
      for (const auto& due : context().sidecars.due(clock_.now(), 100)) {
        if (due.episode_id == sidecar.episode_id) context().sidecars.set_path(due.id, beside(".nfo"));
      }
    }
    configure("[library]\ntemplate = \"{title}\"\n");
  }
  std::string text(const char* name) { return base::read_file(library_ / name, 100).value(); }
  // All lie where their own names say, and the database says so too.
  void expect_in_order() {
    EXPECT_EQ(names(), (Names{"A.jpg", "A.mp3", "A.nfo", "B.jpg", "B.mp3", "B.nfo"}));
    for (const std::string title : {"A", "B"}) {
      EXPECT_EQ(text((title + ".mp3").c_str()), title == "A" ? "ID3 0" : "ID3 1");
      EXPECT_EQ(text((title + ".jpg").c_str()), title + ".jpg");
      EXPECT_EQ(text((title + ".nfo").c_str()), title + ".nfo");
      EXPECT_EQ(download(title).placed, library_ / (title + ".mp3"));
      EXPECT_EQ(context().files.find_by_path(library_ / (title + ".mp3"))->episode_id, episode(title).id);
      EXPECT_EQ(context().files.find_by_path(library_ / (title + ".jpg"))->episode_id, episode(title).id);
      EXPECT_EQ(context().sidecars.list_episode(episode(title).id).at(0).path, library_ / (title + ".nfo"));
    }
    EXPECT_TRUE(plan_rename(context()).empty());
  }

  const std::filesystem::path library_ = dir_ / "library";
};

TEST_F(SwappedTest, TwoThatWantEachOthersNamesGetThemInOneRun) {
  const auto entries = rename();
  ASSERT_EQ(entries.size(), 2u);
  for (const auto& entry : entries) EXPECT_EQ(entry.problem, "");
  expect_in_order();
}

TEST_F(SwappedTest, ATurnDoesNotEndInTheMiddleOfACircle) {
  auto entries = plan_rename(context());
  EXPECT_EQ(rename_in_library(context(), entries, [] { return true; }), 2u);
  expect_in_order();
}

TEST_F(SwappedTest, ACrashAfterAnyOfTheStepsLosesNothing) {
  // As the call itself writes it down, in the order in which it is carried out.
  const auto first = episode("A").id;
  const auto second = episode("B").id;
  std::vector<RenameStep> steps;
  const auto temporary = library_ / (".podswarm-" + std::to_string(second));
  const auto add = [&](std::int64_t id, const std::string& from, const std::string& to, bool passing) {
    for (const char* extension : {".mp3", ".jpg", ".nfo"}) {
      const auto path = [&](const std::string& stem) {
        if (!stem.empty()) return library_ / (stem + extension);
        const std::string ending = extension == std::string(".mp3") ? ".renaming" : extension;
        return std::filesystem::path(temporary.string() + ending);
      };
      const auto inode = *inode_of(library_ / ((id == first ? "B" : "A") + std::string(extension)));
      steps.push_back({id, path(from), path(to), inode, passing});
    }
  };
  add(second, "A", "", true);
  add(first, "B", "A", false);
  add(second, "", "B", false);
  for (std::size_t done = 0; done <= steps.size(); ++done) {
    SCOPED_TRACE(done);
    remember_renames(context(), steps);
    for (std::size_t i = 0; i < done; ++i) {
      ASSERT_TRUE(library::rename_placed(steps[i].from, steps[i].to, library_));
    }
    restart(Mode::kDaemon);
    EXPECT_FALSE(context().remembered.get("renaming"));
    EXPECT_EQ(names().size(), 6u) << "none under a temporary name";
    for (const auto& file : context().files.list()) EXPECT_TRUE(std::filesystem::exists(file.path)) << file.path;
    for (const auto id : {first, second}) {
      for (const auto& sidecar : context().sidecars.list_episode(id)) {
        EXPECT_TRUE(std::filesystem::exists(sidecar.path)) << sidecar.path;
      }
    }
    rename();
    ASSERT_NO_FATAL_FAILURE(expect_in_order());
    // Back to where it was, for the next.
    const auto away = library_ / "away";
    std::filesystem::create_directories(away);
    std::vector<RenameStep> back;
    for (const char* extension : {".mp3", ".jpg", ".nfo"}) {
      const auto a = library_ / ("A" + std::string(extension));
      const auto b = library_ / ("B" + std::string(extension));
      const auto aside = away / extension;
      for (const auto& [id, from, to] : {std::tuple(first, a, aside), {second, b, a}, {first, aside, b}}) {
        std::filesystem::rename(from, to);
        back.push_back({id, from, to, *inode_of(to), false});
      }
    }
    record_renames(context(), back);
    std::filesystem::remove(away);
  }
}

TEST_F(RenamesTest, FilesWhosePlaceWasNeverTakenDownDoNotTakeOthersAlong) {
  subscribe();
  fetch_all(two_);
  const auto folder = dir_ / "library" / "Show";
  std::ofstream(folder / "notes.txt") << "to A";
  context().files.add({0, episode("A").id, folder / "notes.txt", 4, clock_.now(), clock_.now()});
  context().downloads.set_placed(download("A").id, {});
  configure("[library]\ntemplate = \"{title}\"\n");
  const auto entries = rename();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].title, "A");
  EXPECT_EQ(entries[1].problem, "its files lie among others");
  EXPECT_EQ(names(), (Names{"B.mp3", "Show/2026-11-01 A.mp3", "Show/notes.txt"}));
  // Once alone, they are a whole.
  rename();
  EXPECT_EQ(names(), (Names{"A/2026-11-01 A.mp3", "A/notes.txt", "B.mp3"}));
}

TEST_F(RenamesTest, PathsThatAreNotAbsoluteComeToAnEnd) {
  subscribe();
  fetch_all({two_[0]});
  const auto row = context().files.list_episode(episode("A").id).front();
  context().files.set_path(row.id, "Show/a.mp3");
  context().files.add({0, episode("A").id, "/elsewhere/b.mp3", 4, clock_.now(), clock_.now()});
  context().downloads.set_placed(download("A").id, {});
  configure("[library]\ntemplate = \"{title}\"\nnfo = true\n");
  const auto entries = rename();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].problem, "outside the library");
  want_sidecars(context(), episode("A"));
  EXPECT_TRUE(context().sidecars.due(clock_.now(), 10).empty());
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
