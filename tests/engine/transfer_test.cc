// Whole engines on loopback: what is seeded by one is downloaded by another.
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
