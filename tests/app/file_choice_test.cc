#include "app/file_choice.h"

#include <gtest/gtest.h>

namespace podswarm::app {
namespace {

using engine::FilePriority;

// With the padding that a torrent may have at index 1.
const std::vector<engine::FileInfo> kFiles = {{"Show/01 intro.ogg", 100, 0},
                                              {"Show/talks/one.ogg", 2048, 2},
                                              {"Show/talks/two, b.flac", 300, 3},
                                              {"Show/cover.jpg", 5, 4}};

// The indices that are taken.
std::vector<std::uint32_t> taken(std::string_view text) {
  const auto choice = FileChoice::parse(text);
  if (!choice) {
    ADD_FAILURE() << choice.error().message;
    return {};
  }
  std::vector<std::uint32_t> out;
  for (const auto& file : kFiles) {
    if (choice->takes(file.index, file.path.string())) out.push_back(file.index);
  }
  return out;
}

using Indices = std::vector<std::uint32_t>;

TEST(FileChoice, TakesIndicesAndRangesThatMayOverlap) {
  EXPECT_EQ(taken("0"), (Indices{0}));
  EXPECT_EQ(taken("2-3"), (Indices{2, 3}));
  EXPECT_EQ(taken("4,0"), (Indices{0, 4}));
  EXPECT_EQ(taken("0-2,2-3,3"), (Indices{0, 2, 3}));
  EXPECT_EQ(taken(" 0 , 2-3 "), (Indices{0, 2, 3}));
}

TEST(FileChoice, WhatIsBeyondTheEndTakesNothing) {
  EXPECT_EQ(taken("5"), (Indices{}));
  EXPECT_EQ(taken("3-4294967295"), (Indices{3, 4}));
  EXPECT_EQ(taken("1"), (Indices{})) << "padding";
}

TEST(FileChoice, TakesPatternsOfThePathOrItsEnd) {
  EXPECT_EQ(taken("*.ogg"), (Indices{0, 2}));
  EXPECT_EQ(taken("cover.jpg"), (Indices{4}));
  EXPECT_EQ(taken("talks/*"), (Indices{2, 3}));
  EXPECT_EQ(taken("Show/talks/one.ogg"), (Indices{2}));
  EXPECT_EQ(taken("two? b.flac"), (Indices{3})) << "a comma";
  EXPECT_EQ(taken("[0-9]* intro.ogg, cover.*"), (Indices{0, 4}));
  EXPECT_EQ(taken("*.OGG"), (Indices{}));
  EXPECT_EQ(taken("over.jpg"), (Indices{})) << "not a folder's boundary";
  EXPECT_EQ(taken("0,*.jpg"), (Indices{0, 4}));
}

TEST(FileChoice, RefusesWhatIsNeither) {
  for (const char* text : {"", " ", "0,", ",", "0,,2"}) {
    const auto choice = FileChoice::parse(text);
    ASSERT_FALSE(choice) << text;
    EXPECT_EQ(choice.error().code, FileChoiceError::kEmpty) << text;
  }
  for (const char* text : {"3-2", "-", "1-", "-1", "1-2-3", "4294967296", "0,99999999999999999999"}) {
    const auto choice = FileChoice::parse(text);
    ASSERT_FALSE(choice) << text;
    EXPECT_EQ(choice.error().code, FileChoiceError::kRange) << text;
  }
}

TEST(FileChoice, SkipsWhatIsNotTaken) {
  using enum FilePriority;
  EXPECT_EQ(FileChoice::parse("2")->priorities(kFiles),
            (std::vector<FilePriority>{kSkip, kSkip, kNormal, kSkip, kSkip}));
  EXPECT_TRUE(FileChoice::parse("9,*.mp3")->priorities(kFiles).empty());
}

TEST(FileChoice, ListsIndexSizeAndPathSafely) {
  EXPECT_EQ(listing({{"a/b.ogg", 2048, 0}, {"a/\x1b[2Jc", 5, 12}}),
            "     0     2.0 KiB  a/b.ogg\n"
            "    12         5 B  a/ [2Jc\n");
}

}  // namespace
}  // namespace podswarm::app
