// Disks that are slow, hang or are full, by EngineOptions::before_write.
#include <cerrno>
#include <mutex>
#include <thread>

#include "engine/core/resume.h"
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPiece = 256 * 1024;

// A door that stands open until it is shut.
class Gate {
 public:
  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
  }
  // Whether somebody stands before it, within 20 s.
  bool wait_for_somebody() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

// A seed of the torrent, its data in `dir`.
void seed(TestEngine& engine, DownloadId id, const TestTorrent& torrent, const std::filesystem::path& dir) {
  torrent.put(dir);
  engine->add(TestEngine::download(id, torrent, dir));
  ASSERT_TRUE(engine.wait<Finished>(id));
}

AddDownload leech_of(TestEngine& seed, DownloadId id, const TestTorrent& torrent, const std::filesystem::path& dir) {
  AddDownload add = TestEngine::download(id, torrent, dir);
  add.peers = {seed.address()};
  return add;
}

TEST(SlowDisk, BuffersStayInTheirBudgetWhileThePeerIsFasterThanTheDisk) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(64 * kPiece, kPiece);
  TestEngine source;
  seed(source, 1, torrent, folder.path() / "seed");

  EngineOptions options;
  options.buffer_budget = 4u << 20;
  std::mutex device;  // one write at a time, 20 MB/s
  options.before_write = [&](const std::string&, std::size_t bytes) {
    const std::lock_guard lock(device);
    std::this_thread::sleep_for(std::chrono::duration<double>(static_cast<double>(bytes) / 20e6));
    return 0;
  };
  TestEngine leech(options);
  // The network thread's longest stall, as who asks it something over and over sees it.
  const auto begin = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration longest{};
  std::chrono::steady_clock::duration stalled{};  // longer than a busy machine's scheduler explains, in all
  std::jthread probe([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto asked = std::chrono::steady_clock::now();
      (void)leech->buffers();
      const auto answered = std::chrono::steady_clock::now() - asked;
      longest = std::max(longest, answered);
      if (answered > std::chrono::milliseconds(10)) stalled += answered;
    }
  });
  leech->add(leech_of(source, 1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  const auto took = std::chrono::steady_clock::now() - begin;
  probe.request_stop();
  probe.join();
  std::printf("longest stall %.2f ms of %.0f ms\n", std::chrono::duration<double, std::milli>(longest).count(),
              std::chrono::duration<double, std::milli>(took).count());
  // The device is busy nearly all the time: whoever waited for it would be, too.
  EXPECT_LT(stalled, took / 2);
  EXPECT_LT(longest, took / 5);
  torrent.expect_in(folder.path() / "leech");
  const BufferUse use = leech->buffers();
  EXPECT_EQ(use.budget, 4u << 20);
  EXPECT_LE(use.most, use.budget);
  // The disk was what limited it: everything that is for data on its way in was in use.
  EXPECT_GT(use.most, use.budget / 2);
}

TEST(SlowDisk, NobodyElseWaitsForAWriteThatHangs) {
  const TemporaryFolder folder;
  const TestTorrent stuck = TestTorrent::single(kPiece, kPiece, 1);
  const TestTorrent other = TestTorrent::single(20 * kPiece, kPiece, 2);
  TestEngine source;
  seed(source, 1, stuck, folder.path() / "source");

  Gate gate;
  gate.shut();
  EngineOptions options;
  options.disk_threads = 2;  // a torrent of one piece occupies one of them
  options.before_write = [&](const std::string& path, std::size_t) {
    if (path.find("stuck") != std::string::npos) gate.pass();
    return 0;
  };
  TestEngine engine(options);
  seed(engine, 2, other, folder.path() / "other");
  engine->add(leech_of(source, 1, stuck, folder.path() / "stuck"));
  ASSERT_TRUE(gate.wait_for_somebody());

  // The network thread answers, and serves another torrent from begin to end.
  EXPECT_EQ(engine.status(1).state, DownloadState::kDownloading);
  TestEngine taker;
  taker->add(leech_of(engine, 1, other, folder.path() / "taker"));
  ASSERT_TRUE(taker.wait<Finished>(1));
  other.expect_in(folder.path() / "taker");
  EXPECT_EQ(engine.status(1).pieces_done, 0u);

  gate.open();
  ASSERT_TRUE(engine.wait<Finished>(1));
  stuck.expect_in(folder.path() / "stuck");
}

TEST(SlowDisk, AFullDiskCostsNothingThatWasWrittenAndTheRestFollowsWhenThereIsRoom) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(32 * kPiece, kPiece);
  TestEngine source;
  seed(source, 1, torrent, folder.path() / "seed");

  std::mutex mutex;
  std::size_t room = 10 * kPiece;
  EngineOptions options;
  options.before_write = [&](const std::string&, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (bytes > room) return ENOSPC;
    room -= bytes;
    return 0;
  };
  TestEngine leech(options);
  leech->add(leech_of(source, 1, torrent, folder.path() / "leech"));
  const auto failed = leech.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kDiskFull);
  ASSERT_TRUE(leech.wait<Removed>(1));
  const auto data = leech.last<ResumeData>(1);
  ASSERT_TRUE(data);
  const auto resume = decode_resume(data->data);
  ASSERT_TRUE(resume);
  const std::uint32_t had = resume->have.count();
  EXPECT_GT(had, 0u);
  EXPECT_LE(had, 10u);

  {
    const std::lock_guard lock(mutex);
    room = 100 * kPiece;
  }
  AddDownload again = leech_of(source, 2, torrent, folder.path() / "leech");
  again.resume = data->data;
  leech->add(std::move(again));
  ASSERT_TRUE(leech.wait<Finished>(2));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_LE(leech.status(2).downloaded, (32 - had) * kPiece);
}

TEST(SlowDisk, AWriteErrorStopsTheTorrentAloneAndSaysWhere) {
  const TemporaryFolder folder;
  const TestTorrent broken = TestTorrent::single(4 * kPiece, kPiece, 1);
  const TestTorrent fine = TestTorrent::single(4 * kPiece, kPiece, 2);
  TestEngine source;
  seed(source, 1, broken, folder.path() / "seed1");
  seed(source, 2, fine, folder.path() / "seed2");

  EngineOptions options;
  options.before_write = [](const std::string& path, std::size_t) {
    return path.find("broken") == std::string::npos ? 0 : EIO;
  };
  TestEngine leech(options);
  leech->add(leech_of(source, 1, broken, folder.path() / "broken"));
  leech->add(leech_of(source, 2, fine, folder.path() / "fine"));
  const auto failed = leech.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kDisk);
  EXPECT_NE(failed->message.find("broken/episode: cannot write"), std::string::npos) << failed->message;
  EXPECT_TRUE(leech.wait<Finished>(2));
}

TEST(ManyFiles, ATorrentOfManyIsTransferredLikeOneOfFew) {
  // Thousands of files are made in no time where they are in memory.
  const std::filesystem::path memory = "/dev/shm";
  const TemporaryFolder folder(std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path());
  std::vector<std::size_t> sizes(1'200);
  for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = i % 50;  // some are empty
  const TestTorrent torrent = TestTorrent::several(sizes, 16 * 1024);
  TestEngine source;
  seed(source, 1, torrent, folder.path() / "seed");
  TestEngine leech;
  leech->add(leech_of(source, 1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  // By its magnet, too.
  AddDownload by_magnet = leech_of(source, 2, torrent, folder.path() / "magnet");
  by_magnet.source = MagnetSource{torrent.magnet()};
  TestEngine other;
  other->add(std::move(by_magnet));
  ASSERT_TRUE(other.wait<Finished>(2));
  torrent.expect_in(folder.path() / "magnet");
}

// ---- checks ----

TEST(InterruptedCheck, WhatItHasFoundIsSavedWhileItRuns) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(400 * kPiece, kPiece);
  torrent.put(folder.path() / "d");
  EngineOptions options;
  options.disk_threads = 1;
  options.save_interval = std::chrono::milliseconds(0);
  // A quick machine may be through before the first save.
  for (int attempt = 0; attempt < 20; ++attempt) {
    TestEngine engine(options);
    engine->add(TestEngine::download(1, torrent, folder.path() / "d"));
    ASSERT_TRUE(engine.wait<ResumeData>(1));
    const auto saved = decode_resume(engine.seen<ResumeData>(1)->data);
    ASSERT_TRUE(saved);
    if (saved->doubtful.size() == 0) continue;
    EXPECT_FALSE(saved->doubtful.none());
    EXPECT_EQ(saved->have.count() + saved->doubtful.count(), 400u);
    return;
  }
  FAIL() << "no resume data came from within a check";
}

TEST(InterruptedCheck, GoesOnWhereItWas) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(20 * kPiece, kPiece);
  Resume resume;
  {
    TestEngine engine;
    seed(engine, 1, torrent, folder.path() / "d");
    const auto data = engine.wait<ResumeData>(1);
    ASSERT_TRUE(data);
    resume = *decode_resume(data->data);
  }
  // The first ten have been looked at, one of them was bad; the others have not.
  resume.have = Bitfield(20);
  resume.doubtful = Bitfield(20);
  for (std::uint32_t i = 0; i < 20; ++i) (i < 10 ? resume.have : resume.doubtful).set(i);
  resume.have.reset(7);
  TestEngine engine;
  AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
  add.resume = encode_resume(resume);
  engine->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return engine.status(1).state == DownloadState::kDownloading; }));
  EXPECT_EQ(engine.status(1).pieces_done, 19u) << "of all but the one that was known to be bad";
}

}  // namespace
}  // namespace podswarm::engine
