#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <thread>

namespace podswarm::base {
namespace {

namespace fs = std::filesystem;

class File : public ::testing::Test {
 protected:
  File() {
    std::string name = (fs::temp_directory_path() / "podswarm-file-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~File() override { fs::remove_all(folder_); }

  void write(const char* name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::string text_of(const char* name) const { return *read_file(folder_ / name, 1 << 20); }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(File, ReadsWholeFilesUpToTheLimit) {
  write("a", "hello");
  EXPECT_EQ(*read_file(folder_ / "a", 5), "hello");
  EXPECT_EQ(*read_file(folder_ / "a", 500), "hello");
  EXPECT_EQ(read_file(folder_ / "a", 4).error().code, FileError::kTooLarge);
  write("empty", "");
  EXPECT_EQ(*read_file(folder_ / "empty", 0), "");
}

TEST_F(File, SaysWhyItCannotRead) {
  const auto missing = read_file(folder_ / "missing", 10);
  EXPECT_EQ(missing.error().code, FileError::kNotFound);
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
  EXPECT_EQ(read_file(folder_, 10).error().code, FileError::kOther);
  write("a", "");
  EXPECT_EQ(read_file(folder_ / "a" / "b", 10).error().code, FileError::kNotFound);
}

TEST_F(File, ReadsPipesUpToTheLimitToo) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::size_t limit : {11u, 10u}) {
    std::thread writer([&] { std::ofstream(pipe) << "hello world"; });
    const auto read = read_file(pipe, limit);
    writer.join();
    if (limit == 11) {
      EXPECT_EQ(*read, "hello world");
    } else {
      EXPECT_EQ(read.error().code, FileError::kTooLarge);
    }
  }
}

TEST_F(File, ReplacesAtomically) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "one"));
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "two", 0600));
  EXPECT_EQ(text_of("a"), "two");
  EXPECT_EQ(count(), 1u);
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(File, AFailedReplacementLeavesEverythingAsItWas) {
  EXPECT_EQ(write_file_atomically(folder_ / "no" / "a", "x").error().code, FileError::kNotFound);
  fs::create_directory(folder_ / "taken");
  EXPECT_FALSE(write_file_atomically(folder_ / "taken", "x"));
  EXPECT_TRUE(fs::is_directory(folder_ / "taken"));
  EXPECT_EQ(count(), 1u);
}

TEST_F(File, RenamesWithoutReplacing) {
  write("a", "one");
  ASSERT_TRUE(rename_without_replacing(folder_ / "a", folder_ / "b"));
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  EXPECT_EQ(text_of("b"), "one");
  write("c", "three");
  const auto taken = rename_without_replacing(folder_ / "c", folder_ / "b");
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("exists"), std::string::npos);
  EXPECT_EQ(text_of("b"), "one");
  EXPECT_EQ(text_of("c"), "three");
  EXPECT_EQ(rename_without_replacing(folder_ / "x", folder_ / "y").error().code, FileError::kNotFound);
}

// What a mount says that has neither.
template <int kError>
int lacks(const char*, const char*) {
  errno = kError;
  return -1;
}

TEST_F(File, RenamesWhereNeitherNoreplaceNorLinksAreKnown) {
  for (const RenameCalls calls : {RenameCalls{lacks<EINVAL>, lacks<EPERM>}, RenameCalls{lacks<ENOSYS>, lacks<EOPNOTSUPP>},
                                  RenameCalls{lacks<EINVAL>, lacks<ENOSYS>}, RenameCalls{lacks<EINVAL>, lacks<EMLINK>}}) {
    write("a", "one");
    ASSERT_TRUE(rename_without_replacing(folder_ / "a", folder_ / "b", calls));
    EXPECT_EQ(text_of("b"), "one");
    EXPECT_EQ(count(), 1u);
    write("c", "three");
    EXPECT_EQ(rename_without_replacing(folder_ / "c", folder_ / "b", calls).error().code, FileError::kExists);
    fs::create_symlink("nowhere", folder_ / "link");
    EXPECT_EQ(rename_without_replacing(folder_ / "c", folder_ / "link", calls).error().code, FileError::kExists);
    EXPECT_EQ(text_of("b"), "one");
    EXPECT_EQ(text_of("c"), "three");
    EXPECT_EQ(rename_without_replacing(folder_ / "x", folder_ / "y", calls).error().code, FileError::kNotFound);
    for (const char* name : {"b", "c", "link"}) fs::remove(folder_ / name);
  }
}

TEST_F(File, RenamesFoldersWhereNoreplaceIsNotKnown) {
  const RenameCalls nfs{lacks<EINVAL>, RenameCalls::system().link};
  fs::create_directory(folder_ / "a");
  write("a/inside", "one");
  ASSERT_TRUE(rename_without_replacing(folder_ / "a", folder_ / "b", nfs));
  EXPECT_EQ(text_of("b/inside"), "one");
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  // rename(2) would replace an empty folder.
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(rename_without_replacing(folder_ / "b", folder_ / "empty", nfs).error().code, FileError::kExists);
  EXPECT_TRUE(fs::is_empty(folder_ / "empty"));
  EXPECT_EQ(text_of("b/inside"), "one");
}

TEST_F(File, OtherTroubleWithARenameIsNoReasonForAPlainOne) {
  write("a", "one");
  EXPECT_EQ(rename_without_replacing(folder_ / "a", folder_ / "b", {lacks<EXDEV>, lacks<EPERM>}).error().code,
            FileError::kCrossDevice);
  EXPECT_EQ(rename_without_replacing(folder_ / "a", folder_ / "b", {lacks<EINVAL>, lacks<EIO>}).error().code,
            FileError::kOther);
  EXPECT_EQ(text_of("a"), "one");
}

TEST_F(File, DescriptorsCloseThemselvesOnce) {
  UniqueFd first(::open(folder_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(first);
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the contract
  EXPECT_EQ(second.get(), number);
  second.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
  UniqueFd third(::open(folder_.c_str(), O_RDONLY | O_CLOEXEC));
  const int released = third.release();
  EXPECT_FALSE(third);
  EXPECT_EQ(::close(released), 0);
}

TEST_F(File, ErrnoMapsToItsKind) {
  EXPECT_EQ(file_error(ENOENT), FileError::kNotFound);
  EXPECT_EQ(file_error(EACCES), FileError::kNoPermission);
  EXPECT_EQ(file_error(ENOSPC), FileError::kNoSpace);
  EXPECT_EQ(file_error(EDQUOT), FileError::kNoSpace);
  EXPECT_EQ(file_error(EFBIG), FileError::kTooLarge);
  EXPECT_EQ(file_error(EIO), FileError::kOther);
}

}  // namespace
}  // namespace podswarm::base
