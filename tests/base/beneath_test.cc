// Files below a folder that others may write into, both ways of opening them.

#include "base/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace podswarm::base {
namespace {

namespace fs = std::filesystem;

using Open = Result<UniqueFd, FileError> (*)(const fs::path&, const fs::path&, int);

class Beneath : public ::testing::TestWithParam<Open> {
 protected:
  Beneath() {
    std::string name = (fs::temp_directory_path() / "podswarm-beneath-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    root_ = dir_ / "root";
    fs::create_directories(dir_ / "root" / "a" / "b");
    fs::create_directories(dir_ / "elsewhere");
    std::ofstream(dir_ / "root" / "top") << "top";
    std::ofstream(dir_ / "root" / "a" / "b" / "deep") << "deep";
    std::ofstream(dir_ / "elsewhere" / "secret") << "secret";
  }
  ~Beneath() override { fs::remove_all(dir_); }

  // What is in it, or the error's number in brackets.
  [[nodiscard]] std::string text(const fs::path& relative) const {
    const auto fd = GetParam()(root_, relative, O_RDONLY);
    if (!fd) return "(" + std::to_string(static_cast<int>(fd.error().code)) + ")";
    char buffer[64];
    const auto size = ::read(fd->get(), buffer, sizeof buffer);
    return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  static std::string error(FileError code) { return "(" + std::to_string(static_cast<int>(code)) + ")"; }

  fs::path dir_;
  fs::path root_;
};

TEST_P(Beneath, OpensWhatIsThere) {
  EXPECT_EQ(text("top"), "top");
  EXPECT_EQ(text("a/b/deep"), "deep");
  EXPECT_EQ(text("a/./b//deep"), "deep");
  EXPECT_EQ(text("nothing"), error(FileError::kNotFound));
  EXPECT_EQ(text("nothing/at/all"), error(FileError::kNotFound));
  EXPECT_EQ(text("top/below"), error(FileError::kNotFound)) << "a file is no folder";
  EXPECT_TRUE(GetParam()(root_, "a/b", O_PATH | O_DIRECTORY));
  EXPECT_TRUE(GetParam()(root_, "", O_PATH | O_DIRECTORY));
}

TEST_P(Beneath, FollowsNoLink) {
  fs::create_symlink("/etc/passwd", root_ / "passwd");
  fs::create_symlink("top", root_ / "again");
  fs::create_symlink(dir_ / "elsewhere", root_ / "a" / "out");
  fs::create_symlink("b", root_ / "a" / "c");
  for (const char* path : {"passwd", "again", "a/out/secret", "a/c/deep"}) {
    EXPECT_EQ(text(path), error(FileError::kOutside)) << path;
  }
  for (const char* path : {"passwd", "a/out"}) {
    const auto fd = GetParam()(root_, path, O_PATH);
    ASSERT_FALSE(fd) << path;
    EXPECT_EQ(fd.error().code, FileError::kOutside) << path;
  }
  EXPECT_FALSE(GetParam()(root_, "a/out", O_RDONLY | O_DIRECTORY));
}

TEST_P(Beneath, LeavesByNoOtherWay) {
  EXPECT_EQ(text("../elsewhere/secret"), error(FileError::kOutside));
  EXPECT_EQ(text("a/../../elsewhere/secret"), error(FileError::kOutside));
  EXPECT_EQ(text(dir_ / "elsewhere" / "secret"), error(FileError::kOutside));
}

TEST_P(Beneath, TheRootItselfMayBeALink) {
  fs::create_symlink("root", dir_ / "link");
  root_ = dir_ / "link";
  EXPECT_EQ(text("a/b/deep"), "deep");
  root_ = dir_ / "nothing";
  EXPECT_EQ(text("a"), error(FileError::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(BothWays, Beneath, testing::Values(&open_beneath, &open_beneath_by_steps),
                         [](const auto& one) { return one.index == 0 ? "InOneCall" : "ByStep"; });

}  // namespace
}  // namespace podswarm::base
