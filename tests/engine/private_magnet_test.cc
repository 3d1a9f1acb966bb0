// A magnet link whose torrent turns out to be private (BEP 27) with its metadata: from then on, peers are those that
// the tracker names.
#include "tests/engine/engine_fixture.h"
#include "tests/engine/test_tracker.h"

namespace podswarm::engine {
namespace {

class PrivateMagnetTest : public ::testing::Test {
 protected:
  PrivateMagnetTest() {
    torrent_.is_private = true;
    torrent_.files.emplace_back("", random_bytes(4'000'000, 1));
    torrent_.write(64 * 1024, {{tracker_.url()}});
  }
  // With all of it.
  std::unique_ptr<TestEngine> seed(const std::string& dir, bool announces) {
    torrent_.put(folder_.path() / dir);
    auto engine = std::make_unique<TestEngine>();
    AddDownload add = TestEngine::download(1, torrent_, folder_.path() / dir);
    add.use_trackers = announces;
    (*engine)->add(std::move(add));
    EXPECT_TRUE(engine->wait<Finished>(1));
    return engine;
  }
  [[nodiscard]] AddDownload magnet(const TestEngine& named, bool with_tracker) {
    AddDownload add;
    add.id = 1;
    std::string uri = torrent_.magnet() + "&x.pe=127.0.0.1:" + std::to_string(named.address().port);
    if (with_tracker) uri += "&tr=" + base::percent_encode(tracker_.url());
    add.source = MagnetSource{uri};
    add.dir = folder_.path() / "leech";
    return add;
  }

  const TemporaryFolder folder_;
  TestTracker tracker_;
  TestTorrent torrent_;
};

TEST_F(PrivateMagnetTest, WhomTheLinkNamesGivesTheMetadataAndNothingElse) {
  const auto stranger = seed("stranger", false);
  TestEngine leech;
  leech->add(magnet(*stranger, false));
  ASSERT_TRUE(leech.wait<Started>(1)) << "the metadata has come";
  ASSERT_TRUE(eventually([&] { return leech.status(1).state == DownloadState::kDownloading; }));
  EXPECT_TRUE(eventually([&] { return leech.status(1).peers == 0; }));
  // A moment in which it would come otherwise.
  EXPECT_FALSE(test::eventually([&] { return leech.status(1).downloaded > 0; }, std::chrono::milliseconds(500),
                                std::chrono::milliseconds(5)));
  EXPECT_EQ(stranger->status(1).uploaded, 0u);
  EXPECT_EQ(leech.status(1).peers, 0u);
}

TEST_F(PrivateMagnetTest, WhomTheTrackerNamesGivesTheRest) {
  const auto stranger = seed("stranger", false);
  const auto member = seed("member", true);
  TestEngine leech;
  leech->add(magnet(*stranger, true));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent_.expect_in(folder_.path() / "leech");
  EXPECT_EQ(stranger->status(1).uploaded, 0u);
  EXPECT_EQ(member->status(1).uploaded, 4'000'000u);
}

TEST_F(PrivateMagnetTest, AUsersOwnPeerIsHisOwnBusiness) {
  const auto friendly = seed("friend", false);
  TestEngine leech;
  AddDownload add = magnet(*friendly, false);
  add.source = MagnetSource{torrent_.magnet()};
  add.peers = {friendly->address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
}

}  // namespace
}  // namespace podswarm::engine
