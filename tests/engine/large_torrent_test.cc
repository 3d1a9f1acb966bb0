// The largest pieces that there may be, and very many files, from a seed's check to the last byte.
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

// What is there is a hole: it takes no room on the disk.
void make_hole(const std::filesystem::path& path, std::uint64_t size) {
  std::filesystem::create_directories(path.parent_path());
  write_bytes(path, {});
  std::filesystem::resize_file(path, size);
}

std::uint64_t room_taken(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

TEST(LargeTorrentTest, PiecesOfHalfAGigabyte) {
  constexpr std::uint64_t kRest = 300'000;
  const TemporaryFolder folder;
  const base::Bytes rest = random_bytes(kRest, 1);
  NewTorrent torrent;
  torrent.name = "huge";
  torrent.piece_length = kMaxPieceLength;
  torrent.length = kMaxPieceLength + kRest;
  Sha1 hasher;
  const base::Bytes zeros(1 << 20);
  for (std::uint64_t at = 0; at < kMaxPieceLength; at += zeros.size()) {
    hasher.update(base::ByteView(zeros).first(std::min<std::uint64_t>(zeros.size(), kMaxPieceLength - at)));
  }
  for (const Sha1Hash& hash : {hasher.finish(), sha1(rest)}) torrent.pieces.append(hash.begin(), hash.end());

  TestEngine seed;
  TestEngine leech;
  for (const char* dir : {"seed", "leech"}) make_hole(folder.path() / dir / "huge", *torrent.length);
  {
    std::fstream file(folder.path() / "seed/huge", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kMaxPieceLength);
    file.write(reinterpret_cast<const char*>(rest.data()), static_cast<std::streamsize>(rest.size()));
  }
  AddDownload add;
  add.id = 1;
  add.source = TorrentFileSource{encode_torrent(torrent)};
  add.dir = folder.path() / "seed";
  seed->add(add);
  ASSERT_TRUE(seed.wait<Finished>(1));
  add.dir = folder.path() / "leech";
  add.peers = {seed.address()};
  leech->add(add);
  ASSERT_TRUE(leech.wait<Finished>(1));
  EXPECT_EQ(leech.status(1).downloaded, kRest) << "the hole is what it should be";
  EXPECT_EQ(leech.status(1).pieces_total, 2u);
  std::ifstream file(folder.path() / "leech/huge", std::ios::binary);
  file.seekg(kMaxPieceLength);
  EXPECT_TRUE(base::Bytes(std::istreambuf_iterator<char>(file), {}) == rest);
  EXPECT_LT(room_taken(folder.path() / "leech/huge"), 4u << 20);
}

// Few of them have bytes, as each that has any takes a block of the disk.
TEST(LargeTorrentTest, FiftyThousandFiles) {
  constexpr int kFiles = 50'000;
  const TemporaryFolder folder;
  TestTorrent torrent;
  torrent.name = "many";
  for (int i = 0; i < kFiles; ++i) {
    torrent.files.emplace_back("d" + std::to_string(i / 1000) + "/file " + std::to_string(i),
                               i % 50 == 0 ? random_bytes(100, static_cast<std::uint64_t>(i)) : base::Bytes());
  }
  torrent.write(16 * 1024, {});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  EXPECT_EQ(leech.seen<Finished>(1)->files.size(), static_cast<std::size_t>(kFiles));
  EXPECT_EQ(leech.status(1).downloaded, 100'000u);
  torrent.expect_in(folder.path() / "leech");
}

}  // namespace
}  // namespace podswarm::engine
