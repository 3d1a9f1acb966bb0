// Tags on the way into the library: into a copy, whatever happens meanwhile, and never at the download's cost.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "library/library.h"
#include "tests/library/media_bytes.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::sys_seconds kThen{std::chrono::seconds(1'600'000'000)};

std::string content(const fs::path& file) {
  const auto text = base::read_file(file, 1u << 24);
  return text ? *text : "(" + text.error().message + ")";
}

class TaggedPlace : public testing::Test {
 protected:
  TaggedPlace() {
    std::string pattern = (fs::temp_directory_path() / "podswarm-tagged-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    incoming_ = dir_ / "library/.podswarm/1";
    fs::create_directories(incoming_);
    request_.source = incoming_ / "x.mp3";
    request_.root = dir_ / "library";
    request_.relative = "Show/a.mp3";
    request_.collision_tag = "1a2b3c4d";
    request_.mtime = kThen;
    TagRequest tagging;
    tagging.tags.title = "Tides";
    tagging.tags.album = "Night Waves";
    request_.tagging = tagging;
    put(media::make_mp3());
  }
  ~TaggedPlace() override { fs::remove_all(dir_); }

  void put(const std::string& bytes) { std::ofstream(request_.source, std::ios::binary | std::ios::trunc) << bytes; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir_ / "library/Show", error)) {
      out.push_back(entry.path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path dir_;
  fs::path incoming_;
  PlaceRequest request_;
  const std::vector<std::string> one_ = {"a.mp3"};
};

TEST_F(TaggedPlace, TheFileInTheLibraryHasTagsAndItsSizeIsTold) {
  const auto placed = place(request_);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(names(), one_);
  EXPECT_EQ(read_tags(placed->path).value().title, "Tides");
  ASSERT_EQ(placed->files.size(), 1u);
  EXPECT_EQ(placed->files[0].size, fs::file_size(placed->path));
  EXPECT_GT(placed->files[0].size, media::make_mp3().size());
  EXPECT_EQ(placed->files[0].mtime, kThen);
  EXPECT_FALSE(fs::exists(request_.source));
}

TEST_F(TaggedPlace, WhatIsBeingSeededIsNotTouched) {
  request_.keep_source = true;
  const auto placed = place(request_);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_TRUE(content(request_.source) == media::make_mp3());
  EXPECT_FALSE(fs::equivalent(request_.source, placed->path));
  EXPECT_EQ(fs::hard_link_count(request_.source), 1u);
  EXPECT_EQ(read_tags(placed->path).value().title, "Tides");
}

TEST_F(TaggedPlace, WhatHasItsTagsIsLinkedAsItIs) {
  ASSERT_TRUE(write_tags(request_.source, request_.tagging->tags, TagMode::kMissing).value());
  request_.keep_source = true;
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_TRUE(fs::equivalent(request_.source, placed->path));
}

TEST_F(TaggedPlace, WhatTakesNoTagsIsPlacedAsItCame) {
  for (const std::string& bytes : {std::string("ID3 no sound at all"), std::string("%PDF-1.4"), std::string()}) {
    put(bytes);
    const auto placed = place(request_);
    ASSERT_TRUE(placed) << placed.error().message;
    EXPECT_EQ(content(placed->path), bytes);
    fs::remove(placed->path);
  }
}

TEST_F(TaggedPlace, AFolderGoesAsItIs) {
  fs::create_directories(incoming_ / "Season");
  std::ofstream(incoming_ / "Season/1.mp3", std::ios::binary) << media::make_mp3();
  request_.source = incoming_ / "Season";
  request_.relative = "Show/Season";
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_TRUE(content(dir_ / "library/Show/Season/1.mp3") == media::make_mp3());
}

TEST_F(TaggedPlace, ACopyThatACrashHasLeftHalfIsMadeAnew) {
  fs::create_directories(incoming_ / ".tagging");
  std::ofstream(incoming_ / ".tagging/x.mp3") << "half";
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_EQ(read_tags(placed->path).value().title, "Tides");
}

TEST_F(TaggedPlace, AWholeCopyOfAnEarlierAttemptIsUsed) {
  fs::create_directories(incoming_ / ".tagged-5");
  std::ofstream(incoming_ / ".tagged-5/x.mp3") << "whole";
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_EQ(content(placed->path), "whole");
}

// The process ends between moving and recording: the next start asks find_placed(), or places again.
TEST_F(TaggedPlace, AfterACrashTheFileIsKnownAgainThoughItsSizeHasChanged) {
  for (const bool seeding : {false, true}) {
    SCOPED_TRACE(seeding);
    put(media::make_mp3());
    request_.keep_source = seeding;
    const auto placed = place(request_);
    ASSERT_TRUE(placed);
    const auto found = find_placed(request_, media::make_mp3().size());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->path, placed->path);
    EXPECT_EQ(found->files[0].size, placed->files[0].size);
    if (!seeding) put(media::make_mp3());  // not yet removed when the process ended
    const auto again = place(request_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->path, placed->path);
    EXPECT_EQ(names(), one_) << "there is no second copy";
    fs::remove_all(dir_ / "library/Show");
    fs::remove_all(incoming_);
    fs::create_directories(incoming_);
  }
}

TEST_F(TaggedPlace, ATakenNameStaysWhoseItIs) {
  fs::create_directories(dir_ / "library/Show");
  std::ofstream(dir_ / "library/Show/a.mp3") << "theirs";
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->path.filename(), "a (1a2b3c4d).mp3");
  EXPECT_EQ(content(dir_ / "library/Show/a.mp3"), "theirs");
}

TEST_F(TaggedPlace, ACoverIsTakenFromAFile) {
  std::ofstream(dir_ / "cover.jpg", std::ios::binary) << media::make_jpeg();
  request_.tagging->cover = dir_ / "cover.jpg";
  const auto placed = place(request_);
  ASSERT_TRUE(placed);
  EXPECT_NE(content(placed->path).find("JFIF"), std::string::npos);
}

}  // namespace
}  // namespace podswarm::library
