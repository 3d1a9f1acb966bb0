#include "library/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/file.h"
#include "library/below.h"
#include "library/place_tree.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::chrono::sys_seconds kThen{std::chrono::seconds(1'600'000'000)};

std::string content(const fs::path& file) {
  const auto text = base::read_file(file, 1u << 24);
  return text ? *text : "(" + text.error().message + ")";
}

fs::path temporary_folder(const fs::path& where) {
  std::string name = (where / "podswarm-library-XXXXXX").string();
  return ::mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
}

class PlaceTest : public testing::Test {
 protected:
  PlaceTest() : folder_(temporary_folder(fs::temp_directory_path())) {}
  ~PlaceTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    if (!elsewhere_.empty()) fs::remove_all(elsewhere_, ignored);
  }

  fs::path write(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  PlaceRequest request(const fs::path& source, const fs::path& relative) {
    PlaceRequest out;
    out.source = source;
    out.root = folder_ / "library";
    out.relative = relative;
    out.collision_tag = "1a2b3c4d";
    return out;
  }
  // All names below the library.
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "library")) {
      if (!entry.is_directory()) out.push_back(entry.path().lexically_relative(folder_ / "library").string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  // A folder on another file system; empty where there is none.
  fs::path elsewhere() {
    elsewhere_ = temporary_folder("/dev/shm");
    struct stat here {};
    struct stat there {};
    if (elsewhere_.empty() || ::stat(folder_.c_str(), &here) != 0 || ::stat(elsewhere_.c_str(), &there) != 0) return {};
    return here.st_dev == there.st_dev ? fs::path() : elsewhere_;
  }

  fs::path folder_;
  fs::path elsewhere_;
};

TEST_F(PlaceTest, MovesAFileAndSaysWhatItIs) {
  auto wanted = request(write(folder_ / "in" / "a.part", "hello"), "Show/2026/a.mp3");
  wanted.mtime = kThen;
  const auto placed = place(wanted);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->method, PlaceMethod::kMoved);
  EXPECT_EQ(placed->path, folder_ / "library/Show/2026/a.mp3");
  ASSERT_EQ(placed->files.size(), 1u);
  EXPECT_EQ(placed->files[0].size, 5u);
  EXPECT_EQ(placed->files[0].mtime, kThen);
  EXPECT_EQ(content(placed->path), "hello");
  EXPECT_FALSE(fs::exists(wanted.source));
}

TEST_F(PlaceTest, NeverOverwrites) {
  write(folder_ / "library/Show/a.mp3", "old");
  const auto second = place(request(write(folder_ / "2", "second"), "Show/a.mp3"));
  const auto third = place(request(write(folder_ / "3", "third"), "Show/a.mp3"));
  ASSERT_TRUE(second && third);
  EXPECT_EQ(content(folder_ / "library/Show/a.mp3"), "old");
  EXPECT_EQ(second->path.filename(), "a (1a2b3c4d).mp3");
  EXPECT_EQ(content(second->path), "second");
  EXPECT_EQ(third->path.filename(), "a (1a2b3c4d 2).mp3");
  EXPECT_EQ(content(third->path), "third");
}

TEST_F(PlaceTest, NumbersWhereThereIsNoTag) {
  for (const char* name : {"1", "2", "3"}) {
    auto wanted = request(write(folder_ / name, name), "a.mp3");
    wanted.collision_tag = "";
    ASSERT_TRUE(place(wanted));
  }
  EXPECT_THAT(names(), testing::ElementsAre("a (2).mp3", "a (3).mp3", "a.mp3"));
}

TEST_F(PlaceTest, ADanglingLinkIsTakenToo) {
  fs::create_directories(folder_ / "library");
  fs::create_symlink("/nowhere", folder_ / "library/a.mp3");
  const auto placed = place(request(write(folder_ / "1", "x"), "a.mp3"));
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->path.filename(), "a (1a2b3c4d).mp3");
}

TEST_F(PlaceTest, SharesAFileThatIsBeingSeeded) {
  auto wanted = request(write(folder_ / "seed/a.mp3", "hello"), "Show/a.mp3");
  wanted.keep_source = true;
  const auto placed = place(wanted);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->method, PlaceMethod::kLinked);
  EXPECT_TRUE(fs::equivalent(wanted.source, placed->path));
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(PlaceTest, PlacingASharedFileAgainChangesNothing) {
  auto wanted = request(write(folder_ / "seed/a.mp3", "hello"), "Show/a.mp3");
  wanted.keep_source = true;
  ASSERT_TRUE(place(wanted));
  const auto again = place(wanted);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->method, PlaceMethod::kAlreadyThere);
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(PlaceTest, MovesAFolderWhole) {
  write(folder_ / "in/Season/cd1/1.mp3", "one");
  write(folder_ / "in/Season/cd2/2.mp3", "two!");
  const auto placed = place(request(folder_ / "in/Season", "Show/Season"));
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->path, folder_ / "library/Show/Season");
  ASSERT_EQ(placed->files.size(), 2u);
  EXPECT_EQ(placed->files[1].path, folder_ / "library/Show/Season/cd2/2.mp3");
  EXPECT_EQ(placed->files[1].size, 4u);
  EXPECT_FALSE(fs::exists(folder_ / "in/Season"));
}

TEST_F(PlaceTest, FoldersDoNotMixWithOthersOfTheirName) {
  write(folder_ / "library/Season/old.mp3", "old");
  write(folder_ / "in/Season/new.mp3", "new");
  ASSERT_TRUE(place(request(folder_ / "in/Season", "Season")));
  EXPECT_THAT(names(), testing::ElementsAre("Season (1a2b3c4d)/new.mp3", "Season/old.mp3"));
}

TEST_F(PlaceTest, SharesAFolderThatIsBeingSeeded) {
  write(folder_ / "in/Season/cd1/1.mp3", "one");
  write(folder_ / "in/Season/2.mp3", "two");
  auto wanted = request(folder_ / "in/Season", "Season");
  wanted.keep_source = true;
  ASSERT_TRUE(place(wanted));
  EXPECT_TRUE(fs::equivalent(folder_ / "in/Season/cd1/1.mp3", folder_ / "library/Season/cd1/1.mp3"));
  const auto again = place(wanted);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->method, PlaceMethod::kAlreadyThere);
  EXPECT_EQ(names().size(), 2u);
}

TEST_F(PlaceTest, CopiesToAnotherFileSystemAndLeavesNothingHalf) {
  const auto other = elsewhere();
  if (other.empty()) GTEST_SKIP() << "there is no second file system to write to";
  const std::string big(3'000'000, 'b');
  auto wanted = request(write(folder_ / "in/a.mp3", big), "Show/a.mp3");
  wanted.root = other / "library";
  wanted.mtime = kThen;
  const auto moved = place(wanted);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->method, PlaceMethod::kCopied);
  EXPECT_EQ(content(moved->path), big);
  EXPECT_EQ(moved->files[0].mtime, kThen);
  EXPECT_FALSE(fs::exists(wanted.source));

  write(folder_ / "in/Season/x/1.mp3", "one");
  wanted.source = folder_ / "in/Season";
  wanted.relative = "Season";
  wanted.keep_source = true;
  const auto kept = place(wanted);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->method, PlaceMethod::kCopied);
  EXPECT_TRUE(fs::exists(folder_ / "in/Season/x/1.mp3"));
  EXPECT_EQ(content(other / "library/Season/x/1.mp3"), "one");
  for (const auto& entry : fs::recursive_directory_iterator(other)) {
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::EndsWith(".part")));
  }
}

TEST_F(PlaceTest, FindsWhatWasMovedBeforeACrash) {
  write(folder_ / "library/a.mp3", "another one");
  const auto wanted = request(write(folder_ / "in/a", "hello"), "a.mp3");
  ASSERT_TRUE(place(wanted));
  const auto again = place(wanted);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, PlaceError::kSourceMissing);
  const auto found = find_placed(wanted, 5);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path.filename(), "a (1a2b3c4d).mp3");
  EXPECT_FALSE(find_placed(wanted, 6));
}

TEST_F(PlaceTest, RefusesPathsThatLeaveTheLibrary) {
  const auto source = write(folder_ / "a", "x");
  for (const char* path : {"", "/etc/x", "../x", "a/../../x", "a/", "./a"}) {
    const auto placed = place(request(source, path));
    ASSERT_FALSE(placed) << path;
    EXPECT_EQ(placed.error().code, PlaceError::kBadPath) << path;
  }
  EXPECT_TRUE(fs::exists(source));
}

TEST_F(PlaceTest, RefusesLinksInsideASource) {
  write(folder_ / "in/Season/1.mp3", "one");
  fs::create_symlink("/etc/passwd", folder_ / "in/Season/2.mp3");
  const auto placed = place(request(folder_ / "in/Season", "Season"));
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, PlaceError::kIo);
  EXPECT_THAT(placed.error().message, HasSubstr("2.mp3"));
}

TEST_F(PlaceTest, TakesNamesUpToTheFileSystemsLimitAndReportsLongerOnes) {
  const auto fits = place(request(write(folder_ / "1", "x"), std::string(251, 'n') + ".mp3"));
  ASSERT_TRUE(fits) << fits.error().message;
  const auto source = write(folder_ / "2", "y");
  const auto too_long = place(request(source, std::string(256, 'n') + ".mp3"));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, PlaceError::kNameTooLong);
  EXPECT_TRUE(fs::exists(source));
  // A collision shortens the name to make room for its tag.
  const auto tagged = place(request(source, std::string(251, 'n') + ".mp3"));
  ASSERT_TRUE(tagged) << tagged.error().message;
  EXPECT_THAT(tagged->path.filename().string(), testing::EndsWith("n (1a2b3c4d).mp3"));
}

TEST_F(PlaceTest, AFileInTheWayOfAFolderIsNamed) {
  write(folder_ / "library/Show", "a file");
  const auto placed = place(request(write(folder_ / "1", "x"), "Show/2026/a.mp3"));
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, PlaceError::kIo);
  EXPECT_THAT(placed.error().message, HasSubstr("library/Show: is there and is no folder"));
}

TEST_F(PlaceTest, ReportsAFolderThatMayNotBeWritten) {
  const auto source = write(folder_ / "in/1", "x");
  fs::create_directories(folder_ / "library/Show");
  ::chmod((folder_ / "library/Show").c_str(), 0555);
  // For the superuser no folder is closed: the attempt is made as nobody.
  const bool superuser = ::geteuid() == 0;
  if (superuser) {
    ::chmod(folder_.c_str(), 0755);
    ASSERT_EQ(::chown((folder_ / "in").c_str(), 65534, 65534), 0);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto placed = place(request(source, "Show/a.mp3"));
  const auto deeper = place(request(source, "Show/2026/a.mp3"));
  ASSERT_TRUE(!superuser || ::seteuid(0) == 0);
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, PlaceError::kNoPermission);
  EXPECT_THAT(placed.error().message, HasSubstr((folder_ / "library/Show").string()));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, PlaceError::kNoPermission);
  EXPECT_TRUE(fs::exists(source));
  ::chmod((folder_ / "library/Show").c_str(), 0755);
}

TEST(PlaceErrors, FollowErrno) {
  EXPECT_EQ(place_error(ENOSPC), PlaceError::kDiskFull);
  EXPECT_EQ(place_error(EDQUOT), PlaceError::kDiskFull);
  EXPECT_EQ(place_error(EROFS), PlaceError::kReadOnly);
  EXPECT_EQ(place_error(EACCES), PlaceError::kNoPermission);
  EXPECT_EQ(place_error(ENAMETOOLONG), PlaceError::kNameTooLong);
  EXPECT_EQ(place_error(EIO), PlaceError::kIo);
}

TEST_F(PlaceTest, DeletingTakesEmptyFoldersAlongButNotTheLibrary) {
  const fs::path root = folder_ / "library";
  write(root / "Show/2026/a.mp3", "a");
  write(root / "Show/b.mp3", "b");
  ASSERT_TRUE(remove_file(root / "Show/2026/a.mp3", root));
  EXPECT_FALSE(fs::exists(root / "Show/2026"));
  EXPECT_TRUE(fs::exists(root / "Show/b.mp3"));
  ASSERT_TRUE(remove_file(root / "Show/b.mp3", root));
  EXPECT_FALSE(fs::exists(root / "Show"));
  EXPECT_TRUE(fs::exists(root));
  EXPECT_TRUE(remove_file(root / "Show/b.mp3", root));
}

TEST_F(PlaceTest, DeletesNothingOutsideTheLibrary) {
  const auto outside = write(folder_ / "outside", "x");
  fs::create_directories(folder_ / "library");
  EXPECT_FALSE(remove_file(outside, folder_ / "library"));
  EXPECT_FALSE(remove_file(folder_ / "library/../outside", folder_ / "library"));
  EXPECT_FALSE(remove_file(folder_ / "library", folder_ / "library"));
  EXPECT_TRUE(fs::exists(outside));
}

TEST_F(PlaceTest, DeletingFollowsNoLinkOutOfTheLibrary) {
  const fs::path root = folder_ / "library";
  const auto there = write(folder_ / "elsewhere/Show/a.mp3", "a");
  fs::create_directories(root / "Inner");
  fs::create_symlink(folder_ / "elsewhere/Show", root / "Show");
  fs::create_symlink(there, root / "Inner/link.mp3");
  const auto refused = remove_file(root / "Show/a.mp3", root);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, PlaceError::kBadPath);
  EXPECT_TRUE(fs::exists(there));
  ASSERT_TRUE(remove_file(root / "Inner/link.mp3", root)) << "the link is the library's";
  EXPECT_FALSE(fs::exists(fs::symlink_status(root / "Inner")));
  EXPECT_TRUE(fs::exists(there));
  fs::create_directories(folder_ / "elsewhere/Show/empty/deep");
  remove_empty_folders(root / "Show/empty/deep", root);
  EXPECT_TRUE(fs::exists(folder_ / "elsewhere/Show/empty/deep"));
}

TEST_F(PlaceTest, ALibraryMayBeReachedByALink) {
  const auto file = write(folder_ / "disk/Show/a.mp3", "a");
  fs::create_symlink(folder_ / "disk", folder_ / "library");
  EXPECT_TRUE(lies_below(folder_ / "library/Show/a.mp3", folder_ / "library"));
  ASSERT_TRUE(remove_file(folder_ / "library/Show/a.mp3", folder_ / "library"));
  EXPECT_FALSE(fs::exists(folder_ / "disk/Show"));
  EXPECT_TRUE(fs::exists(folder_ / "disk"));
}

TEST(Below, TheCommonFolderOfPathsWithoutOneIsNone) {
  using Paths = std::vector<fs::path>;
  EXPECT_EQ(common_folder(Paths{"/a/b/1", "/a/b/c/2"}), "/a/b");
  EXPECT_EQ(common_folder(Paths{"/a/b/1", "/c/2"}), "/");
  EXPECT_EQ(common_folder(Paths{"/a/1", "a/2"}), "");
  EXPECT_EQ(common_folder(Paths{"a/1", "b/2"}), "");
  EXPECT_EQ(common_folder(Paths{"a/1", "/a/2"}), "");
  EXPECT_EQ(common_folder(Paths{}), "");
}

TEST_F(PlaceTest, FreeSpaceIsThatOfTheNearestFolder) {
  const auto free = free_bytes(folder_ / "not/there/yet");
  ASSERT_TRUE(free);
  EXPECT_GT(*free, 0u);
}

TEST_F(PlaceTest, StoredBytesCountFilesBelowAndNoHoles) {
  const auto folder = folder_ / "partial";
  std::filesystem::create_directories(folder / "deep");
  std::ofstream(folder / "deep/a") << std::string(3000, 'x');
  std::ofstream(folder / "b") << std::string(70'000, 'x');
  std::ofstream(folder / "hole").close();
  std::filesystem::resize_file(folder / "hole", 50u << 20);
  std::filesystem::create_symlink(folder / "b", folder / "link");
  EXPECT_EQ(stored_bytes(folder), 73'000u);
  EXPECT_EQ(stored_bytes(folder / "b"), 70'000u);
  EXPECT_EQ(stored_bytes(folder / "nothing"), 0u);
}

TEST(CollisionTag, IsShortAndStable) {
  EXPECT_EQ(collision_tag("abc").size(), 8u);
  EXPECT_EQ(collision_tag("abc"), collision_tag("abc"));
  EXPECT_NE(collision_tag("abc"), collision_tag("abd"));
}

}  // namespace
}  // namespace podswarm::library
