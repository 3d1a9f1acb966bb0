// What of a torrent is downloaded, in which order, and for how long it is shared: whole engines on loopback.
#include <atomic>
#include <thread>

#include "engine/core/resume.h"
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

using enum FilePriority;

constexpr std::uint32_t kPiece = 32 * 1024;

class ChoiceTest : public testing::Test {
 protected:
  // Three files that share pieces, at a seed.
  void SetUp() override {
    torrent_ = TestTorrent::several({250'000, 170'000, 330'000}, kPiece);
    torrent_.put(folder_.path() / "seed");
    seed_->add(TestEngine::download(1, torrent_, folder_.path() / "seed"));
    ASSERT_TRUE(seed_.wait<Finished>(1));
  }
  [[nodiscard]] AddDownload leech(const std::string& folder = "leech") {
    AddDownload add = TestEngine::download(1, torrent_, folder_.path() / folder);
    add.peers = {seed_.address()};
    return add;
  }
  [[nodiscard]] std::filesystem::path path(std::size_t file, const std::string& folder = "leech") const {
    return folder_.path() / folder / torrent_.path_of(torrent_.files[file].first);
  }
  [[nodiscard]] bool is_whole(std::size_t file, const std::string& folder = "leech") const {
    return read_bytes(path(file, folder)) == torrent_.files[file].second;
  }
  [[nodiscard]] std::filesystem::path part_file(const std::string& folder = "leech") const {
    return folder_.path() / folder / ("." + base::to_hex(torrent_.info_hash()) + ".parts");
  }
  // What is on disk after a crash at this moment.
  void copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy(folder_.path() / from, folder_.path() / to, std::filesystem::copy_options::recursive);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / from)) {
      const auto target = folder_.path() / to / std::filesystem::relative(entry.path(), folder_.path() / from);
      std::filesystem::last_write_time(target, std::filesystem::last_write_time(entry.path()));
    }
  }

  TemporaryFolder folder_;
  TestTorrent torrent_;
  TestEngine seed_;
};

TEST_F(ChoiceTest, OneOfThreeFilesComesAloneAndTheOthersWhenTheyAreWanted) {
  TestEngine engine;
  AddDownload add = leech();
  add.files = {kSkip, kNormal, kSkip};
  engine->add(std::move(add));
  const auto finished = engine.wait<Finished>(1);
  ASSERT_TRUE(finished);
  ASSERT_EQ(finished->files.size(), 1u);
  EXPECT_EQ(finished->files[0].index, 1u);
  EXPECT_EQ(engine.seen<Started>(1)->files.size(), 3u);
  EXPECT_TRUE(is_whole(1));
  EXPECT_FALSE(std::filesystem::exists(path(0)));
  EXPECT_FALSE(std::filesystem::exists(path(2)));
  EXPECT_TRUE(std::filesystem::exists(part_file()));
  const auto status = engine->status(1);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, DownloadState::kSeeding);
  EXPECT_EQ(status->wanted_bytes, 170'000u);
  EXPECT_EQ(status->wanted_done, 170'000u);
  // Pieces 7 to 12, of which the first and the last reach into the others.
  EXPECT_EQ(status->pieces_done, 6u);
  EXPECT_EQ(status->downloaded, 6u * kPiece);
  ASSERT_EQ(status->files.size(), 3u);
  EXPECT_EQ(status->files[0].priority, kSkip);
  EXPECT_EQ(status->files[0].done, 250'000u - 7 * kPiece);
  EXPECT_EQ(status->files[1].done, 170'000u);

  engine->set_files(1, {kNormal, kNormal, kHigh});
  ASSERT_TRUE(engine.wait_for<Finished>(1, 2));
  torrent_.expect_in(folder_.path() / "leech");
  EXPECT_FALSE(std::filesystem::exists(part_file()));
  const DownloadStatus after = engine.status(1);
  EXPECT_EQ(after.pieces_done, after.pieces_total);
  EXPECT_EQ(after.downloaded, 750'000u);  // nothing came twice
  EXPECT_EQ(after.wanted_done, 750'000u);
}

TEST_F(ChoiceTest, AfterACrashTheChoiceAndThePartFileAreBelieved) {
  base::Bytes resume;
  {
    TestEngine engine;
    AddDownload add = leech("before");
    add.files = {kSkip, kNormal, kSkip};
    engine->add(std::move(add));
    ASSERT_TRUE(engine.wait<Finished>(1));
    resume = engine.last<ResumeData>(1)->data;
    copy("before", "leech");
  }
  {
    // Without any peer: it is all there.
    TestEngine engine;
    AddDownload add = leech();
    add.peers = {};
    add.resume = resume;
    engine->add(std::move(add));
    const auto finished = engine.wait<Finished>(1);
    ASSERT_TRUE(finished);
    EXPECT_EQ(finished->files.size(), 1u);
    EXPECT_EQ(engine.status(1).pieces_done, 6u);
  }
  TestEngine engine;
  AddDownload add = leech();
  add.resume = resume;
  add.files = {kNormal, kNormal, kNormal};
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  torrent_.expect_in(folder_.path() / "leech");
  EXPECT_EQ(engine.status(1).downloaded, 750'000u - 6 * kPiece);
  EXPECT_FALSE(std::filesystem::exists(part_file()));
}

TEST_F(ChoiceTest, WithoutResumeDataThePartFileIsVerified) {
  {
    TestEngine engine;
    AddDownload add = leech();
    add.files = {kSkip, kNormal, kSkip};
    engine->add(std::move(add));
    ASSERT_TRUE(engine.wait<Finished>(1));
  }
  TestEngine engine;
  AddDownload add = leech();
  add.peers = {};
  add.files = {kSkip, kNormal, kSkip};
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_EQ(engine.status(1).pieces_done, 6u);
}

TEST_F(ChoiceTest, APartialSeedServesWhatItHasOutOfThePartFileToo) {
  TestEngine partial;
  AddDownload add = leech("partial");
  add.files = {kSkip, kNormal, kSkip};
  partial->add(std::move(add));
  ASSERT_TRUE(partial.wait<Finished>(1));
  // The seed and it have nothing for each other.
  EXPECT_TRUE(eventually([&] { return partial.status(1).peers == 0; }));
  TestEngine engine;
  add = leech();
  add.peers = {partial.address()};
  add.files = {kSkip, kNormal, kSkip};
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_TRUE(is_whole(1));
  EXPECT_EQ(engine.status(1).downloaded, 6u * kPiece);
}

TEST_F(ChoiceTest, WhatIsSkippedOnItsWayIsTakenBack) {
  EngineLimits slow;
  slow.up_limit = 300'000;
  seed_->set_limits(slow);
  TestEngine engine;
  AddDownload add = leech();
  add.files = {kHigh, kLow, kLow};
  engine->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return engine.status(1).pieces_done >= 1; }));
  engine->set_files(1, {kSkip, kNormal, kSkip});
  seed_->set_limits(EngineLimits());
  const auto finished = engine.wait<Finished>(1);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->files.size(), 1u);
  EXPECT_TRUE(is_whole(1));
  EXPECT_LT(engine.status(1).downloaded, 500'000u);
  // What had come of it stays where it is, and the rest comes when it is wanted again.
  engine->set_files(1, {});
  ASSERT_TRUE(engine.wait_for<Finished>(1, 2));
  torrent_.expect_in(folder_.path() / "leech");
}

TEST_F(ChoiceTest, NothingComesBeforeTheChoiceIsMade) {
  TestEngine engine;
  AddDownload add = leech();
  add.choose_files = true;
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Started>(1));
  ASSERT_TRUE(eventually([&] { return engine.status(1).state == DownloadState::kPaused; }));
  EXPECT_FALSE(engine.seen<Finished>(1));
  engine->set_files(1, {kSkip, kSkip, kNormal});
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_TRUE(is_whole(2));
  EXPECT_FALSE(std::filesystem::exists(path(0)));
  EXPECT_FALSE(std::filesystem::exists(path(1)));
}

// As `get --files` answers: what is on disk is still being looked at, which takes a while for so many files.
TEST_F(ChoiceTest, AChoiceMadeWhileTheDiskIsLookedAtIsWrittenWhereItBelongs) {
  torrent_ = TestTorrent::several(std::vector<std::size_t>(5'000, 1'000), kPiece);
  torrent_.put(folder_.path() / "many");
  seed_->add(TestEngine::download(2, torrent_, folder_.path() / "many"));
  ASSERT_TRUE(seed_.wait<Finished>(2));
  EngineOptions options;
  std::atomic<std::size_t> written = 0;  // to files, rather than to the part file
  options.before_write = [&](const std::string&, std::size_t bytes) {
    written += bytes;
    return 0;
  };
  TestEngine engine(options);
  AddDownload add = leech();
  add.choose_files = true;
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Started>(1));
  engine->set_files(1, std::vector<FilePriority>(5'000, kNormal));
  ASSERT_TRUE(engine.wait<Finished>(1));
  torrent_.expect_in(folder_.path() / "leech");
  EXPECT_EQ(written, 5'000'000u);
}

TEST_F(ChoiceTest, ATorrentThatHasStoppedGoesOnWhenMoreIsWanted) {
  TestEngine engine;
  AddDownload add = leech();
  add.files = {kSkip, kNormal, kSkip};
  add.seed = false;
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  ASSERT_TRUE(eventually([&] { return engine.status(1).state == DownloadState::kFinished; }));
  engine->set_files(1, {kNormal, kNormal, kSkip});
  ASSERT_TRUE(engine.wait_for<Finished>(1, 2));
  EXPECT_TRUE(is_whole(0));
  EXPECT_FALSE(std::filesystem::exists(path(2)));
  EXPECT_EQ(engine.status(1).state, DownloadState::kFinished);
}

TEST_F(ChoiceTest, SequentiallyThePiecesComeInOrder) {
  torrent_ = TestTorrent::single(120 * kPiece, kPiece);
  torrent_.put(folder_.path() / "long");
  seed_->add(TestEngine::download(2, torrent_, folder_.path() / "long"));
  ASSERT_TRUE(seed_.wait<Finished>(2));
  TestEngine engine;
  AddDownload add = leech();
  add.sequential = true;
  add.down_limit = 2'000'000;
  engine->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return engine.status(1).pieces_done >= 30; }));
  engine->stop();
  const auto resume = decode_resume(engine.last<ResumeData>(1)->data);
  ASSERT_TRUE(resume);
  const std::uint32_t count = resume->have.count();
  EXPECT_GE(count, 30u);
  EXPECT_LT(count, 120u);
  // But for the few that were being hashed when it ended.
  EXPECT_GE(resume->have.next_clear(0) + 3, count);
}

TEST_F(ChoiceTest, AMagnetLinkSelectsItsFiles) {
  TestEngine engine;
  AddDownload add = leech();
  add.source = MagnetSource{torrent_.magnet() + "&so=0,2"};
  engine->add(std::move(add));
  const auto finished = engine.wait<Finished>(1);
  ASSERT_TRUE(finished);
  ASSERT_EQ(finished->files.size(), 2u);
  EXPECT_TRUE(is_whole(0));
  EXPECT_TRUE(is_whole(2));
  EXPECT_FALSE(std::filesystem::exists(path(1)));
}

TEST_F(ChoiceTest, SeedingEndsAtTheRatioOfWhatIsWanted) {
  TestEngine engine;
  AddDownload add = leech("partial");
  add.files = {kSkip, kNormal, kSkip};
  add.seed_goal.ratio = 1.0;
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_FALSE(engine.seen<SeedGoalReached>(1));
  TestEngine other;
  add = leech();
  add.peers = {engine.address()};
  add.files = {kSkip, kNormal, kSkip};
  other->add(std::move(add));
  const auto reached = engine.wait<SeedGoalReached>(1);
  ASSERT_TRUE(reached);
  EXPECT_GE(reached->uploaded, 170'000u);
  EXPECT_LE(reached->uploaded, 6u * kPiece);
  EXPECT_EQ(engine.status(1).state, DownloadState::kFinished);
  EXPECT_EQ(engine.status(1).peers, 0u);
}

TEST_F(ChoiceTest, SeedingEndsWhenItsTimeIsUpAndEarlierRunsCount) {
  auto resume = [&] {
    TestEngine engine;
    engine->add(leech());
    EXPECT_TRUE(engine.wait<Finished>(1));
    return *decode_resume(engine.last<ResumeData>(1)->data);
  }();
  resume.seeded = std::chrono::minutes(90);
  TestEngine engine;
  AddDownload add = leech();
  add.resume = encode_resume(resume);
  add.seed_goal.time = std::chrono::hours(2);
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  EXPECT_EQ(engine.status(1).state, DownloadState::kSeeding);
  engine->set_seed_goal(1, {0, std::chrono::minutes(90)});
  const auto reached = engine.wait<SeedGoalReached>(1);
  ASSERT_TRUE(reached);
  EXPECT_GE(reached->seeded, std::chrono::minutes(90));
  EXPECT_EQ(engine.status(1).state, DownloadState::kFinished);
}

TEST_F(ChoiceTest, SeedingEndsAtItsDeadline) {
  TestEngine engine;
  AddDownload add = leech();
  add.seed_goal = {100, std::chrono::seconds(1)};
  engine->add(std::move(add));
  ASSERT_TRUE(engine.wait<Finished>(1));
  const auto reached = engine.wait<SeedGoalReached>(1);
  ASSERT_TRUE(reached);
  EXPECT_EQ(reached->seeded, std::chrono::seconds(1));
}

}  // namespace
}  // namespace podswarm::engine
