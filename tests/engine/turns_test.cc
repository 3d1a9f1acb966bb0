// More torrents than places: those that wait exchange nothing and cost nothing, until it is their turn.
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

class TurnsTest : public ::testing::Test {
 protected:
  static constexpr DownloadId kTorrents = 3;
  TurnsTest() {
    for (DownloadId id = 1; id <= kTorrents; ++id) torrents_.push_back(make(id));
  }
  static TestTorrent make(DownloadId id) {
    TestTorrent made;
    made.name = "episode" + std::to_string(id);
    made.files.emplace_back("", random_bytes(600'000, id));
    made.write(64 * 1024, {});
    return made;
  }
  [[nodiscard]] const TestTorrent& torrent(DownloadId id) const { return torrents_[id - 1]; }
  [[nodiscard]] static std::size_t count(TestEngine& engine, DownloadState state) {
    std::size_t found = 0;
    for (const DownloadStatus& status : engine->status()) found += status.state == state;
    return found;
  }
  void add_seeds(TestEngine& engine) {
    for (DownloadId id = 1; id <= kTorrents; ++id) {
      torrent(id).put(folder_.path() / "seed");
      engine->add(TestEngine::download(id, torrent(id), folder_.path() / "seed"));
    }
    for (DownloadId id = 1; id <= kTorrents; ++id) EXPECT_TRUE(engine.wait<Finished>(id));
  }
  [[nodiscard]] AddDownload leech_of(TestEngine& engine, DownloadId id) {
    AddDownload add = TestEngine::download(id, torrent(id), folder_.path() / "leech");
    add.peers = {engine.address()};
    return add;
  }

  const TemporaryFolder folder_;
  std::vector<TestTorrent> torrents_;
};

TEST_F(TurnsTest, SoManySeedAsMayAndTheLimitHoldsAtOnce) {
  EngineOptions options;
  options.max_seeding = 1;
  TestEngine seed(options);
  add_seeds(seed);
  ASSERT_TRUE(eventually([&] { return count(seed, DownloadState::kQueued) == 2; }));
  EXPECT_EQ(count(seed, DownloadState::kSeeding), 1u);
  DownloadId active = 0;
  for (DownloadId id = 1; id <= kTorrents; ++id) {
    if (seed.status(id).state == DownloadState::kSeeding) active = id;
  }
  const DownloadId waiting = active == 1 ? 2 : 1;
  TestEngine leech;
  leech->add(leech_of(seed, active));
  leech->add(leech_of(seed, waiting));
  ASSERT_TRUE(leech.wait<Finished>(active));
  EXPECT_EQ(leech.status(waiting).downloaded, 0u);
  EXPECT_EQ(seed.status(waiting).peers, 0u);

  EngineLimits limits;
  seed->set_limits(limits);
  EXPECT_TRUE(eventually([&] { return count(seed, DownloadState::kSeeding) == kTorrents; }));
  ASSERT_TRUE(leech.wait<Finished>(waiting));
  torrent(waiting).expect_in(folder_.path() / "leech");

  limits.max_seeding = 2;
  seed->set_limits(limits);
  EXPECT_TRUE(eventually([&] { return count(seed, DownloadState::kQueued) == 1; }));
}

// More than start side by side; some go before their turn to start has come, and their ids are used again.
TEST_F(TurnsTest, HundredsAtOnceAllStartWhateverBecomesOfSome) {
  constexpr DownloadId kMany = 300;
  const auto make_small = [](DownloadId id) {
    TestTorrent made;
    made.name = "small" + std::to_string(id);
    made.files.emplace_back("", random_bytes(1000, id));
    made.write(16 * 1024, {});
    return made;
  };
  TestEngine engine;
  const auto add = [&](DownloadId id, const TestTorrent& small) {
    // Nobody writes to what another one checks.
    if (id == 1 || id % 10 > 1) small.put(folder_.path() / "many");
    engine->add(TestEngine::download(id, small, folder_.path() / "many"));
  };
  for (DownloadId id = 1; id <= kMany; ++id) {
    if (id % 10 == 0) {
      AddDownload bad;
      bad.id = id;
      bad.source = TorrentFileSource{base::Bytes(300'000, 'x')};  // large enough for a worker
      bad.dir = folder_.path() / "many";
      engine->add(std::move(bad));
    } else {
      add(id, make_small(id % 10 == 1 ? 1 : id));  // every tenth is one that there is already
    }
  }
  for (DownloadId id = 202; id <= kMany; id += 10) {
    engine->remove(id);
    ASSERT_TRUE(engine.wait<Removed>(id));
    add(id, make_small(1000 + id));
  }
  for (DownloadId id = 1; id <= kMany; ++id) {
    if (id == 1 || id % 10 > 1) {
      ASSERT_TRUE(engine.wait<Finished>(id)) << id;
    } else {
      ASSERT_TRUE(engine.wait<Failed>(id)) << id;
    }
  }
}

TEST_F(TurnsTest, WhoLeavesMakesRoom) {
  EngineOptions options;
  options.max_seeding = 1;
  TestEngine seed(options);
  add_seeds(seed);
  for (DownloadId left = kTorrents; left > 1; --left) {
    ASSERT_TRUE(eventually([&] { return count(seed, DownloadState::kSeeding) == 1; }));
    for (const DownloadStatus& status : seed->status()) {
      if (status.state == DownloadState::kSeeding) seed->remove(status.id);
    }
  }
  EXPECT_TRUE(eventually([&] {
    const auto all = seed->status();
    return all.size() == 1 && all[0].state == DownloadState::kSeeding;
  }));
}

TEST_F(TurnsTest, DownloadsFollowEachOtherAndWhatIsThereNeedsNoPlace) {
  TestEngine seed;
  add_seeds(seed);
  EngineOptions options;
  options.max_downloading = 1;
  options.max_seeding = 1;
  TestEngine leech(options);
  // Of the first one nobody has anything; its turn ends with it.
  AddDownload stuck = TestEngine::download(9, make(9), folder_.path() / "leech");
  leech->add(std::move(stuck));
  ASSERT_TRUE(eventually([&] { return leech.status(9).state == DownloadState::kDownloading; }));
  for (DownloadId id = 1; id <= 2; ++id) leech->add(leech_of(seed, id));
  torrent(3).put(folder_.path() / "leech");
  leech->add(leech_of(seed, 3));
  ASSERT_TRUE(leech.wait<Finished>(3));
  ASSERT_TRUE(eventually([&] { return count(leech, DownloadState::kQueued) == 2; }));
  EXPECT_EQ(leech.status(1).peers + leech.status(2).peers, 0u);
  leech->remove(9);
  for (DownloadId id = 1; id <= 2; ++id) {
    ASSERT_TRUE(leech.wait<Finished>(id));
    torrent(id).expect_in(folder_.path() / "leech");
  }
}

TEST_F(TurnsTest, ATurnAmongDownloadsIsTakenByMagnetsToo) {
  TestEngine seed;
  add_seeds(seed);
  EngineOptions options;
  options.max_downloading = 1;
  TestEngine leech(options);
  leech->add(TestEngine::download(9, make(9), folder_.path() / "leech"));
  ASSERT_TRUE(eventually([&] { return leech.status(9).state == DownloadState::kDownloading; }));
  AddDownload add = leech_of(seed, 1);
  add.source = MagnetSource{torrent(1).magnet()};
  leech->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return leech.status(1).state == DownloadState::kQueued; }));
  EXPECT_FALSE(leech.seen<Started>(1));
  leech->set_limits({});
  ASSERT_TRUE(leech.wait<Finished>(1));
}

// What a killed process is to remember.
TEST_F(TurnsTest, WhatASeedSendsIsToldInSteps) {
  TestTorrent large;
  large.name = "large";
  large.files.emplace_back("", random_bytes(2 * kSeedStep, 5));
  large.write(256 * 1024, {});
  large.put(folder_.path() / "seed");
  TestEngine seed;
  AddDownload add = TestEngine::download(1, large, folder_.path() / "seed");
  add.uploaded_before = 1000;
  seed->add(std::move(add));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  AddDownload fetch = TestEngine::download(1, large, folder_.path() / "leech");
  fetch.peers = {seed.address()};
  leech->add(std::move(fetch));
  ASSERT_TRUE(leech.wait<Finished>(1));
  const auto progress = seed.wait<SeedProgress>(1);
  ASSERT_TRUE(progress);
  EXPECT_GE(progress->uploaded, kSeedStep + 1000);
  EXPECT_LE(progress->uploaded, 2 * kSeedStep + 1000);
}

}  // namespace
}  // namespace podswarm::engine
