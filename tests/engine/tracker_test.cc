// Engines that find each other through a tracker.
#include <boost/asio/ip/tcp.hpp>

#include "base/url.h"
#include "engine/core/tracker_http.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/test_tracker.h"

namespace podswarm::engine {
namespace {

TEST(TrackerTest, ALeechFindsTheSeedThroughTheTracker) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(2'000'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  leech->add(TestEngine::download(1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
}

// The tracker gives away the address that an announce comes from: it must be the one that is listened on.
TEST(TrackerTest, WhoListensOnOneAddressAnnouncesFromIt) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(500'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  EngineOptions options;
  options.listen_address = "127.0.0.2";
  TestEngine seed(options);
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  options.listen_address = "127.0.0.3";
  TestEngine leech(options);
  leech->add(TestEngine::download(1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
}

// What the tracker answers when it is asked for its counts.
std::string scrape(const TestTracker& tracker, const InfoHash& info_hash) {
  const auto url = base::parse_url(*scrape_url(tracker.url(), {info_hash}));
  boost::asio::ip::tcp::iostream stream(url->host, std::to_string(url->port));
  stream << "GET " << url->target << " HTTP/1.0\r\nHost: " << url->authority() << "\r\n\r\n";
  stream.flush();
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(TrackerTest, WhoHasEverythingFromTheStartHasNotDownloadedIt) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(500'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  std::string counts;
  EXPECT_TRUE(eventually([&] {
    counts = scrape(tracker, torrent.info_hash());
    return counts.find("8:completei1e") != std::string::npos;
  }));
  EXPECT_NE(counts.find("10:downloadedi0e"), std::string::npos) << counts;
}

TEST(TrackerTest, ATierThatFailsIsReportedAndTheNextOneServes) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  // Nothing listens on port 1.
  const TestTorrent torrent =
      TestTorrent::single(500'000, 64 * 1024, 1, {{"http://127.0.0.1:1/announce"}, {tracker.url()}});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  TestEngine leech;
  leech->add(TestEngine::download(1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
}

TEST(TrackerTest, StoppingSaysGoodbyeAndIsQuick) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(500'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  {
    TestEngine seed;
    seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
    ASSERT_TRUE(seed.wait<Finished>(1));
    const auto start = std::chrono::steady_clock::now();
    seed->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  }
  // The tracker has forgotten it: a leech that comes now is told of nobody.
  TestEngine leech;
  leech->add(TestEngine::download(1, torrent, folder.path() / "leech"));
  ASSERT_TRUE(leech.wait<Started>(1));
  EXPECT_EQ(leech.status(1).peers, 0u);
}

TEST(TrackerTest, FourEnginesWithNarrowUplinksShareTheWork) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(4'000'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  EngineOptions narrow;
  narrow.up_limit = 4'000'000;
  TestEngine seed(narrow);
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  std::vector<std::unique_ptr<TestEngine>> leeches;
  for (int i = 0; i < 3; ++i) {
    leeches.push_back(std::make_unique<TestEngine>(narrow));
    AddDownload add = TestEngine::download(1, torrent, folder.path() / ("leech" + std::to_string(i)));
    add.peers.push_back(seed.address());
    for (int k = 0; k < i; ++k) add.peers.push_back(leeches[static_cast<std::size_t>(k)]->address());
    (**leeches.back()).add(std::move(add));
  }
  for (const auto& leech : leeches) EXPECT_TRUE(leech->wait<Finished>(1));
  EXPECT_LT(seed.status(1).uploaded, 8'000'000u);
}

TEST(TrackerTest, WhatATrackerCountsIsInTheStatus) {
  const TestTracker tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(500'000, 64 * 1024, 1, {{tracker.url()}});
  torrent.put(folder.path() / "seed");
  TestEngine seed;
  seed->add(TestEngine::download(1, torrent, folder.path() / "seed"));
  ASSERT_TRUE(seed.wait<Finished>(1));
  EXPECT_TRUE(eventually([&] { return seed.status(1).tracker_seeds.has_value(); }));
  const DownloadStatus status = seed.status(1);
  EXPECT_EQ(status.tracker_seeds, 1u);
  EXPECT_EQ(status.tracker_leechers, 0u);
}

}  // namespace
}  // namespace podswarm::engine
