// Limits that are changed while engines exchange data on loopback.
#include <memory>
#include <thread>

#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

// One seed that gives slowly, and leeches that are all connected to it.
class LimitsTest : public ::testing::Test {
 protected:
  void start(std::size_t leeches) {
    torrent_.put(folder_.path() / "seed");
    EngineOptions slow;
    slow.up_limit = 200'000;
    seed_ = std::make_unique<TestEngine>(slow);
    (*seed_)->add(TestEngine::download(1, torrent_, folder_.path() / "seed"));
    ASSERT_TRUE(seed_->wait<Finished>(1));
    for (std::size_t i = 0; i < leeches; ++i) {
      leeches_.push_back(std::make_unique<TestEngine>());
      AddDownload add = TestEngine::download(1, torrent_, folder_.path() / ("leech" + std::to_string(i)));
      add.peers = {seed_->address()};
      (*leeches_.back())->add(std::move(add));
    }
    ASSERT_TRUE(eventually([&] { return seed_->status(1).peers == leeches; }));
  }
  const TemporaryFolder folder_;
  const TestTorrent torrent_ = TestTorrent::single(8'000'000, 64 * 1024);
  std::unique_ptr<TestEngine> seed_;
  std::vector<std::unique_ptr<TestEngine>> leeches_;
};

TEST_F(LimitsTest, FewerConnectionsOfATorrentHoldAtOnce) {
  start(3);
  DownloadLimits limits;
  limits.max_peers = 1;
  (*seed_)->set_limits(1, limits);
  EXPECT_EQ(seed_->status(1).peers, 1u);
}

TEST_F(LimitsTest, FewerConnectionsOfTheEngineHoldAtOnce) {
  start(3);
  EngineLimits limits;
  limits.max_peers = 2;
  (*seed_)->set_limits(limits);
  // A call that is under way counts too.
  EXPECT_LE(seed_->status(1).peers, 2u);
  EXPECT_GE(seed_->status(1).peers, 1u);
  limits.max_peers_per_torrent = 1;
  (*seed_)->set_limits(limits);
  EXPECT_EQ(seed_->status(1).peers, 1u);
}

TEST_F(LimitsTest, ATorrentsRateIsLiftedAndLoweredAtOnce) {
  start(1);
  DownloadLimits limits;
  limits.down_limit = 100'000;
  (*leeches_[0])->set_limits(1, limits);
  (*seed_)->set_limits(EngineLimits{});
  const std::uint64_t before = leeches_[0]->status(1).downloaded;
  const auto start = std::chrono::steady_clock::now();
  // Beyond what the bucket and the socket held already.
  ASSERT_TRUE(eventually([&] { return leeches_[0]->status(1).downloaded >= before + 100'000; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 300ms);
  (*leeches_[0])->set_limits(1, DownloadLimits{});
  EXPECT_TRUE(leeches_[0]->wait<Finished>(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 8s);
}

TEST_F(LimitsTest, WithoutUploadSlotsNothingIsGiven) {
  start(1);
  ASSERT_TRUE(eventually([&] { return leeches_[0]->status(1).downloaded > 0; }));
  DownloadLimits limits;
  limits.upload_slots = 1;
  (*seed_)->set_limits(1, limits);
  EngineLimits none;
  none.upload_slots = 0;
  (*seed_)->set_limits(none);
  EXPECT_EQ(seed_->status(1).peers, 1u);
  // The torrent has a slot of its own.
  EXPECT_TRUE(leeches_[0]->wait<Finished>(1));
}

TEST_F(LimitsTest, AnEngineThatMayHaveNoPeersTakesNone) {
  start(0);
  EngineLimits none;
  none.max_peers = 0;
  (*seed_)->set_limits(none);
  TestEngine leech;
  AddDownload add = TestEngine::download(1, torrent_, folder_.path() / "leech");
  add.peers = {seed_->address()};
  leech->add(std::move(add));
  (void)leech.status(1);
  EXPECT_EQ(seed_->status(1).peers, 0u);
  (*seed_)->set_limits(EngineLimits{});
  TestEngine other;
  add = TestEngine::download(1, torrent_, folder_.path() / "other");
  add.peers = {seed_->address()};
  other->add(std::move(add));
  EXPECT_TRUE(other.wait<Finished>(1));
}

}  // namespace
}  // namespace podswarm::engine
