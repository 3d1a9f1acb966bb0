#include <gmock/gmock.h>

#include <boost/asio/ip/udp.hpp>
#include <deque>

#include "engine/core/tracker_udp.h"
#include "engine/net/tracker_client.h"
#include "engine/net/tracker_server.h"
#include "tests/engine/http/http_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

AnnounceRequest request_of(std::uint8_t peer, std::uint64_t left, AnnounceEvent event = AnnounceEvent::kStarted) {
  AnnounceRequest request;
  request.info_hash.fill(0xAB);
  request.peer_id.fill(peer);
  request.port = static_cast<std::uint16_t>(6000 + peer);
  request.left = left;
  request.event = event;
  request.key = peer;
  return request;
}

std::vector<std::string> places(const AnnounceResponse& response) {
  std::vector<std::string> out;
  for (const Endpoint& peer : response.peers) out.push_back(peer.to_string());
  return out;
}

class TrackerTest : public HttpFixture {
 protected:
  [[nodiscard]] static TrackerClientOptions quick() {
    TrackerClientOptions options;
    options.user_agent = "Podswarm-test/1.0";
    options.http_timeout = std::chrono::milliseconds(5'000);
    options.udp_first_timeout = std::chrono::milliseconds(20);
    return options;
  }

  [[nodiscard]] AnnounceOutcome announce(const std::string& url, const AnnounceRequest& request) {
    std::optional<AnnounceOutcome> outcome;
    tracker.announce(url, request, [&](AnnounceOutcome result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome.has_value()) << "answered from inside the call";
    EXPECT_TRUE(run_until([&] { return outcome.has_value(); }));
    return outcome ? std::move(*outcome) : AnnounceOutcome{base::fail(AnnounceError::kTimeout, "the test hangs"), {}};
  }

  TrackerClient tracker{io, client, quick()};
};

// ---- HTTP, against our own tracker ----

class OwnTrackerTest : public TrackerTest {
 protected:
  static TrackerServerOptions server_options() {
    TrackerServerOptions options;
    options.interval = std::chrono::seconds(123);
    options.request_timeout = std::chrono::milliseconds(5'000);
    return options;
  }
  TrackerServer server{io, server_options()};
};

TEST_F(OwnTrackerTest, PeersFindEachOther) {
  const auto first = announce(server.announce_url(), request_of(1, 0));
  ASSERT_TRUE(first.result.has_value()) << first.result.error().message;
  EXPECT_EQ(first.result->interval, std::chrono::seconds(123));
  EXPECT_EQ(first.result->complete, 1u);
  EXPECT_EQ(first.result->incomplete, 0u);
  EXPECT_THAT(places(*first.result), ElementsAre());
  const auto second = announce(server.announce_url(), request_of(2, 100));
  ASSERT_TRUE(second.result.has_value()) << second.result.error().message;
  EXPECT_EQ(second.result->incomplete, 1u);
  EXPECT_THAT(places(*second.result), ElementsAre("127.0.0.1:6001"));
  const auto again = announce(server.announce_url(), request_of(1, 0, AnnounceEvent::kNone));
  ASSERT_TRUE(again.result.has_value());
  EXPECT_THAT(places(*again.result), ElementsAre("127.0.0.1:6002"));
}

TEST_F(OwnTrackerTest, WhoStoppedIsForgotten) {
  ASSERT_TRUE(announce(server.announce_url(), request_of(1, 0)).result.has_value());
  ASSERT_TRUE(announce(server.announce_url(), request_of(1, 0, AnnounceEvent::kStopped)).result.has_value());
  const auto left = announce(server.announce_url(), request_of(2, 100));
  ASSERT_TRUE(left.result.has_value());
  EXPECT_EQ(left.result->complete, 0u);
  EXPECT_THAT(places(*left.result), ElementsAre());
}

TEST_F(OwnTrackerTest, AnswersInTheLongFormWhereThatIsAskedFor) {
  ASSERT_TRUE(announce(server.announce_url(), request_of(1, 0)).result.has_value());
  std::string query;
  for (int i = 0; i < 20; ++i) query += "%AB";
  const auto longer = get(server.announce_url() + "?info_hash=" + query + "&peer_id=" + std::string(20, 'p') +
                          "&port=7000&left=9&compact=0");
  ASSERT_TRUE(longer.has_value());
  const auto parsed = parse_announce_response(base::as_bytes(longer->body));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_THAT(longer->body, HasSubstr("7:peer id"));
  EXPECT_THAT(places(*parsed), ::testing::Contains("127.0.0.1:6001"));
}

TEST_F(OwnTrackerTest, CountsForAScrape) {
  ASSERT_TRUE(announce(server.announce_url(), request_of(1, 0)).result.has_value());
  ASSERT_TRUE(announce(server.announce_url(), request_of(2, 100)).result.has_value());
  ASSERT_TRUE(announce(server.announce_url(), request_of(2, 0, AnnounceEvent::kCompleted)).result.has_value());
  ASSERT_TRUE(announce(server.announce_url(), request_of(3, 5)).result.has_value());
  const auto url = scrape_url(server.announce_url(), {request_of(1, 0).info_hash});
  ASSERT_TRUE(url.has_value());
  const auto answer = get(*url);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const auto counts = parse_scrape_response(base::as_bytes(answer->body));
  ASSERT_TRUE(counts.has_value()) << answer->body;
  ASSERT_EQ(counts->size(), 1u);
  EXPECT_EQ(counts->front().second, (ScrapeCounts{2, 1, 1}));
}

TEST_F(OwnTrackerTest, RefusesWhatItDoesNotUnderstand) {
  const auto bare = get(server.announce_url());
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->head.status, 200);
  EXPECT_THAT(bare->body, HasSubstr("14:failure reason"));
  const std::string root = server.announce_url().substr(0, server.announce_url().size() - 8);
  EXPECT_EQ(get(root + "elsewhere")->head.status, 404);
}

TEST_F(OwnTrackerTest, ListensOnAnyAddress) {
  TrackerServerOptions options = server_options();
  options.address = "";
  TrackerServer any(io, options);
  EXPECT_THAT(any.announce_url(), ::testing::StartsWith("http://127.0.0.1:"));
  ASSERT_TRUE(announce(any.announce_url(), request_of(1, 0)).result.has_value());
  const auto second = announce(any.announce_url(), request_of(2, 5));
  ASSERT_TRUE(second.result.has_value());
  EXPECT_THAT(places(*second.result), ElementsAre("127.0.0.1:6001")) << "IPv4, though it came by an IPv6 socket";
}

TEST_F(OwnTrackerTest, AConnectionThatSaysNothingIsClosed) {
  TrackerServerOptions options = server_options();
  options.request_timeout = std::chrono::milliseconds(30);
  TrackerServer strict(io, options);
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), strict.local_port()});
  bool closed = false;
  char byte = 0;
  socket.async_read_some(boost::asio::buffer(&byte, 1),
                         [&](boost::system::error_code error, std::size_t) { closed = !!error; });
  EXPECT_TRUE(run_until([&] { return closed; }));
}

// ---- HTTP, against a server that does what no tracker should ----

TEST_F(TrackerTest, TellsHttpFailuresApart) {
  TestHttpServer web;
  web.on("/refused", [](TestExchange& x) { x.respond(200, "d14:failure reason12:unregisterede"); });
  web.on("/refused-403", [](TestExchange& x) { x.respond(403, "d14:failure reason6:bannede"); });
  web.on("/page", [](TestExchange& x) { x.respond(200, "<html>"); });
  web.on("/busy", [](TestExchange& x) { x.respond(503, "later", "Retry-After: 600\r\n"); });
  web.on("/huge", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n\r\n");
    while (x.send(std::string(100'000, 'x'))) {
    }
  });
  web.on("/cut", [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nd8:inter"); });
  struct Case {
    const char* path;
    AnnounceError code;
  };
  for (const Case& c : {Case{"/refused", AnnounceError::kRefused}, Case{"/refused-403", AnnounceError::kRefused},
                        Case{"/page", AnnounceError::kBadAnswer}, Case{"/busy", AnnounceError::kStatus},
                        Case{"/huge", AnnounceError::kBadAnswer}, Case{"/cut", AnnounceError::kNetwork},
                        Case{"/missing", AnnounceError::kStatus}}) {
    const auto outcome = announce(web.url(c.path), request_of(1, 0));
    ASSERT_FALSE(outcome.result.has_value()) << c.path;
    EXPECT_EQ(outcome.result.error().code, c.code) << c.path << ": " << outcome.result.error().message;
    EXPECT_THAT(outcome.result.error().message, HasSubstr("127.0.0.1:" + std::to_string(web.port())));
  }
  EXPECT_EQ(announce(web.url("/busy"), request_of(1, 0)).retry_after, std::chrono::seconds(600));
  EXPECT_THAT(announce(web.url("/refused"), request_of(1, 0)).result.error().message, EndsWith("unregistered"));
}

TEST_F(TrackerTest, WhatIsNoTrackersUrlIsRefused) {
  for (const char* url : {"", "ftp://tracker.test/announce", "udp://tracker.test/no-port", "wss://tracker.test/"}) {
    const auto outcome = announce(url, request_of(1, 0));
    ASSERT_FALSE(outcome.result.has_value()) << url;
    EXPECT_EQ(outcome.result.error().code, AnnounceError::kBadUrl) << url;
  }
}

TEST_F(TrackerTest, ACancelledAnnounceIsSilentAndMakesRoom) {
  TestHttpServer web;
  web.on("/silent", [](TestExchange& x) { x.wait_for_close(); });
  web.on("/announce", [](TestExchange& x) { x.respond(200, "d8:intervali900e5:peers0:e"); });
  TrackerClientOptions options = quick();
  options.max_http = 1;
  TrackerClient narrow(io, client, options);
  bool called = false;
  const auto ticket =
      narrow.announce(web.url("/silent"), request_of(1, 0), [&](const AnnounceOutcome&) { called = true; });
  bool second = false;
  narrow.announce(web.url("/announce"), request_of(1, 0),
                  [&](const AnnounceOutcome& o) { second = o.result.has_value(); });
  ASSERT_TRUE(run_until([&] { return !web.requests().empty(); }));
  EXPECT_EQ(narrow.in_flight(), 2u);
  EXPECT_EQ(web.requests().size(), 1u) << "one at a time";
  narrow.cancel(ticket);
  EXPECT_TRUE(run_until([&] { return second; }));
  EXPECT_FALSE(called);
  EXPECT_EQ(narrow.in_flight(), 0u);
}

// ---- UDP ----

// Answers packets as it is told; on the test's own io_context.
class UdpStandIn {
 public:
  using Script = std::function<std::optional<base::Bytes>(const UdpTrackerRequest&)>;

  UdpStandIn(boost::asio::io_context& io, Script script)
      : socket_(io, {boost::asio::ip::address_v4::loopback(), 0}), script_(std::move(script)) {
    receive();
  }
  ~UdpStandIn() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  [[nodiscard]] std::string url(const std::string& path = "/announce") const {
    return "udp://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + path;
  }
  // Of the last packet.
  [[nodiscard]] std::string sender() const { return from_.address().to_string(); }
  int connects = 0;
  std::vector<UdpAnnounceRequest> announces;

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](boost::system::error_code error, std::size_t n) {
                                 if (error) return;
                                 if (const auto request = decode_udp_request({buffer_.data(), n})) {
                                   connects += std::holds_alternative<UdpConnectRequest>(request->body) ? 1 : 0;
                                   if (const auto* announce = std::get_if<UdpAnnounceRequest>(&request->body))
                                     announces.push_back(*announce);
                                   if (const auto reply = script_(*request))
                                     socket_.send_to(boost::asio::buffer(*reply), from_);
                                 }
                                 receive();
                               });
  }

  boost::asio::ip::udp::socket socket_;
  Script script_;
  boost::asio::ip::udp::endpoint from_;
  std::array<std::uint8_t, 2048> buffer_{};
};

base::Bytes announced(std::uint32_t transaction) {
  AnnounceAnswer answer;
  answer.interval = std::chrono::seconds(900);
  answer.complete = 3;
  answer.incomplete = 4;
  answer.peers.push_back({Endpoint::v4({192, 0, 2, 1}, 6881), {}});
  return encode_udp_announced(transaction, answer, false);
}

std::optional<base::Bytes> well_behaved(const UdpTrackerRequest& request) {
  if (std::holds_alternative<UdpConnectRequest>(request.body)) return encode_udp_connected(request.transaction, 0x1234);
  if (const auto* announce = std::get_if<UdpAnnounceRequest>(&request.body)) {
    if (announce->connection != 0x1234) return encode_udp_error(request.transaction, "unknown connection");
    return announced(request.transaction);
  }
  return std::nullopt;
}

TEST_F(TrackerTest, AnnouncesOverUdpAndKeepsTheConnectionId) {
  UdpStandIn stand_in(io, well_behaved);
  for (int i = 0; i < 3; ++i) {
    const auto outcome = announce(stand_in.url("/announce?key=1"), request_of(1, 77));
    ASSERT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
    EXPECT_EQ(outcome.result->interval, std::chrono::seconds(900));
    EXPECT_EQ(outcome.result->complete, 3u);
    EXPECT_THAT(places(*outcome.result), ElementsAre("192.0.2.1:6881"));
  }
  EXPECT_EQ(stand_in.connects, 1) << "the id is good for a minute";
  ASSERT_EQ(stand_in.announces.size(), 3u);
  EXPECT_EQ(stand_in.announces[0].request.left, 77u);
  EXPECT_EQ(stand_in.announces[0].request.port, 6001);
  EXPECT_EQ(stand_in.announces[0].path_and_query, "/announce?key=1");
}

TEST_F(TrackerTest, ScrapesOverUdpWithTheConnectionIdAtHand) {
  std::vector<std::size_t> asked;
  UdpStandIn stand_in(io, [&](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    const auto* scrape = std::get_if<UdpScrapeRequest>(&request.body);
    if (scrape == nullptr) return well_behaved(request);
    asked.push_back(scrape->torrents.size());
    std::vector<ScrapeCounts> counts;
    for (const InfoHash& torrent : scrape->torrents) counts.push_back({torrent[19], 2, 3});
    return encode_udp_scraped(request.transaction, counts);
  });
  ASSERT_TRUE(announce(stand_in.url(), request_of(1, 77)).result.has_value());
  std::size_t told = 0;
  for (std::uint8_t n = 0; n < 60; ++n) {
    InfoHash torrent{};
    torrent[19] = n;
    tracker.scrape(stand_in.url(), torrent, [&told, n](const ScrapeCounts& counts) {
      EXPECT_EQ(counts.complete, n);
      EXPECT_EQ(counts.incomplete, 2u);
      ++told;
    });
  }
  EXPECT_EQ(told, 0u);
  ASSERT_TRUE(run_until([&] { return told == 60; }));
  EXPECT_THAT(asked, ElementsAre(1, 50, 9));
  EXPECT_EQ(stand_in.connects, 1);
}

TEST_F(TrackerTest, AUdpTrackerThatDoesNotLetItselfBeScrapedIsNotHeardOf) {
  UdpStandIn stand_in(io, [](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    if (std::holds_alternative<UdpScrapeRequest>(request.body)) return encode_udp_error(request.transaction, "no");
    return well_behaved(request);
  });
  tracker.scrape(stand_in.url(), InfoHash{}, [](const ScrapeCounts&) { ADD_FAILURE(); });
  // It can be announced to all the same.
  EXPECT_TRUE(announce(stand_in.url(), request_of(1, 77)).result.has_value());
}

TEST_F(TrackerTest, AnnouncesOverUdpFromTheAddressItIsGiven) {
  UdpStandIn stand_in(io, well_behaved);
  TrackerClientOptions options = quick();
  options.local_address = boost::asio::ip::make_address("127.0.0.2");
  TrackerClient bound(io, client, options);
  bool answered = false;
  bound.announce(stand_in.url(), request_of(1, 0), [&](const AnnounceOutcome& o) { answered = o.result.has_value(); });
  EXPECT_TRUE(run_until([&] { return answered; }));
  EXPECT_EQ(stand_in.sender(), "127.0.0.2");
}

TEST_F(TrackerTest, RepeatsLostPacketsUnderNewTransactions) {
  int lose = 3;  // two connects, then one announce
  std::vector<std::uint32_t> transactions;
  UdpStandIn stand_in(io, [&](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    transactions.push_back(request.transaction);
    const bool is_connect = std::holds_alternative<UdpConnectRequest>(request.body);
    if ((lose > 1 && is_connect) || (lose == 1 && !is_connect)) {
      --lose;
      return std::nullopt;
    }
    return well_behaved(request);
  });
  const auto outcome = announce(stand_in.url(), request_of(1, 0));
  ASSERT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
  EXPECT_EQ(stand_in.connects, 3);
  EXPECT_EQ(stand_in.announces.size(), 2u);
  std::sort(transactions.begin(), transactions.end());
  EXPECT_EQ(std::unique(transactions.begin(), transactions.end()), transactions.end());
}

TEST_F(TrackerTest, GivesUpOnASilentUdpTrackerAfterDoublingWaits) {
  UdpStandIn stand_in(io, [](const UdpTrackerRequest&) { return std::nullopt; });
  const auto before = std::chrono::steady_clock::now();
  const auto outcome = announce(stand_in.url(), request_of(1, 0));
  const auto took = std::chrono::steady_clock::now() - before;
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.result.error().code, AnnounceError::kTimeout);
  EXPECT_EQ(stand_in.connects, 4);
  EXPECT_GE(took, std::chrono::milliseconds(20 + 40 + 80 + 160));
}

TEST_F(TrackerTest, AUdpTrackersRefusalIsItsOwnWords) {
  UdpStandIn stand_in(io, [](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    if (std::holds_alternative<UdpConnectRequest>(request.body)) return encode_udp_connected(request.transaction, 1);
    return encode_udp_error(request.transaction, "not on my list");
  });
  const auto outcome = announce(stand_in.url(), request_of(1, 0));
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.result.error().code, AnnounceError::kRefused);
  EXPECT_THAT(outcome.result.error().message, EndsWith(": not on my list"));
}

TEST_F(TrackerTest, ARestartedUdpTrackerIsConnectedToAgain) {
  std::uint64_t valid = 1;
  UdpStandIn stand_in(io, [&](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    if (std::holds_alternative<UdpConnectRequest>(request.body))
      return encode_udp_connected(request.transaction, valid);
    const auto* announce = std::get_if<UdpAnnounceRequest>(&request.body);
    if (announce == nullptr || announce->connection != valid)
      return encode_udp_error(request.transaction, "who are you?");
    return announced(request.transaction);
  });
  ASSERT_TRUE(announce(stand_in.url(), request_of(1, 0)).result.has_value());
  valid = 2;
  const auto outcome = announce(stand_in.url(), request_of(1, 0));
  EXPECT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
  EXPECT_EQ(stand_in.connects, 2);
}

TEST_F(TrackerTest, JunkAndForeignRepliesAreIgnored) {
  int step = 0;
  UdpStandIn stand_in(io, [&](const UdpTrackerRequest& request) -> std::optional<base::Bytes> {
    switch (step++) {
      case 0:
        return encode_udp_connected(request.transaction + 1, 9);  // another transaction
      case 1:
        return base::Bytes{0, 0};
      case 2:
        return announced(request.transaction);  // to a connect
      default:
        return well_behaved(request);
    }
  });
  const auto outcome = announce(stand_in.url(), request_of(1, 0));
  EXPECT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
}

// ---- the end ----

TEST_F(TrackerTest, AtTheEndOnlyFarewellsAreWaitedFor) {
  UdpStandIn good(io, well_behaved);
  UdpStandIn silent(io, [](const UdpTrackerRequest&) { return std::nullopt; });
  TrackerClient leaving(io, client, quick());
  int farewells = 0, others = 0;
  leaving.announce(good.url(), request_of(1, 0, AnnounceEvent::kStopped), [&](const AnnounceOutcome&) { ++farewells; });
  leaving.announce(silent.url(), request_of(1, 0), [&](const AnnounceOutcome&) { ++others; });
  bool done = false;
  leaving.finish(std::chrono::seconds(8), [&] { done = true; });
  EXPECT_FALSE(done);
  ASSERT_TRUE(run_until([&] { return done; })) << "long before the patience ends";
  EXPECT_EQ(farewells, 1);
  EXPECT_EQ(others, 0);
  ASSERT_EQ(good.announces.size(), 1u);
  EXPECT_EQ(good.announces[0].request.event, AnnounceEvent::kStopped);
}

TEST_F(TrackerTest, TheEndComesThoughATrackerIsSilent) {
  UdpStandIn silent(io, [](const UdpTrackerRequest&) { return std::nullopt; });
  TestHttpServer web;
  web.on("/silent", [](TestExchange& x) { x.wait_for_close(); });
  TrackerClient leaving(io, client, quick());
  const auto ignore = [](const AnnounceOutcome&) {};
  leaving.announce(silent.url(), request_of(1, 0, AnnounceEvent::kStopped), ignore);
  leaving.announce(web.url("/silent"), request_of(1, 0, AnnounceEvent::kStopped), ignore);
  bool done = false;
  leaving.finish(std::chrono::milliseconds(80), [&] { done = true; });
  ASSERT_TRUE(run_until([&] { return done; }));
  EXPECT_GE(silent.connects, 3) << "repeated often, for there is no later";
}

TEST_F(TrackerTest, TheEndOfNothingComesAtOnce) {
  TrackerClient idle(io, client, quick());
  bool done = false;
  idle.finish(std::chrono::seconds(8), [&] { done = true; });
  EXPECT_FALSE(done);
  EXPECT_TRUE(run_until([&] { return done; }));
}

}  // namespace
}  // namespace podswarm::engine::testing
