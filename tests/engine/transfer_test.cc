// Whole engines on loopback: what is seeded by one is downloaded by another.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

TEST(TransferTest, ASeedGivesItsTorrentToALeech) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(5'000'000, 256 * 1024);
  torrent.put(folder.make("seed"));
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));

  TestEngine leech;
  AddDownload add = TestEngine::download(7, torrent, folder.make("leech"));
  add.peers = {seed.address()};
  leech->add(std::move(add));
  const auto finished = leech.wait<Finished>(7);
  ASSERT_TRUE(finished);
  ASSERT_EQ(finished->files.size(), 1u);
  EXPECT_EQ(finished->files[0].path, "episode");
  torrent.expect_in(folder.path() / "leech");
  EXPECT_TRUE(leech.seen<Started>(7));
  EXPECT_TRUE(leech.seen<ResumeData>(7));
  const DownloadStatus status = leech.status(7);
  EXPECT_EQ(status.state, DownloadState::kSeeding);
  EXPECT_EQ(status.downloaded, 5'000'000u);
  EXPECT_EQ(status.wasted, 0u);
}

TEST(TransferTest, ManyFilesOfOddSizesArriveWhole) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({100'000, 0, 1, 40'000, 16'384, 300'001, 0}, 32 * 1024);
  torrent.put(folder.make("seed"));
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
}

TEST(TransferTest, AMagnetLinkGetsItsMetadataFromAPeer) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(3'000'000, 16 * 1024);
  torrent.put(folder.make("seed"));
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add;
  add.id = 3;
  add.source = MagnetSource{torrent.magnet()};
  add.dir = folder.path() / "leech";
  add.peers = {seed.address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(3));
  torrent.expect_in(folder.path() / "leech");
}

TEST(TransferTest, ADownloadLimitIsKeptAndLiftedAtOnce) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(8'000'000, 64 * 1024);
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  EngineOptions limited;
  limited.down_limit = 1'000'000;
  TestEngine leech(limited);
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  const auto start = std::chrono::steady_clock::now();
  leech->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return leech.status(1).downloaded >= 500'000; }));
  // The bucket's burst is a tenth of a second.
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(350));
  leech->set_limits(EngineLimits{});
  ASSERT_TRUE(leech.wait<Finished>(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST(TransferTest, ASeedWithANarrowUplinkFindsOutWhatAPeerLacks) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(100 * 16 * 1024, 16 * 1024);
  torrent.put(folder.path() / "seed");
  torrent.put(folder.path() / "leech");
  // All but one piece is there.
  const auto path = folder.path() / "leech" / "episode";
  base::Bytes spoilt = torrent.files[0].second;
  spoilt[61 * 16 * 1024] ^= 1;
  write_bytes(path, spoilt);

  EngineOptions narrow;
  narrow.up_limit = 2'000'000;
  TestEngine seed(narrow);
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
}

TEST(TransferTest, APeerWhoseDataIsBadIsLeftAlone) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(1'000'000, 64 * 1024);
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  // It verified, and then the disk lost it.
  write_bytes(folder.path() / "seed" / "episode", base::Bytes(1'000'000, 0));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  DownloadStatus status;
  EXPECT_TRUE(eventually([&] {
    status = leech.status(1);
    return status.wasted >= 64u * 1024 && status.peers == 0;
  }));
  EXPECT_EQ(status.peers, 0u);
  EXPECT_EQ(status.pieces_done, 0u);
  leech->add_peer(1, seed.address());
  EXPECT_EQ(leech.status(1).peers, 0u);
}

TEST(TransferTest, OneBadBlockOnASeedsDiskBansThatSeedAndNotTheHonestOne) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(8'000'000, 1024 * 1024);
  const auto serve = [&](TestEngine& seed, const std::string& name) {
    torrent.put(folder.path() / name);
    seed->add(TestEngine::download(1, torrent, folder.path() / name));
    ASSERT_TRUE(seed.wait<Finished>(1));
  };
  // Addresses are banned, not ports. Each is slow enough to give no more than a part.
  EngineOptions options;
  options.up_limit = 8'000'000;
  options.listen_address = "127.0.0.2";
  TestEngine corrupt(options);
  options.listen_address = "127.0.0.3";
  TestEngine honest(options);
  serve(corrupt, "corrupt");
  serve(honest, "honest");
  // It verified, and then the disk spoilt one block of each piece.
  base::Bytes spoilt = torrent.files[0].second;
  for (std::size_t at = 5 * 16'384; at < spoilt.size(); at += 1024 * 1024) spoilt[at] ^= 1;
  write_bytes(folder.path() / "corrupt" / "episode", spoilt);

  const PeerAddress bad{"127.0.0.2", corrupt->listen_port()};
  const PeerAddress good{"127.0.0.3", honest->listen_port()};
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {bad, good};
  leech->add(std::move(add));
  DownloadStatus status;
  std::size_t most_peers = 0;
  EXPECT_TRUE(eventually([&] {
    status = leech.status(1);
    most_peers = std::max(most_peers, status.peers);
    return status.wasted > 0 && status.peers <= 1;
  }));
  EXPECT_EQ(most_peers, 2u);
  // The honest one is left, and the other one is not called again.
  EXPECT_EQ(status.peers, 1u);
  EXPECT_EQ(status.state, DownloadState::kDownloading);
  leech->add_peer(1, bad);
  EXPECT_TRUE(eventually([&] {
    status = leech.status(1);
    return leech.seen<Finished>(1) || status.peers != 1;
  }));
  EXPECT_LE(status.peers, 1u);
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  status = leech.status(1);
  EXPECT_LT(corrupt.status(1).uploaded, honest.status(1).uploaded);
  std::printf("wasted %llu KiB of %llu\n", static_cast<unsigned long long>(status.wasted / 1024),
              static_cast<unsigned long long>(status.downloaded / 1024));
  EXPECT_GE(status.wasted, 600u * 1024);  // a piece; the last one is shorter
  EXPECT_LE(status.wasted, 4u * 1024 * 1024);
}

// Two have only the first piece and are slow, so that both take part in it, and it is known who sent the bad blocks
// only when they are compared.
TEST(TransferTest, OfTwoThatTookPartInABadPieceTheGuiltyOneIsBanned) {
  constexpr std::size_t kPiece = 2 * 1024 * 1024;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(2 * kPiece, kPiece);
  base::Bytes half = torrent.files[0].second;
  std::fill(half.begin() + kPiece, half.end(), std::uint8_t{0});
  const auto serve_half = [&](TestEngine& engine, const std::string& name) {
    write_bytes(folder.path() / name / "episode", half);
    engine->add(TestEngine::download(1, torrent, folder.path() / name));
    ASSERT_TRUE(eventually([&] { return engine.status(1).state == DownloadState::kDownloading; }));
    ASSERT_EQ(engine.status(1).pieces_done, 1u);
  };
  EngineOptions options;
  options.up_limit = 1'000'000;
  options.listen_address = "127.0.0.2";
  TestEngine corrupt(options);
  options.listen_address = "127.0.0.3";
  TestEngine honest(options);
  serve_half(corrupt, "corrupt");
  serve_half(honest, "honest");
  base::Bytes spoilt = half;
  for (std::size_t at = 0; at < kPiece; at += 16 * 1024) spoilt[at] ^= 1;
  write_bytes(folder.path() / "corrupt" / "episode", spoilt);

  const PeerAddress bad{"127.0.0.2", corrupt->listen_port()};
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {{"127.0.0.3", honest->listen_port()}, bad};
  leech->add(std::move(add));
  DownloadStatus status;
  EXPECT_TRUE(eventually([&] {
    status = leech.status(1);
    return status.pieces_done > 0 && status.peers <= 1;
  }));
  EXPECT_EQ(status.pieces_done, 1u);
  EXPECT_EQ(status.peers, 1u);
  EXPECT_GT(corrupt.status(1).uploaded, 0u);
  EXPECT_GT(honest.status(1).uploaded, 0u);
  EXPECT_GE(status.wasted, kPiece);
  EXPECT_LT(status.wasted, 2 * kPiece);  // once
  leech->add_peer(1, bad);
  // Long enough for a call on loopback.
  for (int i = 0; i < 50 && status.peers == 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    status = leech.status(1);
  }
  EXPECT_EQ(status.peers, 1u);

  TestEngine seed;
  torrent.put(folder.path() / "seed");
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  leech->add_peer(1, seed.address());
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  std::printf("wasted %llu KiB\n", static_cast<unsigned long long>(status.wasted / 1024));
}

TEST(TransferTest, WhatIsNoTorrentFailsForGood) {
  const TemporaryFolder folder;
  TestEngine engine;
  AddDownload add;
  add.id = 9;
  add.source = TorrentFileSource{base::Bytes(100, 'x')};
  add.dir = folder.path();
  engine->add(std::move(add));
  const auto failed = engine.wait<Failed>(9);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kPermanent);
  EXPECT_TRUE(engine.wait<Removed>(9));
  EXPECT_TRUE(engine->status().empty());
}

TEST(TransferTest, RemovingAnswersForKnownAndUnknownIds) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(100'000, 16 * 1024);
  TestEngine engine;
  engine->add(TestEngine::download(1, torrent, folder.path() / "d"));
  ASSERT_TRUE(engine.wait<Started>(1));
  engine->remove(1);
  EXPECT_TRUE(engine.wait<Removed>(1));
  engine->remove(2);
  EXPECT_TRUE(engine.wait<Removed>(2));
}

}  // namespace
}  // namespace podswarm::engine
