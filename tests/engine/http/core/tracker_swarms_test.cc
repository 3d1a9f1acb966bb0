#include "engine/core/tracker_swarms.h"

#include <gtest/gtest.h>

#include <set>

namespace podswarm::engine {
namespace {

using std::chrono::seconds;

class TrackerSwarmsTest : public ::testing::Test {
 protected:
  static AnnounceRequest request_of(std::uint8_t peer, std::uint64_t left, AnnounceEvent event = AnnounceEvent::kNone) {
    AnnounceRequest request;
    request.info_hash.fill(1);
    request.peer_id.fill(peer);
    request.port = static_cast<std::uint16_t>(1'000 + peer);
    request.left = left;
    request.event = event;
    return request;
  }
  static Endpoint from(std::uint8_t last) { return Endpoint::v4({192, 0, 2, last}, 0); }
  AnnounceAnswer announce(const AnnounceRequest& request, std::uint8_t last = 1) {
    auto answer = swarms.announce(request, from(last), now);
    EXPECT_TRUE(answer.has_value());
    return answer ? *answer : AnnounceAnswer{};
  }

  base::SteadyTime now{seconds(1'000)};
  TrackerSwarms swarms{{seconds(100), 3, 5, 4}, 7};
};

TEST_F(TrackerSwarmsTest, APeerIsNotToldOfItself) {
  EXPECT_TRUE(announce(request_of(1, 5)).peers.empty());
  EXPECT_TRUE(announce(request_of(1, 5)).peers.empty());
  EXPECT_EQ(announce(request_of(1, 5)).incomplete, 1u);
}

TEST_F(TrackerSwarmsTest, SeedsAreNotToldOfSeeds) {
  announce(request_of(1, 0), 1);
  EXPECT_TRUE(announce(request_of(2, 0), 2).peers.empty());
  EXPECT_EQ(announce(request_of(3, 5), 3).peers.size(), 2u);
}

TEST_F(TrackerSwarmsTest, ANewPortReplacesTheOld) {
  announce(request_of(1, 5));
  AnnounceRequest moved = request_of(1, 5);
  moved.port = 9'999;
  announce(moved);
  const auto seen = announce(request_of(2, 5), 2);
  ASSERT_EQ(seen.peers.size(), 1u);
  EXPECT_EQ(seen.peers[0].endpoint.port, 9'999);
}

TEST_F(TrackerSwarmsTest, SilentPeersExpireAndEmptyTorrentsGo) {
  announce(request_of(1, 5));
  now += seconds(99);
  EXPECT_EQ(announce(request_of(2, 5), 2).peers.size(), 1u);
  now += seconds(2);
  EXPECT_TRUE(announce(request_of(2, 5), 2).peers.empty());
  now += seconds(200);
  AnnounceRequest other = request_of(3, 5);
  other.info_hash.fill(2);
  announce(other, 3);
  EXPECT_EQ(swarms.torrents(), 1u);
}

TEST_F(TrackerSwarmsTest, HonoursWantedAndItsOwnLimit) {
  for (std::uint8_t i = 1; i <= 5; ++i) announce(request_of(i, 5), i);
  AnnounceRequest asking = request_of(1, 5);
  asking.num_want = 2;
  EXPECT_EQ(announce(asking, 1).peers.size(), 2u);
  asking.num_want = 1'000'000;
  const auto most = announce(asking, 1);
  std::set<std::uint16_t> ports;
  for (const auto& peer : most.peers) ports.insert(peer.endpoint.port);
  EXPECT_EQ(ports.size(), 4u) << "all different";
  asking.num_want = 0;
  EXPECT_TRUE(announce(asking, 1).peers.empty());
}

TEST_F(TrackerSwarmsTest, AFullTorrentAnswersButDoesNotGrow) {
  for (std::uint8_t i = 1; i <= 9; ++i) announce(request_of(i, 5), i);
  EXPECT_EQ(announce(request_of(1, 5), 1).incomplete, 5u);
  EXPECT_EQ(announce(request_of(9, 5), 9).peers.size(), 4u);
}

TEST_F(TrackerSwarmsTest, AFullTrackerRefusesNewTorrents) {
  for (std::uint8_t i = 1; i <= 4; ++i) {
    AnnounceRequest request = request_of(1, 5);
    request.info_hash.fill(i);
    EXPECT_EQ(swarms.announce(request, from(1), now).has_value(), i <= 3);
  }
}

TEST_F(TrackerSwarmsTest, CountsADownloadOnlyOfWhomItKnew) {
  announce(request_of(1, 0, AnnounceEvent::kCompleted));
  EXPECT_EQ(swarms.scrape({request_of(1, 0).info_hash}, now).at(0).second.downloaded, 0u);
  announce(request_of(1, 0, AnnounceEvent::kCompleted));
  const auto counts = swarms.scrape({request_of(1, 0).info_hash, InfoHash{}}, now);
  ASSERT_EQ(counts.size(), 1u) << "what is unknown is left out";
  EXPECT_EQ(counts[0].second.downloaded, 1u);
}

TEST_F(TrackerSwarmsTest, PlacesNobodyCanConnectToAreNotListed) {
  AnnounceRequest request = request_of(1, 5);
  request.port = 0;
  announce(request);
  EXPECT_EQ(announce(request_of(2, 5), 2).incomplete, 1u);
}

}  // namespace
}  // namespace podswarm::engine
