// Chapters: what the podcast namespace's JSON says, and what an MP3 has of them afterwards.

#include "library/chapters.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "base/file.h"
#include "tests/library/media_bytes.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Chapters = std::vector<Chapter>;

TEST(ChapterDocument, SaysWhenAndWhat) {
  const auto chapters = parse_chapters(R"({"version":"1.2.0","chapters":[
    {"startTime":90.5,"title":" Tides ","url":"https://example.org/t"},
    {"startTime":0,"endTime":60,"title":"Intro"},
    {"startTime":100,"img":"https://example.org/x.jpg","toc":false},
    {"title":"no time"}, {"startTime":-1}, {"startTime":1e300}, {"startTime":"5"}, 7]})");
  EXPECT_EQ(chapters, (Chapters{{0ms, 60'000ms, "Intro", "", true},
                                {90'500ms, 0ms, "Tides", "https://example.org/t", true},
                                {100'000ms, 0ms, "", "", false}}));
}

TEST(ChapterDocument, WhatIsNoneHasNone) {
  for (const char* text : {"", "{", "[]", "{}", R"({"chapters":{}})", R"({"chapters":7})", R"({"chapters":[]})"}) {
    EXPECT_TRUE(parse_chapters(text).empty()) << text;
  }
  std::string many = R"({"chapters":[)";
  for (int i = 0; i < 1001; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"startTime":1})");
  EXPECT_TRUE(parse_chapters(many + "]}").empty());
  const auto cut = parse_chapters(R"({"chapters":[{"startTime":0,"title":")" + std::string(10'000, 'x') + R"("}]})");
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].title.size(), kMaxTagBytes);
}

class EmbeddedChapters : public testing::Test {
 protected:
  EmbeddedChapters() {
    std::string pattern = (fs::temp_directory_path() / "podswarm-chapters-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    file_ = dir_ / "x.mp3";
    std::ofstream(file_, std::ios::binary) << media::make_mp3();
  }
  ~EmbeddedChapters() override { fs::remove_all(dir_); }

  [[nodiscard]] std::string bytes(const fs::path& file) const { return base::read_file(file, 1u << 24).value(); }
  [[nodiscard]] std::size_t names() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()));
  }

  fs::path dir_;
  fs::path file_;
  const Chapters some_{{0ms, 500ms, "Ebbe", "", true},
                       {500ms, 1000ms, "Flut – hoch", "https://example.org/f", true},
                       {1000ms, 2000ms, "", "", false}};
};

TEST_F(EmbeddedChapters, AreReadAgainAndTheRestStays) {
  Tags tags;
  tags.title = "Tides";
  ASSERT_TRUE(write_tags(file_, tags, TagMode::kOverwrite));
  const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file_.c_str(), times, 0), 0);
  EXPECT_TRUE(embed_chapters(file_, some_, TagMode::kMissing).value());
  EXPECT_EQ(read_chapters(file_), some_);
  EXPECT_EQ(read_tags(file_)->title, "Tides");
  EXPECT_TRUE(bytes(file_).ends_with(media::make_mp3()));
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(names(), 1u) << "no draft is left";
}

TEST_F(EmbeddedChapters, EndWhereTheNextBeginsAndWithTheFile) {
  ASSERT_TRUE(embed_chapters(file_, {{0ms, 0ms, "A", "", true}, {700ms, 0ms, "B", "", true}}, TagMode::kMissing).value());
  const auto chapters = read_chapters(file_);
  ASSERT_EQ(chapters.size(), 2u);
  EXPECT_EQ(chapters[0].end, 700ms);
  EXPECT_GT(chapters[1].end, 1500ms);
}

TEST_F(EmbeddedChapters, OfTheFilesOwnStayUnlessTheyAreToBeReplaced) {
  ASSERT_TRUE(embed_chapters(file_, some_, TagMode::kMissing).value());
  const Chapters others{{0ms, 2000ms, "All of it", "", true}};
  const auto before = bytes(file_);
  EXPECT_FALSE(embed_chapters(file_, others, TagMode::kMissing).value());
  EXPECT_FALSE(embed_chapters(file_, some_, TagMode::kOverwrite).value());
  EXPECT_TRUE(bytes(file_) == before);
  EXPECT_TRUE(embed_chapters(file_, others, TagMode::kOverwrite).value());
  EXPECT_EQ(read_chapters(file_), others);
}

TEST_F(EmbeddedChapters, WhoSharesTheFileKeepsItAsItWas) {
  fs::create_hard_link(file_, dir_ / "seeded.mp3");
  ASSERT_TRUE(embed_chapters(file_, some_, TagMode::kMissing).value());
  EXPECT_TRUE(bytes(dir_ / "seeded.mp3") == media::make_mp3());
  EXPECT_EQ(read_chapters(file_), some_);
}

TEST_F(EmbeddedChapters, OtherFilesAreLeftAlone) {
  std::ofstream(file_, std::ios::binary) << media::make_m4a();
  EXPECT_FALSE(embed_chapters(file_, some_, TagMode::kOverwrite));
  EXPECT_TRUE(bytes(file_) == media::make_m4a());
  EXPECT_FALSE(embed_chapters(dir_ / "gone.mp3", some_, TagMode::kOverwrite).value());
  fs::create_symlink(file_, dir_ / "link.mp3");
  EXPECT_FALSE(embed_chapters(dir_ / "link.mp3", some_, TagMode::kOverwrite).value());
  EXPECT_EQ(names(), 2u);
}

}  // namespace
}  // namespace podswarm::library
