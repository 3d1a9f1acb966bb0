// Tags that are written are read again, and the sound stays what it was.

#include "library/tags.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "base/file.h"
#include "tests/library/media_bytes.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Kind {
  std::string name;
  std::function<std::string(unsigned)> make;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}

const std::vector<Kind> kKinds = {
    {"mp3", [](unsigned seed) { return media::make_mp3(80, seed); }},
    {"m4a", [](unsigned seed) { return media::make_m4a(seed); }},
    {"flac", [](unsigned seed) { return media::make_flac(seed); }},
    {"opus", [](unsigned seed) { return media::make_opus(seed); }},
    {"vorbis", [](unsigned seed) { return media::make_vorbis(seed); }},
};

Tags some_tags() {
  Tags tags;
  tags.title = "Ebbe & Flut – Folge 3";
  tags.album = "Night Waves";
  tags.artist = "Jane Doe";
  tags.genre = "Podcast";
  tags.date = "2026-11-16";
  tags.comment = "What the tide\nbrings.";
  tags.guid = "tag:example.org,2026:3";
  tags.feed_url = "https://example.org/feed.xml";
  tags.track = 3;
  tags.disc = 2;
  tags.podcast = true;
  return tags;
}

class TagsOfAKind : public testing::TestWithParam<Kind> {
 protected:
  TagsOfAKind() {
    std::string pattern = (fs::temp_directory_path() / "podswarm-tags-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    file_ = dir_ / "x.bin";
    put(GetParam().make(1));
  }
  ~TagsOfAKind() override { fs::remove_all(dir_); }

  void put(const std::string& content) { std::ofstream(file_, std::ios::binary | std::ios::trunc) << content; }
  [[nodiscard]] std::string content() const { return base::read_file(file_, 1u << 20).value(); }
  // The name tells nothing: the bytes do.
  fs::path dir_;
  fs::path file_;
};

TEST_P(TagsOfAKind, AreReadAsTheyWereWritten) {
  ASSERT_TRUE(lacks_tags(file_, some_tags(), TagMode::kMissing).value());
  const auto written = write_tags(file_, some_tags(), TagMode::kMissing);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(*written);
  auto read = read_tags(file_).value();
  ASSERT_TRUE(read.duration);
  EXPECT_NEAR(static_cast<double>(read.duration->count()), 2, 1);
  read.duration.reset();
  Tags wanted = some_tags();
  const bool has_flag = GetParam().name == "mp3" || GetParam().name == "m4a";
  wanted.podcast = has_flag;
  EXPECT_EQ(read, wanted) << read.comment << '|' << read.guid << '|' << read.feed_url << '|' << read.date;
}

TEST_P(TagsOfAKind, ASecondTimeChangesNothing) {
  const std::string cover = media::make_jpeg();
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kOverwrite, cover).value());
  const auto before = content();
  for (const auto mode : {TagMode::kMissing, TagMode::kOverwrite}) {
    EXPECT_FALSE(lacks_tags(file_, some_tags(), mode, cover).value());
    EXPECT_FALSE(write_tags(file_, some_tags(), mode, cover).value());
  }
  EXPECT_TRUE(content() == before);
}

TEST_P(TagsOfAKind, MissingKeepsWhatIsThereAndOverwriteDoesNot) {
  Tags own;
  own.title = "As the publisher has it";
  own.comment = "And says";
  ASSERT_TRUE(write_tags(file_, own, TagMode::kOverwrite).value());
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kMissing).value());
  auto read = read_tags(file_).value();
  EXPECT_EQ(read.title, own.title);
  EXPECT_EQ(read.comment, own.comment);
  EXPECT_EQ(read.album, "Night Waves");
  Tags other;
  other.title = "Another";
  ASSERT_TRUE(write_tags(file_, other, TagMode::kOverwrite).value());
  read = read_tags(file_).value();
  EXPECT_EQ(read.title, "Another");
  EXPECT_EQ(read.album, "Night Waves") << "what is not given stays";
}

TEST_P(TagsOfAKind, SoundIsNotTouched) {
  const std::string sound = content().substr(content().size() - 180);
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kMissing, media::make_jpeg()).value());
  EXPECT_TRUE(content().ends_with(sound));
}

TEST_P(TagsOfAKind, ACoverIsEmbeddedOnce) {
  const std::string cover = media::make_jpeg(7);
  ASSERT_TRUE(write_tags(file_, {}, TagMode::kMissing, cover).value());
  // Comments of Ogg files are text.
  const bool is_ogg = content().starts_with("OggS");
  EXPECT_EQ(content().find("JFIF") == std::string::npos, is_ogg);
  if (!is_ogg) {
    EXPECT_NE(content().find(cover.substr(0, 60)), std::string::npos);
  }
  EXPECT_FALSE(lacks_tags(file_, {}, TagMode::kMissing, media::make_jpeg(8)).value());
  EXPECT_TRUE(lacks_tags(file_, {}, TagMode::kOverwrite, media::make_jpeg(8)).value());
  EXPECT_FALSE(lacks_tags(file_, {}, TagMode::kOverwrite, "no image").value());
}

TEST_P(TagsOfAKind, AWebpCoverIsEmbeddedWhereTheFormatKnowsIt) {
  const std::string cover = media::make_webp();
  const bool is_mp4 = GetParam().name == "m4a";
  EXPECT_EQ(lacks_tags(file_, {}, TagMode::kMissing, cover).value(), !is_mp4);
  EXPECT_EQ(write_tags(file_, {}, TagMode::kMissing, cover).value(), !is_mp4);
  EXPECT_FALSE(lacks_tags(file_, {}, TagMode::kOverwrite, cover).value());
  if (GetParam().name == "mp3" || GetParam().name == "flac") {
    EXPECT_NE(content().find("image/webp"), std::string::npos);
    EXPECT_NE(content().find(cover.substr(0, 60)), std::string::npos);
  }
}

// Whatever is cut off, the answer is tags or an error.
TEST_P(TagsOfAKind, ACutFileIsNoTrouble) {
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kMissing, media::make_jpeg()).value());
  const auto whole = content();
  for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 2500); size += 13) {
    put(whole.substr(0, size));
    const auto read = read_tags(file_);
    EXPECT_TRUE(!read || read->title.empty() || read->title == some_tags().title) << size;
  }
}

TEST_P(TagsOfAKind, HostileTextIsMendedAndCut) {
  Tags tags;
  tags.title = std::string("a\xFFz");
  tags.comment = std::string(100'000, 'x');
  ASSERT_TRUE(write_tags(file_, tags, TagMode::kMissing).value());
  const auto read = read_tags(file_).value();
  EXPECT_EQ(read.title, "a\xEF\xBF\xBDz");
  EXPECT_EQ(read.comment.size(), kMaxTagBytes);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TagsOfAKind, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return kind.param.name; });

class Tagging : public testing::Test {
 protected:
  ~Tagging() override { fs::remove(file_); }
  void put(const std::string& content) { std::ofstream(file_, std::ios::binary | std::ios::trunc) << content; }
  fs::path file_ = fs::path(testing::TempDir()) / ("podswarm-tagging-" + std::to_string(::getpid()) + ".mp3");
};

TEST_F(Tagging, AnMp4KnowsWhereItsSoundHasGone) {
  const std::string before = media::make_m4a();
  put(before);
  const std::string sound = before.substr(media::m4a_sound_offset(before), 100);
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kMissing, media::make_jpeg()).value());
  const std::string after = base::read_file(file_, 1u << 20).value();
  EXPECT_NE(media::m4a_sound_offset(after), media::m4a_sound_offset(before));
  EXPECT_EQ(after.substr(media::m4a_sound_offset(after), 100), sound);
}

TEST_F(Tagging, WhatIsNoneOfTheFormatsIsRefusedWhateverItsNameSays) {
  for (const std::string& content :
       {std::string(), std::string("ID3 sound"), std::string("<html>not found</html>"),
        "RIFF" + media::le(36, 4) + "WAVEfmt " + std::string(40, '\0'), std::string(3000, '\xFF'),
        "ID3" + std::string("\x04\0\0\0\0\0\x10", 7) + std::string(2000, 'x')}) {
    put(content);
    const auto read = read_tags(file_);
    ASSERT_FALSE(read) << content.substr(0, 20);
    EXPECT_EQ(read.error().code, TagError::kUnsupported);
    EXPECT_FALSE(write_tags(file_, some_tags(), TagMode::kOverwrite));
    EXPECT_TRUE(base::read_file(file_, 1u << 20).value() == content);
  }
  fs::remove(file_);
  EXPECT_EQ(read_tags(file_).error().code, TagError::kIo);
}

TEST_F(Tagging, AnOldTagKeepsItsVersionAndTheFramesThatNobodyAskedAbout) {
  // ID3v2.3 with a private frame and a title.
  const std::string title = "TIT2" + media::be(6, 4) + media::be(0, 2) + std::string("\0Old 1", 6);
  const std::string own = "PRIV" + media::be(7, 4) + media::be(0, 2) + std::string("me\0data", 7);
  const std::string frames = title + own;
  put("ID3" + std::string("\x03\0\0", 3) + media::be(frames.size(), 4) + frames + media::make_mp3());
  EXPECT_EQ(read_tags(file_).value().title, "Old 1");
  ASSERT_TRUE(write_tags(file_, some_tags(), TagMode::kOverwrite).value());
  const std::string after = base::read_file(file_, 1u << 20).value();
  EXPECT_EQ(after[3], '\x03');
  EXPECT_NE(after.find(std::string("me\0data", 7)), std::string::npos);
  EXPECT_EQ(read_tags(file_).value().title, some_tags().title);
  EXPECT_EQ(read_tags(file_).value().date, "2026-11-16");
  for (const char* frame : {"TGID", "WFED", "PCST"}) EXPECT_NE(after.find(frame), std::string::npos) << frame;
}

}  // namespace
}  // namespace podswarm::library
