// What is on disk already: resume without reading it, checks where it is in doubt, and failures that lose nothing.
#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

#include "engine/core/resume.h"
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPiece = 64 * 1024;

// Seeds the torrent from folder/seed, and hands back the resume data of that.
base::Bytes seed_once(const TestTorrent& torrent, const std::filesystem::path& dir) {
  TestEngine engine;
  engine->add(TestEngine::download(1, torrent, dir));
  EXPECT_TRUE(engine.wait<Finished>(1));
  const auto resume = engine.wait<ResumeData>(1);
  EXPECT_TRUE(resume);
  return resume ? resume->data : base::Bytes();
}

TEST(ResumeTest, DataThatIsThereIsVerifiedOnAdd) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({500'000, 0, 70'000, 1}, kPiece);
  torrent.put(folder.path() / "d");
  TestEngine engine;
  engine->add(TestEngine::download(1, torrent, folder.path() / "d"));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_EQ(engine.status(1).state, DownloadState::kSeeding);
  EXPECT_EQ(engine.status(1).pieces_done, engine.status(1).pieces_total);
}

TEST(ResumeTest, AFlippedByteOnDiskCostsItsPieceAlone) {
  const TemporaryFolder folder;
  TestTorrent torrent = TestTorrent::single(10 * kPiece, kPiece);
  torrent.put(folder.path() / "seed");
  base::Bytes& bytes = torrent.files[0].second;
  bytes[3 * kPiece + 5] ^= 1;
  torrent.put(folder.path() / "leech");
  bytes[3 * kPiece + 5] ^= 1;

  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(leech.status(1).downloaded, kPiece);
}

TEST(ResumeTest, ResumedDataIsBelievedWithoutBeingRead) {
  const TemporaryFolder folder;
  TestTorrent torrent = TestTorrent::single(10 * kPiece, kPiece);
  torrent.put(folder.path() / "d");
  const base::Bytes resume = seed_once(torrent, folder.path() / "d");
  // Changed behind its back, with size and time as they were: had it been read, it would not be complete.
  const auto path = folder.path() / "d" / "episode";
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(100);
    file.put(static_cast<char>(torrent.files[0].second[100] ^ 1));
  }
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.resume = resume;
  engine->add(std::move(add));
  EXPECT_TRUE(engine.wait<Finished>(1));
}

TEST(ResumeTest, ATorrentByUrlIsNotFetchedAgain) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(10 * kPiece, kPiece);
  torrent.put(folder.path() / "d");
  AddDownload add;
  add.id = 1;
  add.source = TorrentUrlSource{"http://127.0.0.1:1/episode.torrent"};  // nothing listens there
  add.dir = folder.path() / "d";
  add.resume = seed_once(torrent, folder.path() / "d");
  TestEngine engine;
  engine->add(add);
  EXPECT_TRUE(engine.wait<Finished>(1));
  add.id = 2;
  add.resume.clear();
  engine->add(add);
  EXPECT_TRUE(engine.wait<Failed>(2));
}

TEST(ResumeTest, AFileThatChangedSinceIsCheckedAgain) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({300'000, 300'000}, kPiece);
  torrent.put(folder.path() / "d");
  const base::Bytes resume = seed_once(torrent, folder.path() / "d");
  base::Bytes changed = torrent.files[1].second;
  changed[200'000] ^= 1;
  write_bytes(folder.path() / "d" / torrent.path_of(torrent.files[1].first), changed);
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.resume = resume;
  engine->add(std::move(add));
  DownloadStatus status;
  EXPECT_TRUE(eventually([&] {
    status = engine.status(1);
    return status.state == DownloadState::kDownloading;
  }));
  EXPECT_EQ(status.pieces_done + 1, status.pieces_total);
}

TEST(ResumeTest, AStoppedDownloadGoesOnWhereItWas) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(64 * kPiece, kPiece);
  torrent.put(folder.path() / "seed");
  EngineOptions slow;
  slow.up_limit = 2'000'000;
  TestEngine seed(slow);
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  base::Bytes resume;
  std::uint64_t first_run = 0;
  {
    TestEngine leech;
    AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
    add.peers = {seed.address()};
    leech->add(std::move(add));
    ASSERT_TRUE(eventually([&] { return leech.status(1).pieces_done >= 8; }));
    leech->stop();
    const auto data = leech.last<ResumeData>(1);
    ASSERT_TRUE(data);
    resume = data->data;
    const auto decoded = decode_resume(resume);
    ASSERT_TRUE(decoded);
    first_run = decoded->have.count();
    EXPECT_GE(first_run, 8u);
    EXPECT_LT(first_run, 64u);
  }
  seed->set_limits(EngineLimits{});
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  add.resume = resume;
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(leech.status(1).downloaded, (64 - first_run) * kPiece);
}

TEST(ResumeTest, WhatALargeTorrentKnewIsReadBesideTheNetworkThread) {
  const TemporaryFolder folder;
  TestTorrent torrent;
  for (std::size_t i = 0; i < 1500; ++i)
    torrent.files.emplace_back(std::to_string(i) + std::string(200, 'x'), base::Bytes());
  torrent.files.emplace_back("data", random_bytes(3 * kPiece, 1));
  torrent.write(kPiece, {});
  torrent.put(folder.path());
  TestEngine engine;
  engine->add(TestEngine::download(1, torrent, folder.path()));
  ASSERT_TRUE(engine.wait<Finished>(1));
  engine->remove(1);
  ASSERT_TRUE(engine.wait<Removed>(1));
  const base::Bytes resume = engine.last<ResumeData>(1)->data;
  ASSERT_GT(resume.size(), 256u * 1024) << "small ones are read at once";
  // Nobody else has it: what it is can only come from there.
  AddDownload add = TestEngine::download(2, torrent, folder.path());
  add.source = MagnetSource{torrent.magnet()};
  add.resume = resume;
  engine->add(add);
  // Most likely before it has been read.
  engine->remove(2);
  ASSERT_TRUE(engine.wait<Removed>(2));
  add.id = 3;
  engine->add(add);
  ASSERT_TRUE(engine.wait<Finished>(3));
  EXPECT_EQ(engine.seen<Started>(3)->files.size(), 1501u);
}

TEST(ResumeTest, AFolderThatCannotBeMadeFailsAsADiskError) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(3 * kPiece, kPiece);
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "missing" / "below");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  const auto failed = leech.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kDisk);
  EXPECT_TRUE(leech.wait<Removed>(1));
}

TEST(ResumeTest, ASymbolicLinkInTheWayIsNotFollowed) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({100'000, 100'000}, kPiece);
  torrent.put(folder.path() / "seed");
  (void)folder.make("outside");
  (void)folder.make("leech");
  std::filesystem::create_directory_symlink(folder.path() / "outside", folder.path() / "leech" / "episode");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "leech");
  add.peers = {seed.address()};
  leech->add(std::move(add));
  const auto failed = leech.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kDisk);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "outside"));
}

TEST(ResumeTest, WithoutSeedingTheTorrentStopsWhenComplete) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(3 * kPiece, kPiece);
  torrent.put(folder.path() / "d");
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.seed = false;
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_EQ(engine.status(1).state, DownloadState::kFinished);
  engine->remove(1);
  EXPECT_TRUE(engine.wait<Removed>(1));
}

TEST(ResumeTest, AFolderThatIsGoneIsReportedAndNotMadeAnew) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({500'000, 70'000}, kPiece);
  torrent.put(folder.path() / "d");
  const base::Bytes resume = seed_once(torrent, folder.path() / "d");
  std::filesystem::remove_all(folder.path() / "d");
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.resume = resume;
  engine->add(std::move(add));
  const auto failed = engine.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kMissing);
  EXPECT_NE(failed->message.find("mounted"), std::string::npos);
  EXPECT_TRUE(engine.wait<Removed>(1));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "d"));
}

TEST(ResumeTest, OneFileOfSeveralThatIsGoneIsFetchedAgain) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::several({500'000, 70'000}, kPiece);
  torrent.put(folder.path() / "seed");
  torrent.put(folder.path() / "d");
  const base::Bytes resume = seed_once(torrent, folder.path() / "d");
  std::filesystem::remove(folder.path() / "d" / torrent.path_of(torrent.files[1].first));
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.resume = resume;
  add.peers = {seed.address()};
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  torrent.expect_in(folder.path() / "d");
}

// A seed whose data is damaged after it was verified, a second one that is whole, and a leech of the first.
class LossTest : public ::testing::Test {
 protected:
  LossTest() {
    torrent_.put(folder_.path() / "whole");
    torrent_.put(folder_.path() / "seed");
    whole_->add(TestEngine::download(1, torrent_, folder_.path() / "whole"));
    seed_->add(TestEngine::download(1, torrent_, folder_.path() / "seed"));
    EXPECT_TRUE(whole_.wait<Finished>(1));
    EXPECT_TRUE(seed_.wait<Finished>(1));
  }
  void leech_from_seed() {
    AddDownload add = TestEngine::download(1, torrent_, folder_.path() / "leech");
    add.peers = {seed_.address()};
    leech_->add(std::move(add));
  }

  const TemporaryFolder folder_;
  const TestTorrent torrent_ = TestTorrent::several({500'000, 300'000, 1'000'000}, kPiece);
  TestEngine whole_;
  TestEngine seed_;
  TestEngine leech_;
};

TEST_F(LossTest, AFileCutShortWhileSeedingIsFetchedAgain) {
  std::filesystem::resize_file(folder_.path() / "seed" / torrent_.path_of(torrent_.files[2].first), 100'000);
  leech_from_seed();
  EXPECT_TRUE(eventually([&] { return seed_.status(1).state == DownloadState::kDownloading; }));
  const DownloadStatus status = seed_.status(1);
  EXPECT_GT(status.pieces_done, 0u);
  EXPECT_LT(status.pieces_done, status.pieces_total);
  EXPECT_LT(status.done_bytes, *status.total_bytes);
  // Whoever has it gives it back, and the leech gets all of it from the seed.
  seed_->add_peer(1, whole_.address());
  ASSERT_TRUE(leech_.wait<Finished>(1));
  torrent_.expect_in(folder_.path() / "leech");
  torrent_.expect_in(folder_.path() / "seed");
  EXPECT_EQ(seed_.status(1).state, DownloadState::kSeeding);
}

TEST_F(LossTest, AFolderThatVanishesWhileSeedingIsReported) {
  // Cut first: files that are open can be read on when they have no name any more.
  for (const auto& [path, bytes] : torrent_.files) {
    std::filesystem::resize_file(folder_.path() / "seed" / torrent_.path_of(path), 0);
  }
  std::filesystem::remove_all(folder_.path() / "seed");
  leech_from_seed();
  const auto failed = seed_.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kMissing);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "seed"));
}

}  // namespace
}  // namespace podswarm::engine
