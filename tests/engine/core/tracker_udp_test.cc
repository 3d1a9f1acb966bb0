#include "engine/core/tracker_udp.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using base::to_hex;
using std::chrono::seconds;

AnnounceRequest sample() {
  AnnounceRequest request;
  request.info_hash.fill(0x11);
  request.peer_id.fill(0x22);
  request.port = 6881;
  request.uploaded = 3;
  request.downloaded = 1;
  request.left = 2;
  request.event = AnnounceEvent::kCompleted;
  request.key = 0xCAFE;
  request.num_want = 80;
  return request;
}

TEST(TrackerUdp, PacketsLookAsTheBepSays) {
  EXPECT_EQ(to_hex(encode_udp_connect(0x12345678)), "00000417271019800000000012345678");
  const std::string announce = to_hex(encode_udp_announce(0xAABB, 7, sample(), ""));
  EXPECT_EQ(announce, "000000000000aabb0000000100000007" + std::string(40, '1') + std::string(40, '2') +
                          "000000000000000100000000000000020000000000000003"
                          "00000001000000000000cafe000000501ae1");
  InfoHash hash;
  hash.fill(0x33);
  EXPECT_EQ(to_hex(encode_udp_scrape(1, 2, {hash})), "00000000000000010000000200000002" + std::string(40, '3'));
}

TEST(TrackerUdp, RequestsRoundTrip) {
  const std::string path = "/announce?passkey=" + std::string(400, 'k');
  const auto announce = decode_udp_request(encode_udp_announce(5, 6, sample(), path));
  ASSERT_TRUE(announce);
  EXPECT_EQ(announce->transaction, 6u);
  const auto& body = std::get<UdpAnnounceRequest>(announce->body);
  EXPECT_EQ(body.connection, 5u);
  EXPECT_EQ(body.request.info_hash, sample().info_hash);
  EXPECT_EQ(body.request.peer_id, sample().peer_id);
  EXPECT_EQ(body.request.port, 6881);
  EXPECT_EQ(body.request.left, 2u);
  EXPECT_EQ(body.request.event, AnnounceEvent::kCompleted);
  EXPECT_EQ(body.request.num_want, 80u);
  EXPECT_EQ(body.request.key, 0xCAFEu);
  EXPECT_EQ(body.path_and_query, path) << "long URLs take more than one option";
  EXPECT_TRUE(std::get_if<UdpConnectRequest>(&decode_udp_request(encode_udp_connect(1))->body) != nullptr);
  const auto scrape = decode_udp_request(encode_udp_scrape(5, 6, {sample().info_hash, InfoHash{}}));
  EXPECT_EQ(std::get<UdpScrapeRequest>(scrape->body).torrents.size(), 2u);
}

TEST(TrackerUdp, RepliesRoundTripInBothFamilies) {
  AnnounceAnswer answer;
  answer.interval = seconds(900);
  answer.complete = 4;
  answer.incomplete = 5;
  answer.peers = {{Endpoint::v4({192, 0, 2, 1}, 1), {}}, {*parse_endpoint("2001:db8::1", 2), {}}};
  for (const bool v6 : {false, true}) {
    const auto back = decode_udp_reply(encode_udp_announced(9, answer, v6), v6);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->transaction, 9u);
    const auto& body = std::get<AnnounceResponse>(back->body);
    EXPECT_EQ(body.interval, seconds(900));
    EXPECT_EQ(body.complete, 4u);
    EXPECT_EQ(body.incomplete, 5u);
    ASSERT_EQ(body.peers.size(), 1u);
    EXPECT_EQ(body.peers[0], answer.peers[v6 ? 1 : 0].endpoint);
  }
  EXPECT_EQ(std::get<UdpConnected>(decode_udp_reply(encode_udp_connected(1, 77), false)->body).connection, 77u);
  const auto scraped = decode_udp_reply(encode_udp_scraped(1, {{1, 2, 3}, {4, 5, 6}}), false);
  EXPECT_EQ(std::get<UdpScraped>(scraped->body).torrents, (std::vector<ScrapeCounts>{{1, 2, 3}, {4, 5, 6}}));
}

TEST(TrackerUdp, RefusalsKeepTheirTransactionAndWords) {
  const base::Bytes packet = encode_udp_error(42, "go\naway");
  EXPECT_EQ(peek_udp_reply(packet)->transaction, 42u);
  const auto refused = decode_udp_reply(packet, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, UdpTrackerError::kRefused);
  EXPECT_EQ(refused.error().message, "go away");
}

TEST(TrackerUdp, TruncatedPacketsEndWell) {
  const auto try_all = [](const base::Bytes& packet, std::size_t least, bool request) {
    for (std::size_t n = 0; n <= packet.size(); ++n) {
      const auto part = base::ByteView(packet).first(n);
      const bool good = request ? decode_udp_request(part).has_value() : decode_udp_reply(part, false).has_value();
      EXPECT_EQ(good, n >= least) << n;
    }
  };
  try_all(encode_udp_connect(1), 16, true);
  try_all(encode_udp_announce(1, 2, sample(), "/x"), 98, true);
  try_all(encode_udp_scrape(1, 2, {InfoHash{}}), 16, true);
  try_all(encode_udp_connected(1, 2), 16, false);
  try_all(encode_udp_announced(1, {}, false), 20, false);
  try_all(encode_udp_scraped(1, {{1, 2, 3}}), 8, false);
}

TEST(TrackerUdp, OptionsThatPointPastTheEndAreCutOff) {
  base::Bytes packet = encode_udp_announce(1, 2, sample(), "");
  for (const std::uint8_t byte : base::Bytes{1, 1, 2, 3, '/', 'a', 'b', 9, 1, 'x', 2, 200, 'c'}) packet.push_back(byte);
  const auto request = decode_udp_request(packet);
  ASSERT_TRUE(request);
  EXPECT_EQ(std::get<UdpAnnounceRequest>(request->body).path_and_query, "/ab");
}

TEST(TrackerUdp, WaitsLongerEachTime) {
  EXPECT_EQ(udp_tracker_timeout(0), seconds(15));
  EXPECT_EQ(udp_tracker_timeout(3), seconds(120));
  EXPECT_EQ(udp_tracker_timeout(8), seconds(3840));
  EXPECT_EQ(udp_tracker_timeout(1000), seconds(3840));
}

}  // namespace
}  // namespace podswarm::engine
