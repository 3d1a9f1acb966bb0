// Names on every file system, and who gets which: what is taken, plans of renames, and the renames themselves.

#include "library/renaming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "base/file.h"
#include "library/name_fold.h"
#include "library/name_index.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;

// "Café" with one character for its last letter, and with two.
constexpr const char* kComposed = "Caf\u00e9.mp3";
constexpr const char* kDecomposed = "Cafe\u0301.mp3";

TEST(NameFold, LetterCaseAndAccentsAside) {
  EXPECT_EQ(composed(kDecomposed), kComposed);
  EXPECT_EQ(composed(kComposed), kComposed);
  EXPECT_EQ(folded("CAFE\u0301.MP3"), folded(kComposed));
  EXPECT_EQ(folded("Stra\u00dfe"), folded("STRASSE"));
  EXPECT_NE(folded("Cafe.mp3"), folded(kComposed));
  EXPECT_EQ(composed("\xff\xfe"), "\xff\xfe");
  EXPECT_EQ(folded("A\xff"), folded("a\xff"));
}

class RenamingTest : public testing::Test {
 protected:
  RenamingTest() {
    std::string name = (fs::temp_directory_path() / "podswarm-renaming-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~RenamingTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  fs::path write(const fs::path& relative, const std::string& text = "x") {
    const fs::path path = root_ / relative;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string read(const fs::path& relative) {
    const auto text = base::read_file(root_ / relative, 1000);
    return text ? *text : "(nothing)";
  }

  fs::path root_;
};

TEST_F(RenamingTest, ANameIsTakenByWhatSomeFileSystemTakesForIt) {
  write("Ep.mp3");
  write(kDecomposed);
  NameIndex names;
  EXPECT_TRUE(names.taken(root_ / "Ep.mp3"));
  EXPECT_TRUE(names.taken(root_ / "EP.mp3"));
  EXPECT_TRUE(names.taken(root_ / kComposed));
  EXPECT_FALSE(names.taken(root_ / "Ep.mp4"));
  EXPECT_FALSE(names.taken(root_ / "no such folder" / "Ep.mp3"));
  EXPECT_FALSE(names.has_double(root_ / "Ep.mp3"));
  EXPECT_TRUE(names.has_double(root_ / "ep.mp3"));
  EXPECT_FALSE(names.has_double(root_ / "ep.mp3", root_ / "Ep.mp3"));
}

TEST_F(RenamingTest, PlacingKeepsClearOfDoubles) {
  write("library/Show/Tides.mp3", "first");
  PlaceRequest request;
  request.source = write("in/1", "second");
  request.root = root_ / "library";
  request.relative = "Show/tides.mp3";
  request.collision_tag = "1a2b3c4d";
  const auto placed = place(request);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->path.filename(), "tides (1a2b3c4d).mp3");
  EXPECT_EQ(read("library/Show/Tides.mp3"), "first");
  const auto found = find_placed(request, 6);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, placed->path);
}

TEST_F(RenamingTest, MakesFoldersAndRemovesEmptyOnes) {
  const auto from = write("library/Old/2026/a.mp3", "sound");
  ASSERT_TRUE(rename_placed(from, root_ / "library/New/b.mp3", root_ / "library"));
  EXPECT_EQ(read("library/New/b.mp3"), "sound");
  EXPECT_FALSE(fs::exists(root_ / "library/Old"));
  const auto last = root_ / "library/New/b.mp3";
  ASSERT_TRUE(rename_placed(last, root_ / "elsewhere.mp3", root_ / "library"));
  EXPECT_TRUE(fs::exists(root_ / "library")) << "the library itself stays";
}

TEST_F(RenamingTest, NeverWritesOverAnything) {
  const auto from = write("a.mp3", "a");
  const auto to = write("b.mp3", "b");
  const auto result = rename_placed(from, to, root_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, PlaceError::kCollision);
  EXPECT_EQ(read("a.mp3"), "a");
  EXPECT_EQ(read("b.mp3"), "b");
}

TEST_F(RenamingTest, WhatIsGoneIsReported) {
  const auto result = rename_placed(root_ / "gone.mp3", root_ / "x.mp3", root_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, PlaceError::kSourceMissing);
}

TEST_F(RenamingTest, AFolderGoesWhole) {
  write("library/Show/Old/cd1/1.mp3", "1");
  write("library/Show/Old/cd2/2.mp3", "2");
  ASSERT_TRUE(rename_placed(root_ / "library/Show/Old", root_ / "library/Show/New", root_ / "library"));
  EXPECT_EQ(read("library/Show/New/cd1/1.mp3"), "1");
  EXPECT_EQ(read("library/Show/New/cd2/2.mp3"), "2");
}

// ---- plans ----

// A file system that takes names alike for one: folded name → who is there. 0 is a stranger.
using Disk = std::map<std::string, std::int64_t>;

std::vector<Rename> plan(const std::vector<RenameWish>& wishes, const Disk& disk) {
  return plan_renames(wishes, [&](const fs::path& path) { return disk.contains(folded(path.string())); });
}

Disk disk_of(const std::vector<RenameWish>& wishes) {
  Disk disk;
  for (const auto& wish : wishes) disk[folded(wish.from.string())] = wish.id;
  return disk;
}

// One after the other, as they are carried out.
std::vector<Rename> steps_of(const std::vector<Rename>& renames) {
  std::vector<Rename> steps;
  std::vector<Rename> last;
  for (const auto& rename : renames) {
    if (rename.via.empty()) {
      steps.push_back(rename);
    } else {
      steps.push_back({rename.id, rename.from, rename.via, {}, false});
      last.push_back({rename.id, rename.via, rename.to, {}, false});
    }
    if (rename.with_next) continue;
    steps.insert(steps.end(), last.begin(), last.end());
    last.clear();
  }
  EXPECT_TRUE(last.empty());
  return steps;
}

std::vector<std::string> shown(const std::vector<Rename>& renames) {
  std::vector<std::string> out;
  for (const auto& step : steps_of(renames)) out.push_back(step.from.string() + " " + step.to.string());
  return out;
}

using Lines = std::vector<std::string>;

TEST(RenamePlan, WhatIsRightStays) {
  const std::vector<RenameWish> wishes{{1, "/l/a.mp3", "/l/a.mp3", "t1"}};
  EXPECT_TRUE(plan(wishes, disk_of(wishes)).empty());
}

TEST(RenamePlan, WhoLeavesGoesBeforeWhoComes) {
  const std::vector<RenameWish> wishes{
      {1, "/l/a.mp3", "/l/b.mp3", "t1"}, {2, "/l/b.mp3", "/l/c.mp3", "t2"}, {3, "/l/c.mp3", "/l/d.mp3", "t3"}};
  EXPECT_EQ(shown(plan(wishes, disk_of(wishes))),
            (Lines{"/l/c.mp3 /l/d.mp3", "/l/b.mp3 /l/c.mp3", "/l/a.mp3 /l/b.mp3"}));
}

TEST(RenamePlan, AStrangersNameIsLeftToIt) {
  const std::vector<RenameWish> wishes{{1, "/l/a.mp3", "/l/B.mp3", "t1"}};
  Disk disk = disk_of(wishes);
  disk["/l/b.mp3"] = 0;
  EXPECT_EQ(shown(plan(wishes, disk)), Lines{"/l/a.mp3 /l/B (t1).mp3"});
}

TEST(RenamePlan, WhatHasItsTagAlreadyStays) {
  const std::vector<RenameWish> wishes{{1, "/l/b (t1).mp3", "/l/b.mp3", "t1"}, {2, "/l/b.mp3", "/l/b.mp3", "t2"}};
  EXPECT_TRUE(plan(wishes, disk_of(wishes)).empty());
}

TEST(RenamePlan, OfTwoForOneNameTheSecondGetsATag) {
  const std::vector<RenameWish> wishes{{2, "/l/y.mp3", "/l/n.mp3", "t2"}, {1, "/l/x.mp3", "/l/N.mp3", "t1"}};
  EXPECT_EQ(shown(plan(wishes, disk_of(wishes))), (Lines{"/l/x.mp3 /l/N.mp3", "/l/y.mp3 /l/n (t2).mp3"}));
}

TEST(RenamePlan, AChangeOfLetterCaseIsARename) {
  const std::vector<RenameWish> wishes{{1, "/l/a.mp3", "/l/A.mp3", "t1"}};
  EXPECT_EQ(shown(plan(wishes, disk_of(wishes))), Lines{"/l/a.mp3 /l/A.mp3"});
}

TEST(RenamePlan, TwoThatWantEachOthersNamesGetThemByWayOfAThird) {
  const std::vector<RenameWish> wishes{{1, "/l/a.mp3", "/l/b.mp3", "t1"}, {2, "/l/b.mp3", "/l/a.mp3", "t2"}};
  EXPECT_EQ(shown(plan(wishes, disk_of(wishes))),
            (Lines{"/l/b.mp3 /l/.podswarm-2.renaming", "/l/a.mp3 /l/b.mp3", "/l/.podswarm-2.renaming /l/a.mp3"}));
}

TEST(RenamePlan, ACircleLetsOthersInWhereSomebodyLeavesIt) {
  // Three in a circle, with case aside; a fourth wants a name of theirs, and a fifth the one that the fourth leaves.
  const std::vector<RenameWish> wishes{{1, "/l/a.mp3", "/l/B.mp3", "t1"},
                                       {2, "/l/b.mp3", "/l/c.mp3", "t2"},
                                       {3, "/l/c.mp3", "/l/a.mp3", "t3"},
                                       {4, "/l/d.mp3", "/l/a.mp3", "t4"},
                                       {5, "/l/e.mp3", "/l/d.mp3", "t5"}};
  const auto renames = plan(wishes, disk_of(wishes));
  EXPECT_EQ(shown(renames),
            (Lines{"/l/c.mp3 /l/.podswarm-3.renaming", "/l/b.mp3 /l/c.mp3", "/l/a.mp3 /l/B.mp3",
                   "/l/.podswarm-3.renaming /l/a.mp3", "/l/d.mp3 /l/a (t4).mp3", "/l/e.mp3 /l/d (t5).mp3"}));
}

TEST(RenamePlan, NothingIsWrittenOverAndAllComeToRest) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    const auto name = [&] {
      std::string out = "/l/";
      out += static_cast<char>((random() % 2 == 0 ? 'a' : 'A') + static_cast<int>(random() % 8));
      return out + ".mp3";
    };
    std::vector<RenameWish> wishes;
    Disk disk;
    for (std::int64_t id = 1; id <= 8; ++id) {
      const std::string from = name();
      if (!disk.emplace(folded(from), id).second) continue;
      wishes.push_back({id, from, name(), "t" + std::to_string(id)});
    }
    for (int i = 0; i < 2; ++i) disk.emplace(folded(name()), 0);
    const std::size_t files = disk.size();
    bool rests = false;
    for (int round = 0; round < 3 && !rests; ++round) {
      const auto renames = steps_of(plan(wishes, disk));
      rests = renames.empty();
      for (const auto& rename : renames) {
        const auto from = disk.find(folded(rename.from.string()));
        ASSERT_TRUE(from != disk.end() && from->second == rename.id) << "seed " << seed;
        disk.erase(from);
        ASSERT_TRUE(disk.emplace(folded(rename.to.string()), rename.id).second) << "written over; seed " << seed;
        for (auto& wish : wishes) {
          if (wish.id == rename.id) wish.from = rename.to;
        }
      }
    }
    EXPECT_TRUE(rests) << "seed " << seed;
    EXPECT_EQ(disk.size(), files);
    for (const auto& wish : wishes) {
      const auto holder = disk.find(folded(wish.wanted.string()));
      ASSERT_NE(holder, disk.end()) << "a free name that somebody wants; seed " << seed;
      if (holder->second != wish.id) continue;
      EXPECT_EQ(wish.from, wish.wanted);
    }
  }
}

}  // namespace
}  // namespace podswarm::library
