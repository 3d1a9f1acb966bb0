#include "engine/core/file_layout.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "engine/core/path_set.h"
#include "engine/core/safe_path.h"

namespace podswarm::engine {
namespace {

// As a parser would have made it.
Metainfo metainfo_of(std::vector<MetainfoFile> files, std::uint32_t piece_length) {
  Metainfo m;
  m.name = "t";
  m.info_hash_v1 = Sha1Hash{};
  m.piece_length = piece_length;
  for (MetainfoFile& file : files) {
    file.offset = m.total_size;
    m.total_size += file.length;
  }
  m.files = std::move(files);
  m.piece_count = static_cast<std::uint32_t>((m.total_size + piece_length - 1) / piece_length);
  return m;
}

MetainfoFile file(std::string path, std::uint64_t length, bool pad = false) {
  MetainfoFile out;
  out.path = std::move(path);
  out.length = length;
  out.pad = pad;
  return out;
}

TEST(FileLayout, APieceMaySpanManyFiles) {
  const FileLayout layout(metainfo_of({file("t/a", 3), file("t/empty", 0), file("t/b", 1), file("t/c", 10)}, 8));
  EXPECT_EQ(layout.piece_count(), 2u);
  EXPECT_EQ(layout.piece_size(0), 8u);
  EXPECT_EQ(layout.piece_size(1), 6u);
  std::vector<FileSpan> spans;
  layout.map(0, 0, 8, spans);
  EXPECT_EQ(spans, (std::vector<FileSpan>{{0, 0, 3}, {2, 0, 1}, {3, 0, 4}}));
  layout.map(0, 2, 2, spans);
  EXPECT_EQ(spans, (std::vector<FileSpan>{{0, 2, 1}, {2, 0, 1}}));
  layout.map(1, 1, 5, spans);
  EXPECT_EQ(spans, (std::vector<FileSpan>{{3, 5, 5}}));
  EXPECT_EQ(layout.pieces_of(0), (std::pair<std::uint32_t, std::uint32_t>(0, 1)));
  EXPECT_EQ(layout.pieces_of(1), (std::pair<std::uint32_t, std::uint32_t>(0, 0)));
  EXPECT_EQ(layout.pieces_of(3), (std::pair<std::uint32_t, std::uint32_t>(0, 2)));
  EXPECT_EQ(layout.disk_size(), 14u);
  EXPECT_TRUE(layout.entries()[1].on_disk) << "empty files are made";
}

TEST(FileLayout, KnowsWhatLiesInsideAPiece) {
  const FileLayout layout(metainfo_of({file("t/a", 14)}, 8));
  EXPECT_TRUE(layout.contains(0, 0, 8));
  EXPECT_TRUE(layout.contains(1, 5, 1));
  EXPECT_FALSE(layout.contains(1, 0, 7));
  EXPECT_FALSE(layout.contains(1, 6, 1));
  EXPECT_FALSE(layout.contains(2, 0, 1));
  EXPECT_FALSE(layout.contains(0, 0, 0));
  EXPECT_FALSE(layout.contains(0, 0xFFFFFFFF, 2));
  EXPECT_FALSE(layout.contains(0, 1, 0xFFFFFFFF));
}

TEST(FileLayout, PaddingIsMappedButNeverOnDisk) {
  const FileLayout layout(metainfo_of({file("t/a", 3), file(".pad/5", 5, true), file("t/b", 2)}, 8));
  std::vector<FileSpan> spans;
  layout.map(0, 0, 8, spans);
  EXPECT_EQ(spans, (std::vector<FileSpan>{{0, 0, 3}, {1, 0, 5}}));
  EXPECT_FALSE(layout.entries()[1].on_disk);
  EXPECT_EQ(layout.entries()[1].path, "");
  EXPECT_EQ(layout.disk_size(), 5u);
  EXPECT_EQ(layout.total_size(), 10u);
}

TEST(FileLayout, LinksPointOnlyToFilesOfTheTorrent) {
  MetainfoFile good = file("t/link", 0);
  good.symlink = "d/a?";
  MetainfoFile bad = file("t/bad", 0);
  bad.symlink = "_/_/etc/passwd";
  MetainfoFile self = file("t/self", 0);
  self.symlink = "link";
  const FileLayout layout(metainfo_of({good, file("t/d/a?", 3), bad, self}, 8));
  EXPECT_EQ(layout.entries()[0].path, "t/link");
  EXPECT_EQ(layout.entries()[0].symlink, "t/d/a_");
  EXPECT_FALSE(layout.entries()[2].on_disk);
  EXPECT_FALSE(layout.entries()[3].on_disk);
}

TEST(SafePath, CleansWhatIsShown) {
  EXPECT_EQ(clean_element("Folge 1 – Größe.mp3"), "Folge 1 – Größe.mp3");
  EXPECT_EQ(clean_element("a/b\\c"), "abc");
  EXPECT_EQ(clean_element(".."), "");
  EXPECT_EQ(clean_element("."), "");
  EXPECT_EQ(clean_element("./."), "");
  EXPECT_EQ(clean_element("..."), "...");
  EXPECT_EQ(clean_element(std::string_view("a\0b", 3)), "a_b");
  EXPECT_EQ(clean_element("a\x7F\xC2\x85z"), "a__z");
  EXPECT_EQ(clean_element("a\xC0\xAFz"), "a__z") << "overlong '/'";
  EXPECT_EQ(clean_element("a\xED\xA0\x80z"), "a___z") << "surrogate";
  EXPECT_EQ(clean_element("\xEF\xBB\xBFx\xE2\x80\xAE"), "x");
  EXPECT_EQ(clean_element("\xE2\x80\xAE"), "");
}

TEST(SafePath, AvoidsWhatSystemsReserve) {
  EXPECT_EQ(disk_element("a<b>c:d\"e|f?g*h"), "a_b_c_d_e_f_g_h");
  EXPECT_EQ(disk_element("name. . "), "name");
  EXPECT_EQ(disk_element("..."), "_");
  EXPECT_EQ(disk_element(""), "_");
  EXPECT_EQ(disk_element("CON"), "CON_");
  EXPECT_EQ(disk_element("con.mp3"), "con_.mp3");
  EXPECT_EQ(disk_element("nul.tar.gz"), "nul_.tar.gz");
  EXPECT_EQ(disk_element("COM1"), "COM1_");
  EXPECT_EQ(disk_element("com\xC2\xB2.x"), "com\xC2\xB2_.x");
  EXPECT_EQ(disk_element("console.mp3"), "console.mp3");
  EXPECT_EQ(disk_element("com10"), "com10");
  EXPECT_EQ(disk_element(".hidden"), ".hidden");
}

TEST(SafePath, CutsLongNamesButKeepsTheExtension) {
  const std::string cut = disk_element(std::string(400, 'x') + ".mp3");
  EXPECT_EQ(cut.size(), kMaxNameBytes);
  EXPECT_TRUE(cut.ends_with("x.mp3"));
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ä";
  const std::string whole_characters = disk_element(umlauts + ".ogg");
  EXPECT_LE(whole_characters.size(), kMaxNameBytes);
  EXPECT_TRUE(base::is_valid_utf8(whole_characters));
  EXPECT_EQ(numbered("bar.txt", 1), "bar.1.txt");
  EXPECT_EQ(numbered("bar", 12), "bar.12");
  EXPECT_EQ(numbered(cut, 7).size(), kMaxNameBytes);
  EXPECT_TRUE(numbered(cut, 7).ends_with("x.7.mp3"));
}

TEST(PathSet, TellsEqualNamesApart) {
  PathSet paths;
  EXPECT_EQ(paths.add("t/bar.txt"), "t/bar.txt");
  EXPECT_EQ(paths.add("t/bar.txt"), "t/bar.1.txt");
  EXPECT_EQ(paths.add("t/BAR.txt"), "t/BAR.2.txt");
  EXPECT_EQ(paths.add("t/bar.1.txt"), "t/bar.1.1.txt");
  EXPECT_EQ(paths.add("t/a?"), "t/a_");
  EXPECT_EQ(paths.add("t/a*"), "t/a_.1");
}

TEST(PathSet, AFileAndAFolderNeverShareAName) {
  PathSet paths;
  EXPECT_EQ(paths.add("t/x"), "t/x");
  EXPECT_EQ(paths.add("t/x/one"), "t/x.1/one");
  EXPECT_EQ(paths.add("t/X/two"), "t/x.1/two") << "one folder stays one";
  EXPECT_EQ(paths.add("t/y/one"), "t/y/one");
  EXPECT_EQ(paths.add("t/Y"), "t/Y.1");
}

TEST(PathSet, ManyCollisionsStayQuickAndDistinct) {
  PathSet paths;
  std::set<std::string> seen;
  const std::string stem(300, 'n');
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = paths.add("t/" + stem + std::to_string(i) + ".mp3");
    EXPECT_LE(path.size(), 2 + kMaxNameBytes);
    seen.insert(path);
  }
  EXPECT_EQ(seen.size(), 20'000u);
}

TEST(PathSet, KeepsDeepPathsShortEnoughToOpen) {
  std::string deep = "t";
  for (int i = 0; i < 99; ++i) deep += "/" + std::string(200, 'd');
  EXPECT_LT(PathSet().add(deep).size(), 2500u);
}

}  // namespace
}  // namespace podswarm::engine
