// Announces over both families (BEP 7).
#include "engine/net/tracker_families.h"

#include <gmock/gmock.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "engine/core/tracker_udp.h"
#include "engine/net/tracker_client.h"
#include "engine/net/tracker_server.h"
#include "tests/engine/http/http_fixture.h"

namespace podswarm::engine::testing {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr auto kAny = AddressFamily::kAny;
constexpr auto kV4 = AddressFamily::kV4;
constexpr auto kV6 = AddressFamily::kV6;
const boost::asio::ip::address kFour = make_address("192.0.2.1");
const boost::asio::ip::address kSix = make_address("2001:db8::1");
const boost::asio::ip::address kAnywhere;
const base::SteadyTime kStart{};

TEST(TrackerFamiliesTest, BothAreUsedWhereThereAreBoth) {
  const TrackerFamilies families;
  EXPECT_THAT(families.choose("t:1", {kFour, kSix, kFour}, kAnywhere, kStart), ElementsAre(kV4, kV6));
  EXPECT_THAT(families.choose("t:1", {kSix}, kAnywhere, kStart), ElementsAre(kAny));
  EXPECT_THAT(families.choose("t:1", {}, kAnywhere, kStart), ElementsAre(kAny));
}

TEST(TrackerFamiliesTest, AnAddressToAnnounceFromLeavesItsOwnFamily) {
  const TrackerFamilies families;
  EXPECT_THAT(families.choose("t:1", {kFour, kSix}, kSix, kStart), ElementsAre(kV6));
  EXPECT_THAT(families.choose("t:1", {kFour}, kSix, kStart), ElementsAre(kAny));
}

TEST(TrackerFamiliesTest, OneThatLeadsNowhereIsLeftAloneForAWhile) {
  TrackerFamilies families;
  families.failed("t:1", kV6, kStart);
  const auto at = [&](const char* host, base::SteadyTime now) {
    return families.choose(host, {kFour, kSix}, kAnywhere, now);
  };
  EXPECT_THAT(at("t:1", kStart), ElementsAre(kV4));
  EXPECT_THAT(at("t:2", kStart), ElementsAre(kV4, kV6));
  EXPECT_THAT(at("t:1", kStart + TrackerFamilies::kPause), ElementsAre(kV4, kV6));
  families.all_failed("t:1");
  EXPECT_THAT(at("t:1", kStart), ElementsAre(kV4, kV6));
}

class BothFamiliesTest : public HttpFixture {
 protected:
  void SetUp() override {
    try {
      tcp::acceptor(io, tcp::endpoint(make_address("::1"), 0));
    } catch (const boost::system::system_error&) {
      GTEST_SKIP() << "this machine has no IPv6";
    }
  }

  static HttpClientOptions http_options() {
    HttpClientOptions options;
    options.lookup = [](const std::string&) { return Lookup{{make_address("127.0.0.1"), make_address("::1")}, {}}; };
    return options;
  }
  static TrackerClientOptions quick() {
    TrackerClientOptions options;
    options.udp_first_timeout = std::chrono::milliseconds(5);
    options.second_patience = std::chrono::milliseconds(2'000);
    return options;
  }
  static AnnounceRequest request_of(std::uint8_t peer) {
    AnnounceRequest request;
    request.info_hash.fill(0xAB);
    request.peer_id.fill(peer);
    request.port = static_cast<std::uint16_t>(6000 + peer);
    request.left = 100;
    request.event = AnnounceEvent::kStarted;
    request.key = 7;
    return request;
  }
  static std::string url_of(const char* scheme, std::uint16_t port) {
    return std::string(scheme) + "://both.test:" + std::to_string(port) + "/announce";
  }
  // Until the tracker has nothing more to say.
  std::vector<AnnounceOutcome> announce(TrackerClient& client_, const std::string& url, std::uint8_t peer) {
    std::vector<AnnounceOutcome> outcomes;
    client_.announce(url, request_of(peer), [&](AnnounceOutcome outcome) { outcomes.push_back(std::move(outcome)); });
    EXPECT_TRUE(run_until([&] { return client_.in_flight() == 0; }));
    return outcomes;
  }

  HttpClient both{io, workers, http_options()};
  TrackerClient tracker{io, both, quick()};
};

TEST_F(BothFamiliesTest, AnHttpTrackerIsToldBothAddressesAndBothAnswersCount) {
  TrackerServerOptions options;
  options.address = "";
  const TrackerServer server(io, options);
  ASSERT_EQ(announce(tracker, url_of("http", server.local_port()), 1).size(), 2u);
  const auto outcomes = announce(tracker, url_of("http", server.local_port()), 2);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_FALSE(outcomes[0].is_further);
  EXPECT_TRUE(outcomes[1].is_further);
  for (const AnnounceOutcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
    std::vector<std::string> places;
    for (const Endpoint& peer : outcome.result->peers) places.push_back(peer.to_string());
    EXPECT_THAT(places, UnorderedElementsAre("127.0.0.1:6001", "[::1]:6001"));
  }
}

TEST_F(BothFamiliesTest, AFamilyThatLeadsNowhereIsNotTheTrackersFailure) {
  const TrackerServer server(io, {});
  for (const std::uint8_t peer : {std::uint8_t{1}, std::uint8_t{2}}) {
    const auto outcomes = announce(tracker, url_of("http", server.local_port()), peer);
    ASSERT_EQ(outcomes.size(), 1u);
    ASSERT_TRUE(outcomes[0].result.has_value()) << outcomes[0].result.error().message;
    EXPECT_FALSE(outcomes[0].is_further);
  }
}

TEST_F(BothFamiliesTest, WhatFailsOverBothFailsOnce) {
  std::uint16_t port = 0;
  {
    const tcp::acceptor closed(io, tcp::endpoint(make_address("127.0.0.1"), 0));
    port = closed.local_endpoint().port();
  }
  const auto outcomes = announce(tracker, url_of("http", port), 1);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].result.error().code, AnnounceError::kNetwork);
}

// Answers connects and announces that come to one address.
class UdpTracker {
 public:
  UdpTracker(boost::asio::io_context& io, const char* address, std::uint16_t port) : socket_(io) {
    const udp::endpoint local(make_address(address), port);
    socket_.open(local.protocol());
    if (local.address().is_v6()) socket_.set_option(boost::asio::ip::v6_only(true));
    socket_.bind(local);
    receive();
  }
  [[nodiscard]] std::uint16_t port() const { return socket_.local_endpoint().port(); }

  bool silent = false;
  std::vector<AnnounceRequest> heard;

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](boost::system::error_code error, std::size_t bytes) {
                                 if (error) return;
                                 answer({buffer_.data(), bytes});
                                 receive();
                               });
  }
  void answer(base::ByteView packet) {
    const auto request = decode_udp_request(packet);
    ASSERT_TRUE(request.has_value());
    base::Bytes reply = encode_udp_connected(request->transaction, 42);
    if (const auto* announced = std::get_if<UdpAnnounceRequest>(&request->body)) {
      heard.push_back(announced->request);
      const bool v6 = from_.address().is_v6();
      AnnounceAnswer answer;
      answer.peers.push_back(
          {v6 ? Endpoint::v6(make_address("2001:db8::9").to_v6().to_bytes(), 9) : Endpoint::v4({192, 0, 2, 9}, 9), {}});
      reply = encode_udp_announced(request->transaction, answer, v6);
    }
    if (!silent) socket_.send_to(boost::asio::buffer(reply), from_);
  }

  udp::socket socket_;
  udp::endpoint from_;
  std::array<std::uint8_t, 2048> buffer_{};
};

TEST_F(BothFamiliesTest, AUdpTrackerIsToldOverBothWithTheSameKey) {
  UdpTracker four(io, "127.0.0.1", 0);
  UdpTracker six(io, "::1", four.port());
  const auto outcomes = announce(tracker, url_of("udp", four.port()), 1);
  ASSERT_EQ(outcomes.size(), 2u);
  std::vector<std::string> places;
  for (const AnnounceOutcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.result.has_value());
    for (const Endpoint& peer : outcome.result->peers) places.push_back(peer.to_string());
  }
  EXPECT_THAT(places, UnorderedElementsAre("192.0.2.9:9", "[2001:db8::9]:9"));
  ASSERT_FALSE(four.heard.empty());
  ASSERT_FALSE(six.heard.empty());
  EXPECT_EQ(four.heard[0].key, 7u);
  EXPECT_EQ(six.heard[0].key, 7u);
}

TEST_F(BothFamiliesTest, ASilentFamilyIsNotWaitedForLongAndNotAskedAgainSoon) {
  UdpTracker four(io, "127.0.0.1", 0);
  UdpTracker six(io, "::1", four.port());
  six.silent = true;
  TrackerClientOptions options = quick();
  options.udp_first_timeout = std::chrono::hours(1);
  options.second_patience = std::chrono::milliseconds(20);
  TrackerClient patient(io, both, options);
  EXPECT_EQ(announce(patient, url_of("udp", four.port()), 1).size(), 1u);
  EXPECT_EQ(announce(patient, url_of("udp", four.port()), 1).size(), 1u);
  EXPECT_EQ(four.heard.size(), 2u);
}

TEST_F(BothFamiliesTest, AFarewellGoesToBothAndACancelledAnnounceToNeither) {
  UdpTracker four(io, "127.0.0.1", 0);
  UdpTracker six(io, "::1", four.port());
  AnnounceRequest farewell = request_of(1);
  farewell.event = AnnounceEvent::kStopped;
  tracker.announce(url_of("udp", four.port()), farewell, [](const AnnounceOutcome&) {});
  tracker.announce(url_of("udp", four.port()), request_of(2), [](const AnnounceOutcome&) { FAIL(); });
  bool finished = false;
  tracker.finish(std::chrono::milliseconds(5'000), [&finished] { finished = true; });
  ASSERT_TRUE(run_until([&] { return finished; }));
  for (const UdpTracker* each : {&four, &six}) {
    ASSERT_FALSE(each->heard.empty());
    EXPECT_EQ(each->heard[0].event, AnnounceEvent::kStopped);
  }
}

}  // namespace
}  // namespace podswarm::engine::testing
