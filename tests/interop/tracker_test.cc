// Our tracker client and opentracker.

#include <boost/asio/thread_pool.hpp>

#include "engine/net/http_client.h"
#include "engine/net/tracker_client.h"
#include "tests/interop/interop_fixture.h"

namespace podswarm::interop {
namespace {

class Trackers : public Interop, public ::testing::WithParamInterface<bool> {
 protected:
  // False when it takes too long.
  bool run_until(const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (!happened() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(std::chrono::milliseconds(100));
    return happened();
  }

  boost::asio::io_context io_;
  boost::asio::thread_pool workers_{1};
};
INSTANTIATE_TEST_SUITE_P(Both, Trackers, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Udp" : "Http"; });

TEST_P(Trackers, TellHowManyTheyCountWhenAsked) {
  PODSWARM_NEED_ISOLATION();
  PODSWARM_NEED_PROGRAM("opentracker");
  const engine::TestTorrent torrent = engine::TestTorrent::single(1000, 16 * 1024);
  start_tracker(torrent);
  const std::string url = GetParam() ? test::Opentracker::udp_announce_url(tracker_port())
                                     : test::Opentracker::announce_url(tracker_port());
  engine::HttpClient http(io_, workers_);
  engine::TrackerClientOptions options;
  options.user_agent = "Podswarm";
  options.local_address = boost::asio::ip::make_address(test::kOwnAddress);
  engine::TrackerClient client(io_, http, options);

  engine::AnnounceRequest request;
  request.info_hash = torrent.info_hash();
  request.port = 6881;
  request.event = engine::AnnounceEvent::kStarted;
  for (const std::uint8_t left : {0, 1}) {
    // A seed and a leech, at different ports.
    request.peer_id.fill(static_cast<std::uint8_t>('a' + left));
    request.left = left;
    request.port = static_cast<std::uint16_t>(6881 + left);
    std::optional<engine::AnnounceOutcome> outcome;
    // It may answer before it has read which torrents it serves.
    ASSERT_TRUE(engine::eventually([&] {
      outcome.reset();
      client.announce(url, request, [&](engine::AnnounceOutcome result) { outcome = std::move(result); });
      return run_until([&] { return outcome.has_value(); }) && outcome->result;
    })) << outcome->result.error().message;
  }
  std::optional<engine::ScrapeCounts> counts;
  client.scrape(url, torrent.info_hash(), [&](const engine::ScrapeCounts& told) { counts = told; });
  ASSERT_TRUE(run_until([&] { return counts.has_value(); }));
  EXPECT_EQ(counts->complete, 1u);
  EXPECT_EQ(counts->incomplete, 1u);
  workers_.join();
}

}  // namespace
}  // namespace podswarm::interop
