#include "engine/core/file_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/seed_goal.h"

namespace podswarm::engine {
namespace {

using testing::ElementsAre;
using enum FilePriority;

MetainfoFile file(std::string path, std::uint64_t length, bool pad = false) {
  MetainfoFile out;
  out.path = std::move(path);
  out.length = length;
  out.pad = pad;
  return out;
}

FileLayout layout_of(std::vector<MetainfoFile> files, std::uint32_t piece_length) {
  Metainfo m;
  m.name = "t";
  m.info_hash_v1 = Sha1Hash{};
  m.piece_length = piece_length;
  for (MetainfoFile& f : files) {
    f.offset = m.total_size;
    m.total_size += f.length;
  }
  m.files = std::move(files);
  m.piece_count = static_cast<std::uint32_t>((m.total_size + piece_length - 1) / piece_length);
  return FileLayout(m);
}

TEST(FileSelection, EverythingIsWantedAtFirst) {
  const FileLayout layout = layout_of({file("t/a", 10), file("t/b", 10)}, 8);
  const FileSelection selection(layout);
  EXPECT_THAT(selection.pieces(), ElementsAre(kNormal, kNormal, kNormal));
  EXPECT_EQ(selection.bytes(), 20u);
  EXPECT_FALSE(selection.nothing());
}

TEST(FileSelection, APieceIsWantedAsMuchAsTheMostWantedFileInIt) {
  const FileLayout layout = layout_of({file("t/a", 12), file("t/b", 12), file("t/empty", 0), file("t/c", 16)}, 8);
  FileSelection selection(layout);
  selection.set({kLow, kSkip, kNormal, kHigh});
  // a a | a b | b b... : pieces of 8: a, a+b, b, c, c
  EXPECT_THAT(selection.pieces(), ElementsAre(kLow, kLow, kSkip, kHigh, kHigh));
  EXPECT_EQ(selection.bytes(), 28u);
  EXPECT_EQ(selection.bytes_in(1), 4u);
  EXPECT_EQ(selection.bytes_in(2), 0u);
  EXPECT_THAT(selection.wanted(), ElementsAre(true, false, true, true));
}

TEST(FileSelection, FilesThatAreNotMentionedAreNormalAndAllNormalIsNoSelection) {
  const FileLayout layout = layout_of({file("t/a", 8), file("t/b", 8)}, 8);
  FileSelection selection(layout);
  selection.set({kSkip});
  EXPECT_THAT(selection.pieces(), ElementsAre(kSkip, kNormal));
  selection.set({kNormal, kNormal});
  EXPECT_TRUE(selection.files().empty());
}

TEST(FileSelection, PaddingGoesWithTheFileBeforeIt) {
  // a fills one piece and a half, padding the rest of it and a whole piece more.
  const FileLayout layout = layout_of({file("t/a", 12), file("t/.pad/12", 12, true), file("t/b", 8)}, 8);
  FileSelection selection(layout);
  selection.set({kSkip, kHigh, kNormal});
  EXPECT_THAT(selection.pieces(), ElementsAre(kSkip, kSkip, kSkip, kNormal));
  selection.set({kNormal, kSkip, kSkip});
  EXPECT_THAT(selection.pieces(), ElementsAre(kNormal, kNormal, kNormal, kSkip));
  EXPECT_EQ(selection.bytes(), 12u);
}

TEST(FileSelection, NothingIsWantedWhenOnlyPaddingIs) {
  const FileLayout layout = layout_of({file("t/a", 12), file("t/.pad/4", 4, true), file("t/empty", 0)}, 8);
  FileSelection selection(layout);
  selection.set({kSkip, kNormal, kSkip});
  EXPECT_TRUE(selection.nothing());
  selection.set({kSkip, kNormal, kNormal});
  EXPECT_FALSE(selection.nothing());
}

TEST(FileSelection, RangesOfAMagnetSelectWhatThereIs) {
  EXPECT_THAT(select_ranges({{1, 2}, {4, 1000}}, 6), ElementsAre(kSkip, kNormal, kNormal, kSkip, kNormal, kNormal));
  EXPECT_TRUE(select_ranges({{6, 9}}, 6).empty());
  EXPECT_TRUE(select_ranges({{3, 2}}, 6).empty());
}

TEST(FileSelection, ProgressOfAFileIsItsShareOfThePiecesThatAreThere) {
  const FileLayout layout = layout_of({file("t/a", 12), file("t/b", 12), file("t/empty", 0), file("t/c", 5)}, 8);
  Bitfield have(layout.piece_count());
  have.set(1);
  have.set(3);
  EXPECT_THAT(file_progress(layout, have), ElementsAre(4, 4, 0, 5));
  have.set_all();
  EXPECT_THAT(file_progress(layout, have), ElementsAre(12, 12, 0, 5));
}

TEST(SeedGoal, WhicheverComesFirstIsEnough) {
  using std::chrono::seconds;
  const SeedGoal none;
  EXPECT_FALSE(none.reached(1'000'000, 1, seconds(1'000'000)));
  const SeedGoal both{1.5, seconds(60)};
  EXPECT_FALSE(both.reached(149, 100, seconds(59)));
  EXPECT_TRUE(both.reached(150, 100, seconds(0)));
  EXPECT_TRUE(both.reached(0, 100, seconds(60)));
  EXPECT_EQ(both.bytes(100), 150u);
  EXPECT_EQ(none.bytes(100), std::nullopt);
  const SeedGoal absurd{1e300, seconds(0)};
  EXPECT_FALSE(absurd.reached(1u << 30, 100, seconds(0)));
}

}  // namespace
}  // namespace podswarm::engine
