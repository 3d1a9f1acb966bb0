#include "library/sidecar_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "library/nfo.h"
#include "tests/library/media_bytes.h"

namespace podswarm::library {
namespace {

namespace fs = std::filesystem;

class SidecarFile : public testing::Test {
 protected:
  SidecarFile() {
    std::string pattern = (fs::temp_directory_path() / "podswarm-sidecar-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    place_.root = dir_;
    place_.folder = dir_;
    place_.name = "a";
  }
  ~SidecarFile() override { fs::remove_all(dir_); }
  std::string ending(SidecarFormat format, std::string_view content, const std::string& type = "",
                     const std::string& language = "") {
    place_.format = format;
    place_.type = type;
    place_.language = language;
    return sidecar_ending(place_, content);
  }

  fs::path dir_;
  SidecarPlace place_;
};

TEST_F(SidecarFile, AnImageIsNamedByItsBytes) {
  EXPECT_EQ(ending(SidecarFormat::kCover, media::make_jpeg()), ".jpg");
  EXPECT_EQ(ending(SidecarFormat::kCover, "\x89PNG\r\n\x1A\n..."), ".png");
  EXPECT_EQ(ending(SidecarFormat::kCover, "GIF89a..."), ".gif");
  EXPECT_EQ(ending(SidecarFormat::kCover, "<svg onload=x>"), "");
  EXPECT_EQ(ending(SidecarFormat::kCover, media::make_mp3()), "");
  EXPECT_EQ(ending(SidecarFormat::kCover, ""), "");
}

TEST_F(SidecarFile, ATranscriptIsNamedByLanguageAndType) {
  const auto of = [&](std::string_view content, const std::string& type, const std::string& language = "en") {
    return ending(SidecarFormat::kTranscript, content, type, language);
  };
  EXPECT_EQ(of("WEBVTT\n", "text/vtt"), ".en.vtt");
  EXPECT_EQ(of("\xEF\xBB\xBFWEBVTT\n", "text/plain", ""), ".vtt");
  EXPECT_EQ(of("1\n00:00 --> 00:01\nx", "application/x-subrip", "pt-BR"), ".pt-BR.srt");
  EXPECT_EQ(of("1\n00:00 --> 00:01\nx", "application/srt", "../../etc"), ".srt");
  EXPECT_EQ(of("{}", "application/json; charset=utf-8"), ".en.json");
  EXPECT_EQ(of("Hello", "text/plain"), ".en.txt");
  EXPECT_EQ(of("<p>Hello</p>", "text/html"), ".en.html");
  EXPECT_EQ(of("{", "application/json"), "");
  EXPECT_EQ(of("<!DOCTYPE html>", "application/srt"), "");
  EXPECT_EQ(of("no cue", "application/srt"), "");
  EXPECT_EQ(of("whatever", "application/octet-stream"), "");
}

TEST_F(SidecarFile, NothingIsWrittenOver) {
  place_.format = SidecarFormat::kNfo;
  const auto first = write_sidecar(place_, "one");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*first, dir_ / "a.nfo");
  EXPECT_TRUE(write_sidecar(place_, "one")) << "the same again is no trouble";
  const auto other = write_sidecar(place_, "two");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, PlaceError::kCollision);
  EXPECT_EQ(base::read_file(dir_ / "a.nfo", 100).value(), "one");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1) << "no draft is left";
}

TEST_F(SidecarFile, ALibraryThatIsNotThereIsNotMade) {
  place_.format = SidecarFormat::kNfo;
  place_.make_folder = true;
  place_.root = dir_ / "unmounted";
  place_.folder = place_.root / "Show";
  EXPECT_EQ(write_sidecar(place_, "x").error().code, PlaceError::kSourceMissing);
  EXPECT_FALSE(fs::exists(place_.root));
}

TEST_F(SidecarFile, AnExistingCoverIsFound) {
  EXPECT_EQ(cover_in(dir_), fs::path());
  std::ofstream(dir_ / "folder.png") << "x";
  EXPECT_EQ(cover_in(dir_), dir_ / "folder.png");
  std::ofstream(dir_ / "cover.jpg") << "x";
  EXPECT_EQ(cover_in(dir_), dir_ / "cover.jpg");
}

TEST(Nfo, IsXmlWhateverTheFeedSays) {
  EpisodeNfo nfo;
  nfo.title = "a < b & c\x01\xFF]]>";
  nfo.guid = "x\"y";
  nfo.duration = std::chrono::seconds(20);
  EXPECT_EQ(to_nfo(nfo),
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<episodedetails>\n"
            "  <title>a &lt; b &amp; c\xEF\xBF\xBD]]&gt;</title>\n  <runtime>1</runtime>\n  <genre>Podcast</genre>\n"
            "  <uniqueid type=\"podcast\" default=\"true\">x&quot;y</uniqueid>\n</episodedetails>\n");
  EXPECT_EQ(to_nfo(ShowNfo{"Show", "en", "", ""}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<tvshow>\n  <title>Show</title>\n"
            "  <genre>Podcast</genre>\n  <language>en</language>\n</tvshow>\n");
}

}  // namespace
}  // namespace podswarm::library
