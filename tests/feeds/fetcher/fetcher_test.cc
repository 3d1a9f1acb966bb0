#include "feeds/fetcher.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "base/ip_range.h"
#include "base/units.h"
#include "feeds/fetch_over.h"
#include "tests/feeds/fetcher/hostile_server.h"

namespace podswarm::feeds {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::answer;
using testing::Connection;
using ::testing::HasSubstr;
using testing::HostileServer;
using ::testing::Not;
using testing::Request;

const base::WallTime kNow = *base::parse_rfc3339("2026-11-20T18:00:00Z");
constexpr milliseconds kShort{150};

FetchRequest quick(std::string url) {
  FetchRequest request;
  request.url = std::move(url);
  request.user_agent = "Podswarm/test";
  request.connect_timeout = milliseconds(3000);
  request.stall_timeout = milliseconds(3000);
  request.deadline = milliseconds(8000);
  return request;
}

FetchResult<FetchResponse> get(const FetchRequest& request) {
  return fetch(request, kNow);
}

// The error of a fetch that must fail; and its message names the host.
FetchError error_of(const FetchResult<FetchResponse>& result, std::string_view host = "127.0.0.1") {
  if (result) {
    ADD_FAILURE() << "succeeded with status " << result->status;
    return FetchError::kBadUrl;
  }
  EXPECT_THAT(result.error().message, HasSubstr(std::string(host)));
  EXPECT_THAT(result.error().message, Not(HasSubstr("\n")));
  return result.error().code;
}

// Each name at the address that the test gives it, or at none.
FetchNetwork names(std::map<std::string, std::string> table) {
  FetchNetwork network = FetchNetwork::system();
  network.resolve = [table = std::move(table)](const std::string& host, std::uint16_t port,
                                               const IoGuard& guard) -> FetchResult<std::vector<Endpoint>> {
    const auto found = table.find(host);
    return resolve(found != table.end() ? found->second : host, port, guard);
  };
  return network;
}

TEST(Fetcher, ReturnsBodyAndFields) {
  HostileServer server(answer(200, "<rss/>",
                              "Content-Type: application/rss+xml; charset=utf-8\r\nETag: W/\"a\"\r\n"
                              "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: public\r\n"
                              "cache-control: max-age=300\r\n"));
  const auto response = get(quick(server.url("/a feed?x=1#frag")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "<rss/>");
  EXPECT_EQ(response->content_type, "application/rss+xml; charset=utf-8");
  EXPECT_EQ(response->etag, "W/\"a\"");
  EXPECT_EQ(response->last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response->max_age, std::chrono::seconds(300));
  EXPECT_EQ(response->final_url, server.url("/a%20feed?x=1"));
  EXPECT_EQ(response->permanent_url, "");
  EXPECT_FALSE(response->retry_after);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.target, "/a%20feed?x=1");
  EXPECT_EQ(request.field("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.field("User-Agent"), "Podswarm/test");
  EXPECT_EQ(request.field("Accept-Encoding"), "gzip, deflate, br");
  EXPECT_EQ(request.field("If-None-Match"), "");
  EXPECT_EQ(request.field("Authorization"), "");
}

TEST(Fetcher, SendsValidatorsAndReturnsNotModified) {
  HostileServer server(std::string("HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\nContent-Length: 500\r\n\r\n"));
  auto request = quick(server.url());
  request.etag = "\"a\"";
  request.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto response = get(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 304);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->etag, "\"b\"");
  EXPECT_EQ(server.requests()[0].field("If-None-Match"), "\"a\"");
  EXPECT_EQ(server.requests()[0].field("If-Modified-Since"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Fetcher, LineEndsInAValidatorForgeNoField) {
  HostileServer server(answer(200, "x"));
  auto request = quick(server.url());
  request.etag = "\"a\"\r\nX-Forged: 1";
  ASSERT_TRUE(get(request));
  EXPECT_EQ(server.requests()[0].field("X-Forged"), "");
}

TEST(Fetcher, AnyStatusIsAnAnswer) {
  for (const int status : {404, 410, 451, 500, 503, 522, 599}) {
    HostileServer server(answer(status, "why"));
    const auto response = get(quick(server.url()));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, "why");
  }
}

TEST(Fetcher, RetryAfterIsATimeInBothForms) {
  HostileServer relative(answer(429, "", "Retry-After: 90\r\n"));
  EXPECT_EQ(get(quick(relative.url()))->retry_after, kNow + std::chrono::seconds(90));
  HostileServer absolute(answer(429, "", "Retry-After: Fri, 20 Nov 2026 20:00:00 GMT\r\n"));
  EXPECT_EQ(get(quick(absolute.url()))->retry_after, kNow + std::chrono::hours(2));
}

TEST(Fetcher, OfAnErrorPageTheStartIsEnough) {
  HostileServer server(answer(500, std::string(200'000, 'x')));
  const auto response = get(quick(server.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), 64u * 1024);
  HostileServer broken(answer(403, "not gzip", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(get(quick(broken.url()))->status, 403);
  HostileServer cut(std::string("HTTP/1.1 410 Gone\r\nContent-Length: 50\r\n\r\nshort"));
  EXPECT_EQ(get(quick(cut.url()))->status, 410);
}

TEST(Fetcher, DecodesEachCoding) {
  const std::string text = "<rss>some text</rss>";
  const std::pair<const char*, std::string> answers[] = {{"gzip", testing::deflated(text, 31)},
                                                         {"deflate", testing::deflated(text, 15)},
                                                         {"deflate", testing::deflated(text, -15)},
                                                         {"br", testing::brotli_stored(text)}};
  for (const auto& [coding, packed] : answers) {
    HostileServer server(answer(200, packed, std::string("Content-Encoding: ") + coding + "\r\n"));
    const auto response = get(quick(server.url()));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, text);
  }
}

TEST(Fetcher, RefusesBrokenAndUnknownCodings) {
  const std::string packed = testing::deflated("<rss>some text</rss>", 31);
  for (const auto& bad :
       {answer(200, packed.substr(0, packed.size() - 9), "Content-Encoding: gzip\r\n"),
        answer(200, "<rss/>", "Content-Encoding: gzip\r\n"), answer(200, "<rss/>", "Content-Encoding: zstd\r\n")}) {
    HostileServer server(bad);
    EXPECT_EQ(error_of(get(quick(server.url()))), FetchError::kEncoding);
  }
}

TEST(Fetcher, ABombIsTooLarge) {
  HostileServer server(answer(200, testing::deflated(std::string(16u << 20, '\0'), 31), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(error_of(get(quick(server.url()))), FetchError::kTooLarge);
}

TEST(Fetcher, TheByteCapHoldsWhileStreaming) {
  std::atomic<std::size_t> sent = 0;
  HostileServer endless([&](Connection& connection, const Request&) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(4096, 'x');
    while (connection.send(piece)) sent += piece.size();
  });
  auto request = quick(endless.url());
  request.max_bytes = 100'000;
  EXPECT_EQ(error_of(get(request)), FetchError::kTooLarge);

  HostileServer lying(std::string("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx"));
  EXPECT_EQ(error_of(get(quick(lying.url()))), FetchError::kTooLarge);
}

TEST(Fetcher, ABodyOfExactlyTheCapPasses) {
  HostileServer server(answer(200, std::string(1000, 'x')));
  auto request = quick(server.url());
  request.max_bytes = 1000;
  EXPECT_EQ(get(request)->body.size(), 1000u);
  request.max_bytes = 999;
  EXPECT_EQ(error_of(get(request)), FetchError::kTooLarge);
}

TEST(Fetcher, AShortBodyIsAFailure) {
  for (const char* cut : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n0\r\n\r\n"}) {
    HostileServer server{std::string(cut)};
    EXPECT_EQ(error_of(get(quick(server.url()))), FetchError::kProtocol) << cut;
  }
}

TEST(Fetcher, ReadsChunksAndBodiesThatOnlyTheCloseEnds) {
  HostileServer chunks(
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"));
  EXPECT_EQ(get(quick(chunks.url()))->body, "hello!");
  HostileServer old(std::string("HTTP/1.0 200\n\nhello!"));
  EXPECT_EQ(get(quick(old.url()))->body, "hello!");
}

TEST(Fetcher, WhatIsNotHttpIsRefused) {
  for (const char* junk : {"", "\r\n\r\n", "hello", "SSH-2.0-OpenSSH_9\r\n", "<html></html>", "HTTP/1.1 abc OK\r\n\r\n",
                           "HTTP/1.1 999 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 101 Up\r\n\r\n",
                           "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "\x15\x03\x01",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}) {
    HostileServer server{std::string(junk)};
    EXPECT_EQ(error_of(get(quick(server.url()))), FetchError::kProtocol) << junk;
  }
}

TEST(Fetcher, AHeaderCutAnywhereIsRefused) {
  const std::string header = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nX-Last: 1\r\n\r\n";
  for (std::size_t size = 0; size + 1 < header.size(); ++size) {
    HostileServer server(header.substr(0, size));
    EXPECT_EQ(error_of(get(quick(server.url()))), FetchError::kProtocol) << size;
  }
}

TEST(Fetcher, SkipsInterimAnswersButNotForever) {
  HostileServer hints(std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") +
                      answer(200, "body"));
  const auto response = get(quick(hints.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "body");
  for (const char* interim : {"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    HostileServer endless([interim](Connection& connection, const Request&) {
      while (connection.send(interim)) {
      }
    });
    EXPECT_EQ(error_of(get(quick(endless.url()))), FetchError::kProtocol);
  }
}

TEST(Fetcher, AHeaderWithoutEndIsCutOff) {
  HostileServer lines([](Connection& connection, const Request&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Field: some value\r\n")) {
    }
  });
  EXPECT_EQ(error_of(get(quick(lines.url()))), FetchError::kProtocol);
  HostileServer one_line([](Connection& connection, const Request&) {
    connection.send("HTTP/1.1 200 OK\r\nX: ");
    while (connection.send(std::string(4096, 'x'))) {
    }
  });
  EXPECT_EQ(error_of(get(quick(one_line.url()))), FetchError::kProtocol);
}

// --- time

TEST(Fetcher, SilenceEndsAtTheStallTimeout) {
  for (const char* start : {"", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"}) {
    HostileServer server([start](Connection& connection, const Request&) {
      connection.send(start);
      connection.wait_closed();
    });
    auto request = quick(server.url());
    request.stall_timeout = kShort;
    EXPECT_EQ(error_of(get(request)), FetchError::kTimeout) << start;
  }
}

TEST(Fetcher, ATrickleEndsAtTheDeadline) {
  for (const char* start : {"HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 200 OK\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"}) {
    HostileServer server([start](Connection& connection, const Request&) {
      connection.send(start);
      while (!connection.closed_within(milliseconds(10)) && connection.send("x")) {
      }
    });
    auto request = quick(server.url());
    request.deadline = kShort;
    const auto begin = steady_clock::now();
    const auto result = get(request);
    EXPECT_EQ(error_of(result), FetchError::kTimeout) << start;
    EXPECT_THAT(result.error().message, HasSubstr("150 ms"));
    EXPECT_LT(steady_clock::now() - begin, milliseconds(2000));
  }
}

TEST(Fetcher, TheDeadlineCoversAllRedirectsTogether) {
  std::atomic<int> count = 0;
  HostileServer server([&](Connection& connection, const Request&) {
    if (connection.closed_within(milliseconds(40))) return;
    connection.send(answer(302, "", "Location: /" + std::to_string(++count) + "\r\n"));
  });
  auto request = quick(server.url());
  request.deadline = kShort;
  EXPECT_EQ(error_of(get(request)), FetchError::kTimeout);
  EXPECT_LT(count, 5);
}

TEST(Fetcher, AStopRequestEndsItSoon) {
  std::stop_source stop;
  HostileServer server([&](Connection& connection, const Request&) {
    stop.request_stop();
    connection.wait_closed();
  });
  const auto begin = steady_clock::now();
  EXPECT_EQ(error_of(fetch(quick(server.url()), kNow, stop.get_token())), FetchError::kCancelled);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1000));
}

TEST(Fetcher, ADeadlineInASlowLookUpHolds) {
  FetchNetwork network = FetchNetwork::system();
  network.resolve = [](const std::string&, std::uint16_t, const IoGuard& guard) -> FetchResult<std::vector<Endpoint>> {
    for (;;) {
      if (auto failure = guard.check()) return *failure;
      std::this_thread::yield();
    }
  };
  auto request = quick("http://slow.test/");
  request.deadline = milliseconds(50);
  EXPECT_EQ(error_of(fetch_over(network, request, kNow, {}), "slow.test"), FetchError::kTimeout);
}

// --- where to

TEST(Fetcher, NobodyListeningIsAConnectError) {
  std::string url;
  {
    HostileServer gone(answer(200, ""));
    url = gone.url();
  }
  const auto result = get(quick(url));
  EXPECT_EQ(error_of(result), FetchError::kConnect);
  EXPECT_THAT(result.error().message, HasSubstr("refused"));
}

TEST(Fetcher, AnUnknownNameIsAResolveError) {
  // A label of more than 63 bytes: the resolver knows without asking anybody.
  const std::string host = std::string(64, 'a') + ".test";
  EXPECT_EQ(error_of(get(quick("http://" + host + "/")), host), FetchError::kResolve);
}

TEST(Fetcher, TheNextAddressIsTriedWhereOneRefuses) {
  HostileServer server(answer(200, "x"), nullptr);
  FetchNetwork network = FetchNetwork::system();
  network.resolve = [](const std::string&, std::uint16_t port,
                       const IoGuard& guard) -> FetchResult<std::vector<Endpoint>> {
    auto both = *resolve("127.0.0.77", port, guard);
    both.push_back(resolve("127.0.0.1", port, guard)->at(0));
    return both;
  };
  const auto response = fetch_over(network, quick("http://two.test:" + std::to_string(server.port()) + "/"), kNow, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "x");
}

TEST(Fetcher, FollowsEachKindOfRedirect) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HostileServer server([status](Connection& connection, const Request& request) {
      connection.send(request.target == "/feed" ? answer(status, "moved", "Location: new?x=1\r\n")
                                                : answer(200, "here"));
    });
    const auto response = get(quick(server.url()));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "here");
    EXPECT_EQ(response->final_url, server.url("/new?x=1"));
    EXPECT_EQ(response->permanent_url, status == 301 || status == 308 ? server.url("/new?x=1") : "");
  }
}

TEST(Fetcher, RedirectsEndAtTheirLimitAndInCircles) {
  int count = 0;
  HostileServer endless([&](Connection& connection, const Request&) {
    connection.send(answer(302, "", "Location: /" + std::to_string(++count) + "\r\n"));
  });
  EXPECT_EQ(error_of(get(quick(endless.url()))), FetchError::kRedirect);
  EXPECT_EQ(count, 21);
  HostileServer circle([](Connection& connection, const Request& request) {
    connection.send(answer(301, "", request.target == "/a" ? "Location: /b\r\n" : "Location: /a\r\n"));
  });
  EXPECT_EQ(error_of(get(quick(circle.url()))), FetchError::kRedirect);
  EXPECT_EQ(circle.requests().size(), 3u);
  HostileServer nowhere(answer(302, ""));
  EXPECT_EQ(error_of(get(quick(nowhere.url()))), FetchError::kRedirect);
  HostileServer elsewhere(answer(302, "", "Location: file:///etc/passwd\r\n"));
  EXPECT_EQ(error_of(get(quick(elsewhere.url()))), FetchError::kRedirect);
}

// --- who may see what

struct TwoHosts {
  HostileServer second{answer(200, "second")};
  HostileServer first;
  FetchNetwork network = names({{"first.test", "127.0.0.1"}, {"second.test", "127.0.0.1"}});

  explicit TwoHosts(int status)
      : first([this, status](Connection& connection, const Request& request) {
          connection.send(request.target == "/feed" ? answer(status, "", "Location: /again\r\n")
                                                    : answer(status, "", "Location: " + second_url() + "\r\n"));
        }) {}
  std::string first_url(const std::string& userinfo = "") const {
    return "http://" + userinfo + "first.test:" + std::to_string(first.port()) + "/feed";
  }
  std::string second_url() const { return "http://second.test:" + std::to_string(second.port()) + "/feed"; }
};

TEST(Fetcher, CredentialsStayAtTheirOrigin) {
  TwoHosts hosts(302);
  auto request = quick(hosts.first_url());
  request.credentials = Credentials{"user", "pa:ss"};
  const auto response = fetch_over(hosts.network, request, kNow, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "second");
  EXPECT_EQ(hosts.first.requests().at(0).field("Authorization"), "Basic dXNlcjpwYTpzcw==");
  EXPECT_EQ(hosts.first.requests().at(1).field("Authorization"), "Basic dXNlcjpwYTpzcw==");
  EXPECT_EQ(hosts.second.requests().at(0).field("Authorization"), "");
}

TEST(Fetcher, ATokenStaysAtItsOriginToo) {
  TwoHosts hosts(302);
  auto request = quick(hosts.first_url());
  request.credentials = Credentials{"", "", "to.ken~1=="};
  ASSERT_TRUE(fetch_over(hosts.network, request, kNow, {}));
  EXPECT_EQ(hosts.first.requests().at(0).field("Authorization"), "Bearer to.ken~1==");
  EXPECT_EQ(hosts.second.requests().at(0).field("Authorization"), "");
}

TEST(Fetcher, UserinfoIsSentAsCredentialsAndShownNowhere) {
  TwoHosts hosts(302);
  const auto response = fetch_over(hosts.network, quick(hosts.first_url("us%40er:secret@")), kNow, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(hosts.first.requests().at(0).field("Authorization"), "Basic dXNAZXI6c2VjcmV0");
  EXPECT_THAT(hosts.first.requests().at(0).head, Not(HasSubstr("secret")));
  EXPECT_EQ(hosts.second.requests().at(0).field("Authorization"), "");
  EXPECT_THAT(response->final_url, Not(HasSubstr("secret")));

  HostileServer broken(std::string("junk"));
  const auto failed = get(quick("http://user:secret@127.0.0.1:" + std::to_string(broken.port()) + "/"));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, Not(HasSubstr("secret")));
}

TEST(Fetcher, CredentialsOfTheRequestBeatTheUrls) {
  HostileServer server(answer(200, ""));
  auto request = quick("http://x:y@127.0.0.1:" + std::to_string(server.port()) + "/");
  request.credentials = Credentials{"user", "pa:ss"};
  ASSERT_TRUE(get(request));
  EXPECT_EQ(server.requests().at(0).field("Authorization"), "Basic dXNlcjpwYTpzcw==");
}

TEST(Fetcher, ValidatorsFollowAMovedFeedButADateNoDetour) {
  for (const int status : {301, 302}) {
    TwoHosts hosts(status);
    auto request = quick(hosts.first_url());
    request.etag = "\"a\"";
    request.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    ASSERT_TRUE(fetch_over(hosts.network, request, kNow, {}));
    EXPECT_EQ(hosts.first.requests().at(1).field("If-Modified-Since"), request.last_modified);
    EXPECT_EQ(hosts.second.requests().at(0).field("If-None-Match"), request.etag);
    EXPECT_EQ(hosts.second.requests().at(0).field("If-Modified-Since"), status == 301 ? request.last_modified : "");
  }
}

// --- private addresses

TEST(Fetcher, PrivateAddressesAreRefusedWhereForbidden) {
  HostileServer server(answer(200, "inner"));
  const std::string port = std::to_string(server.port());
  auto request = quick("");
  request.allow_private = false;
  for (const char* host : {"127.0.0.1", "[::1]", "0", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]",
                           "10.0.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "localhost"}) {
    request.url = std::string("http://") + host + ":" + port + "/";
    const auto result = get(request);
    ASSERT_FALSE(result) << host;
    EXPECT_EQ(result.error().code, FetchError::kForbidden) << result.error().message;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetcher, EachHopIsCheckedAndTheCheckedAddressIsUsed) {
  HostileServer inner([](Connection& connection, const Request&) { connection.send(answer(200, "inner")); }, nullptr,
                      "127.0.0.2");
  HostileServer outer(answer(302, "", "Location: http://inner.test:" + std::to_string(inner.port()) + "/\r\n"));
  // Here 127.0.0.1 plays the public Internet. `rebind.test` answers a second question with an inner address.
  FetchNetwork network = names({{"inner.test", "127.0.0.2"}, {"outer.test", "127.0.0.1"}});
  network.is_public = [](base::ByteView address) { return address.size() == 4 && address[3] == 1; };
  auto request = quick("http://outer.test:" + std::to_string(outer.port()) + "/");
  request.allow_private = false;
  EXPECT_EQ(error_of(fetch_over(network, request, kNow, {}), "inner.test"), FetchError::kForbidden);
  EXPECT_EQ(outer.requests().size(), 1u);
  EXPECT_TRUE(inner.requests().empty());

  int questions = 0;
  network.resolve = [&](const std::string&, std::uint16_t port, const IoGuard& guard) {
    return resolve(questions++ == 0 ? "127.0.0.1" : "127.0.0.2", port, guard);
  };
  HostileServer once(answer(200, "outer"));
  request.url = "http://rebind.test:" + std::to_string(once.port()) + "/";
  EXPECT_EQ(fetch_over(network, request, kNow, {})->body, "outer");
  EXPECT_EQ(questions, 1);
}

TEST(Fetcher, OfMixedAddressesOnlyThePublicOnesAreUsed) {
  HostileServer inner([](Connection& connection, const Request&) { connection.send(answer(200, "inner")); }, nullptr,
                      "127.0.0.2");
  FetchNetwork network = FetchNetwork::system();
  network.is_public = [](base::ByteView address) { return address.size() == 4 && address[3] == 1; };
  network.resolve = [](const std::string&, std::uint16_t port,
                       const IoGuard& guard) -> FetchResult<std::vector<Endpoint>> {
    auto both = *resolve("127.0.0.2", port, guard);
    both.push_back(resolve("127.0.0.1", port, guard)->at(0));
    return both;
  };
  auto request = quick("http://mixed.test:" + std::to_string(inner.port()) + "/");
  request.allow_private = false;
  EXPECT_EQ(error_of(fetch_over(network, request, kNow, {}), "mixed.test"), FetchError::kConnect);
  EXPECT_TRUE(inner.requests().empty());
}

TEST(Fetcher, BadUrlsAreRefused) {
  for (const char* url : {"", "feed.xml", "ftp://a.test/", "http://", "http://a%0d%0aX:1/"}) {
    const auto result = get(quick(url));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, FetchError::kBadUrl) << url;
  }
}

}  // namespace
}  // namespace podswarm::feeds
