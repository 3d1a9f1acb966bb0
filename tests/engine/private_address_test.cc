// A download that may not go to private addresses: nothing that a feed, a link or a tracker names leads there.
#include <boost/asio/ip/udp.hpp>

#include "tests/engine/engine_fixture.h"
#include "tests/engine/test_tracker.h"

namespace podswarm::engine {
namespace {

class PrivateAddressTest : public ::testing::Test {
 protected:
  AddDownload forbidding(Source source) {
    AddDownload add;
    add.id = 1;
    add.source = std::move(source);
    add.dir = folder.path() / "leech";
    add.http.allow_private = false;
    return add;
  }
  // The tracker is refused for its address.
  bool is_refused(TestEngine& engine) {
    return eventually([&] { return engine.status(1).tracker_message.find("private address") != std::string::npos; });
  }

  TemporaryFolder folder;
};

TEST_F(PrivateAddressTest, HttpTrackersAreNotAsked) {
  const TestTracker tracker;
  const TestTorrent torrent = TestTorrent::single(100'000, 16 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  leech->add(forbidding(TorrentFileSource{torrent.torrent}));
  ASSERT_TRUE(is_refused(leech));
  EXPECT_EQ(leech.status(1).downloaded, 0u);
}

TEST_F(PrivateAddressTest, UdpTrackersAreSentNothing) {
  boost::asio::io_context io;
  boost::asio::ip::udp::socket tracker(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const std::string url = "udp://localhost:" + std::to_string(tracker.local_endpoint().port());
  const TestTorrent torrent = TestTorrent::single(100'000, 16 * 1024, 1, {{url}});
  {
    TestEngine leech;
    leech->add(forbidding(TorrentFileSource{torrent.torrent}));
    ASSERT_TRUE(is_refused(leech));
  }
  EXPECT_EQ(tracker.available(), 0u);
}

TEST_F(PrivateAddressTest, ATorrentThatAllowsThemIsAnnouncedByTheSameEngine) {
  const TestTracker tracker;
  const TestTorrent strict = TestTorrent::single(100'000, 16 * 1024, 1, {{tracker.url()}});
  const TestTorrent open = TestTorrent::single(100'000, 16 * 1024, 2, {{tracker.url()}});
  open.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, open, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  leech->add(forbidding(TorrentFileSource{strict.torrent}));
  leech->add(TestEngine::download(2, open, folder.path() / "open"));
  EXPECT_TRUE(leech.wait<Finished>(2));
  EXPECT_TRUE(is_refused(leech));
}

TEST_F(PrivateAddressTest, PeersOfAMagnetLinkAreNotCalledButAUsersOwnAre) {
  const TestTorrent torrent = TestTorrent::single(100'000, 16 * 1024);
  torrent.put(folder.path() / "seed");
  TestEngine named, users;
  for (TestEngine* seed : {&named, &users}) {
    (*seed)->add(TestEngine::download(1, torrent, folder.path() / "seed"));
    ASSERT_TRUE(seed->wait<Finished>(1));
  }
  const std::string port = std::to_string(named.address().port);
  TestEngine leech;
  // By number and by name; the tracker's refusal tells that it is past the point where peers are called.
  leech->add(forbidding(MagnetSource{torrent.magnet() + "&x.pe=127.0.0.1:" + port + "&x.pe=localhost:" + port +
                                     "&tr=http%3A%2F%2Flocalhost%3A1%2Fannounce"}));
  ASSERT_TRUE(is_refused(leech));
  leech->add_peer(1, users.address());
  ASSERT_TRUE(leech.wait<Finished>(1));
  EXPECT_EQ(named.status(1).uploaded, 0u);
  EXPECT_EQ(leech.wait<Finished>(1)->peers, 1u);
  torrent.expect_in(folder.path() / "leech");
}

TEST_F(PrivateAddressTest, ATorrentFileThereIsNotFetched) {
  TestEngine engine;
  engine->add(forbidding(TorrentUrlSource{"http://localhost:1/a.torrent"}));
  const auto failed = engine.wait<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::kPermanent);
  EXPECT_NE(failed->message.find("private address"), std::string::npos) << failed->message;
}

}  // namespace
}  // namespace podswarm::engine
