// The part file: the share of files that are skipped in pieces that are not.
#include "engine/disk/part_pieces.h"

#include "engine/disk/torrent_data.h"
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPiece = 32 * 1024;

// Files of 50,000 bytes each, so that pieces reach over their edges.
class StorageChoiceTest : public testing::Test {
 protected:
  void SetUp() override { torrent_ = TestTorrent::several({50'000, 50'000, 50'000}, kPiece); }
  [[nodiscard]] std::shared_ptr<TorrentData> open() {
    return std::make_shared<TorrentData>(*Metainfo::parse(torrent_.torrent), folder_.path(), pool_);
  }
  [[nodiscard]] base::Bytes piece(std::uint32_t index) const {
    base::Bytes all;
    for (const auto& [path, bytes] : torrent_.files) all.insert(all.end(), bytes.begin(), bytes.end());
    const std::size_t begin = std::size_t{index} * kPiece;
    return {all.begin() + static_cast<std::ptrdiff_t>(begin),
            all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + kPiece))};
  }
  void write(TorrentData& data, std::uint32_t index) const {
    const base::Bytes bytes = piece(index);
    const base::ByteView view = bytes;
    data.storage.write(index, 0, {&view, 1});
  }
  [[nodiscard]] bool is_there(TorrentData& data, std::uint32_t index) const {
    base::Bytes bytes(data.layout.piece_size(index));
    return data.storage.read(index, 0, bytes) && bytes == piece(index);
  }
  [[nodiscard]] std::filesystem::path path(std::size_t file) const {
    return folder_.path() / torrent_.path_of(torrent_.files[file].first);
  }
  [[nodiscard]] std::filesystem::path part_file() const {
    return folder_.path() / ("." + base::to_hex(torrent_.info_hash()) + ".parts");
  }

  TemporaryFolder folder_;
  TestTorrent torrent_;
  FilePool pool_;
};

TEST_F(StorageChoiceTest, ASkippedFileIsNotMadeAndItsBytesAreReadAllTheSame) {
  const auto data = open();
  data->storage.want({false, true, false});
  data->storage.arrange();
  // Bytes 32,768 to 98,304: the end of the first file, the second, the end of which is in piece 3 with the third.
  for (const std::uint32_t index : {1u, 2u, 3u}) write(*data, index);
  for (const std::uint32_t index : {1u, 2u, 3u}) EXPECT_TRUE(is_there(*data, index)) << index;
  EXPECT_FALSE(is_there(*data, 0));
  EXPECT_FALSE(std::filesystem::exists(path(0)));
  EXPECT_TRUE(read_bytes(path(1)) == torrent_.files[1].second);
  EXPECT_FALSE(std::filesystem::exists(path(2)));
  EXPECT_TRUE(std::filesystem::exists(part_file()));
  EXPECT_EQ(data->storage.pieces_in_part(), (std::vector<std::uint32_t>{1, 3}));
}

TEST_F(StorageChoiceTest, WantedBytesMoveIntoTheFileAndThePartFileGoesWithTheLast) {
  const auto data = open();
  data->storage.want({false, true, false});
  data->storage.arrange();
  for (const std::uint32_t index : {1u, 2u, 3u}) write(*data, index);
  data->storage.want({true, true, false});
  data->storage.arrange();
  for (const std::uint32_t index : {1u, 2u, 3u}) EXPECT_TRUE(is_there(*data, index)) << index;
  EXPECT_EQ(data->storage.pieces_in_part(), (std::vector<std::uint32_t>{3}));
  EXPECT_TRUE(std::filesystem::exists(path(0)));
  data->storage.want({true, true, true});
  data->storage.arrange();
  for (const std::uint32_t index : {1u, 2u, 3u}) EXPECT_TRUE(is_there(*data, index)) << index;
  EXPECT_FALSE(std::filesystem::exists(part_file()));
  for (const std::uint32_t index : {0u, 4u}) write(*data, index);
  torrent_.expect_in(folder_.path());
}

TEST_F(StorageChoiceTest, APieceOverThreeFilesKeepsItsSlotForTheOther) {
  torrent_ = TestTorrent::several({20'000, 2'000, 50'000}, kPiece);
  const auto data = open();
  data->storage.want({false, true, false});
  data->storage.arrange();
  write(*data, 0);
  data->storage.want({true, true, false});
  data->storage.arrange();
  EXPECT_TRUE(is_there(*data, 0));
  EXPECT_EQ(data->storage.pieces_in_part(), (std::vector<std::uint32_t>{0}));
  EXPECT_TRUE(read_bytes(path(0)) == torrent_.files[0].second);
  EXPECT_FALSE(std::filesystem::exists(path(2)));
}

TEST_F(StorageChoiceTest, WhatWasWrittenOfAPieceSoFarMovesToo) {
  const auto data = open();
  data->storage.want({false, true, false});
  data->storage.arrange();
  const base::Bytes bytes = piece(1);
  const base::ByteView first = base::ByteView(bytes).first(10'000);
  const base::ByteView rest = base::ByteView(bytes).subspan(10'000);
  data->storage.write(1, 0, {&first, 1});
  data->storage.want({true, true, false});
  data->storage.arrange();
  data->storage.write(1, 10'000, {&rest, 1});
  EXPECT_TRUE(is_there(*data, 1));
}

TEST_F(StorageChoiceTest, AnotherProcessFindsThePartFileAgain) {
  {
    const auto data = open();
    data->storage.want({false, true, false});
    data->storage.arrange();
    for (const std::uint32_t index : {1u, 2u, 3u}) write(*data, index);
    data->storage.sync();
  }
  {
    const auto data = open();
    data->storage.want({false, true, false});
    data->storage.arrange();
    for (const std::uint32_t index : {1u, 2u, 3u}) EXPECT_TRUE(is_there(*data, index)) << index;
  }
  const auto data = open();
  data->storage.arrange();
  for (const std::uint32_t index : {1u, 2u, 3u}) EXPECT_TRUE(is_there(*data, index)) << index;
  EXPECT_FALSE(std::filesystem::exists(part_file()));
}

TEST_F(StorageChoiceTest, AFileThatExistsStaysWhenItIsSkipped) {
  const auto data = open();
  data->storage.arrange();
  write(*data, 0);
  data->storage.want({false, true, true});
  data->storage.arrange();
  write(*data, 1);
  EXPECT_TRUE(is_there(*data, 0));
  EXPECT_TRUE(is_there(*data, 1));
  EXPECT_FALSE(std::filesystem::exists(part_file()));
  EXPECT_TRUE(read_bytes(path(0)) == torrent_.files[0].second);
}

TEST_F(StorageChoiceTest, FilesWithoutBytesAreMadeWhenWantedOnly) {
  torrent_ = TestTorrent::several({1'000, 0, 0}, kPiece);
  const auto data = open();
  data->storage.want({true, false, true});
  data->storage.arrange();
  write(*data, 0);
  data->storage.complete();
  EXPECT_FALSE(std::filesystem::exists(path(1)));
  EXPECT_TRUE(std::filesystem::exists(path(2)));
}

TEST_F(StorageChoiceTest, ADamagedPartFileIsAsGoodAsNone) {
  for (const std::size_t cut : {std::size_t{3}, std::size_t{20}, std::size_t{25}, std::size_t{40}}) {
    std::filesystem::remove_all(folder_.path() / "episode");
    std::filesystem::remove(part_file());
    {
      const auto data = open();
      data->storage.want({false, true, false});
      data->storage.arrange();
      write(*data, 1);
    }
    base::Bytes bytes = read_bytes(part_file());
    bytes.resize(cut);
    write_bytes(part_file(), bytes);
    const auto data = open();
    data->storage.want({false, true, false});
    data->storage.arrange();
    EXPECT_FALSE(is_there(*data, 1)) << cut;
    write(*data, 1);
    EXPECT_TRUE(is_there(*data, 1)) << cut;
  }
  // Two pieces in one slot.
  {
    const auto data = open();
    data->storage.want({false, true, false});
    data->storage.arrange();
    write(*data, 3);
  }
  base::Bytes bytes = read_bytes(part_file());
  base::store_be32(&bytes[24 + 4 * 3], 1);
  base::store_be32(&bytes[24 + 4 * 1], 1);
  write_bytes(part_file(), bytes);
  const auto data = open();
  data->storage.want({false, true, false});
  data->storage.arrange();
  EXPECT_TRUE(data->storage.pieces_in_part().empty());
}

}  // namespace
}  // namespace podswarm::engine
