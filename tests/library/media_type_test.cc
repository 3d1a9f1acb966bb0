#include "library/media_type.h"

#include <gtest/gtest.h>

namespace podswarm::library {
namespace {

std::string sniff(const std::string& head) {
  return sniff_extension(base::as_bytes(head));
}
std::string choose(const std::string& head, std::string_view type, std::string_view url) {
  return choose_extension(base::as_bytes(head), type, url);
}
std::string mp4(const std::string& brand) {
  return std::string("\0\0\0\x20", 4) + "ftyp" + brand + std::string(20, '\0');
}

TEST(Sniff, KnowsMediaByTheirFirstBytes) {
  EXPECT_EQ(sniff("ID3\x04"), "mp3");
  EXPECT_EQ(sniff("\xff\xfb\x90\x64"), "mp3");
  EXPECT_EQ(sniff("\xff\xf1\x50\x80"), "aac");
  EXPECT_EQ(sniff(mp4("M4A ")), "m4a");
  EXPECT_EQ(sniff(mp4("isom")), "mp4");
  EXPECT_EQ(sniff(mp4("qt  ")), "mov");
  EXPECT_EQ(sniff("OggS" + std::string(24, '\0') + "OpusHead"), "opus");
  EXPECT_EQ(sniff("OggS" + std::string(24, '\0') + "\x01vorbis"), "ogg");
  EXPECT_EQ(sniff("OggS" + std::string(24, '\0') + "\x80theora"), "ogv");
  EXPECT_EQ(sniff("fLaC"), "flac");
  EXPECT_EQ(sniff("RIFF1234WAVEfmt "), "wav");
  EXPECT_EQ(sniff("\x1A\x45\xDF\xA3....webm"), "webm");
  EXPECT_EQ(sniff("\x1A\x45\xDF\xA3....matroska"), "mkv");
  EXPECT_EQ(sniff("%PDF-1.7"), "pdf");
  EXPECT_EQ(sniff(std::string("PK\x03\x04", 4) + "....mimetypeapplication/epub+zip"), "epub");
}

TEST(Sniff, SaysNothingOfWhatItDoesNotKnow) {
  EXPECT_EQ(sniff(""), "");
  EXPECT_EQ(sniff("\xff"), "");
  EXPECT_EQ(sniff("\xff\xff\xff\xff"), "");
  EXPECT_EQ(sniff("<!DOCTYPE html>"), "");
  EXPECT_EQ(sniff("#EXTM3U"), "");
  EXPECT_EQ(sniff(mp4("heic")), "");
}

TEST(Sniff, SurvivesEveryTruncation) {
  for (const std::string& head : {mp4("isom"), "OggS" + std::string(24, '\0') + "OpusHead", std::string("RIFF1234WAVE"),
                                  std::string("\xff\xfb\x90\x64")}) {
    for (std::size_t n = 0; n < head.size(); ++n) (void)sniff(head.substr(0, n));
  }
  EXPECT_EQ(sniff("RIFF1234WAV"), "");
}

TEST(MediaType, ReadsDeclarationsWithParametersInAnyCase) {
  EXPECT_EQ(extension_of_type("Audio/MPEG; charset=x"), "mp3");
  EXPECT_EQ(extension_of_type("audio/ogg; codecs=opus"), "opus");
  EXPECT_EQ(extension_of_type("application/octet-stream"), "");
  EXPECT_EQ(extension_of_type(""), "");
}

TEST(MediaType, ReadsNamesOfMediaOnly) {
  EXPECT_EQ(extension_of_name("https://x.example/a/b.MP3?token=1.exe"), "mp3");
  EXPECT_EQ(extension_of_name("https://x.example/play.php"), "");
  EXPECT_EQ(extension_of_name("x.m4b"), "m4b");
  EXPECT_EQ(extension_of_name("x."), "");
}

TEST(MediaType, BytesWinOverDeclarationOverName) {
  EXPECT_EQ(choose("fLaC", "audio/mpeg", "https://x/a.mp3"), "flac");
  EXPECT_EQ(choose("????", "audio/mpeg", "https://x/a.m4a"), "mp3");
  EXPECT_EQ(choose("????", "application/octet-stream", "https://x/a.m4a"), "m4a");
  EXPECT_EQ(choose("????", "", "https://x/play"), "bin");
}

TEST(MediaType, AnMp4OfSoundIsNamedSo) {
  EXPECT_EQ(choose(mp4("isom"), "audio/mp4", ""), "m4a");
  EXPECT_EQ(choose(mp4("mp42"), "audio/mpeg", ""), "m4a");
  EXPECT_EQ(choose(mp4("M4A "), "", "book.m4b"), "m4b");
  EXPECT_EQ(choose(mp4("isom"), "video/mp4", "x.mp4"), "mp4");
  EXPECT_EQ(choose(mp4("isom"), "", "x.m4v"), "m4v");
}

TEST(MediaType, EveryExtensionHasItsUsualType) {
  EXPECT_EQ(type_of_extension("mp3"), "audio/mpeg");
  EXPECT_EQ(type_of_extension("M4A"), "audio/mp4");
  EXPECT_EQ(type_of_extension("oga"), "audio/ogg");
  EXPECT_EQ(type_of_extension("mkv"), "video/x-matroska");
  EXPECT_EQ(type_of_extension("exe"), "application/octet-stream");
}

}  // namespace
}  // namespace podswarm::library
