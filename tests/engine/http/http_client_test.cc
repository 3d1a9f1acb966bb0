#include "engine/net/http_client.h"

#include <gmock/gmock.h>

#include <thread>

#include "engine/net/http_connection_cache.h"
#include "tests/engine/http/http_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpClientTest : public HttpFixture {
 protected:
  void redirect(const std::string& path, const std::string& to, const std::string& fields = "", int status = 302) {
    server.on(path, [=](TestExchange& x) { x.respond(status, "moved", "Location: " + to + "\r\n" + fields); });
  }
  [[nodiscard]] HttpError error_of(const std::string& url) {
    auto answer = get(url);
    EXPECT_FALSE(answer.has_value());
    return answer.has_value() ? HttpError::kBadUrl : answer.error().code;
  }

  TestHttpServer server;
};

TEST_F(HttpClientTest, BringsABodyWithALength) {
  server.on("/a", [](TestExchange& x) { x.respond(200, "hello", "X-Thing:  padded \r\n"); });
  const auto answer = get(server.url("/a?q=1#fragment"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->head.field("x-thing"), "padded");
  EXPECT_EQ(answer->head.content_length, 5u);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a?q=1");
  EXPECT_EQ(request.field("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.field("user-agent"), "Podswarm-test/1.0");
  EXPECT_EQ(request.field("accept-encoding"), "identity");
}

TEST_F(HttpClientTest, JoinsChunksHoweverTheyAreCut) {
  server.on("/chunked", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1");
    x.send("0;name=value\r\n0123456789abcdef\r");
    x.send("\n0\r\nTrailer: yes\r\n\r\n");
  });
  const auto answer = get(server.url("/chunked"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "abc0123456789abcdef");
  EXPECT_FALSE(answer->head.content_length.has_value());
}

TEST_F(HttpClientTest, TakesABodyThatEndsWithTheConnection) {
  server.on("/until-close", [](TestExchange& x) { x.send("HTTP/1.0 200 OK\r\n\r\nto the end"); });
  const auto answer = get(server.url("/until-close"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "to the end");
}

TEST_F(HttpClientTest, BodiesOfManyReadsArriveWhole) {
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 251);
  server.on("/large", [&](TestExchange& x) { x.respond(200, content); });
  server.on("/large-chunks", [&](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n16E360\r\n" + content.substr(0, 0x16E360) + "\r\n");
    x.send("16E360\r\n" + content.substr(0x16E360) + "\r\n0\r\n\r\n");
  });
  ASSERT_EQ(content.size(), 2u * 0x16E360);
  for (const char* path : {"/large", "/large-chunks"}) {
    const auto answer = get(request_for(server.url(path)), 4'000'000);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_TRUE(answer->body == content) << path;
  }
}

TEST_F(HttpClientTest, SkipsInterimAnswers) {
  server.on("/interim", [](TestExchange& x) {
    x.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
    x.respond(200, "real");
  });
  const auto answer = get(server.url("/interim"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "real");
}

TEST_F(HttpClientTest, AShortBodyIsAnError) {
  server.on("/length", [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"); });
  server.on("/chunks",
            [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"); });
  server.on("/head", [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nContent-Le"); });
  server.on("/nothing", [](TestExchange&) {});
  server.on("/reset", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n\r\nshort");
    x.abort();
  });
  for (const char* path : {"/length", "/chunks", "/head", "/nothing", "/reset"}) {
    EXPECT_EQ(error_of(server.url(path)), HttpError::kShortRead) << path;
  }
  const auto answer = get(server.url("/length"));
  EXPECT_EQ(answer.error().message,
            "127.0.0.1:" + std::to_string(server.port()) + ": the connection ended 5 bytes before the file did");
}

TEST_F(HttpClientTest, JunkIsAProtocolError) {
  server.on("/ssh", [](TestExchange& x) { x.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); });
  server.on("/lengths",
            [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"); });
  server.on("/chunk", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n");
  });
  server.on("/endless-head", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n");
    while (x.send("X-Padding: " + std::string(4'000, 'x') + "\r\n")) {
    }
  });
  server.on("/endless-line", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nX: ");
    while (x.send(std::string(4'000, 'x'))) {
    }
  });
  server.on("/endless-chunk-head", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=");
    while (x.send(std::string(4'000, 'x'))) {
    }
  });
  server.on("/endless-interim", [](TestExchange& x) {
    while (x.send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  for (const char* path :
       {"/ssh", "/lengths", "/chunk", "/endless-head", "/endless-line", "/endless-chunk-head", "/endless-interim"}) {
    EXPECT_EQ(error_of(server.url(path)), HttpError::kProtocol) << path;
  }
}

TEST_F(HttpClientTest, StopsAtTheCap) {
  server.on("/known", [](TestExchange& x) { x.respond(200, std::string(101, 'x')); });
  server.on("/unknown", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n\r\n");
    while (x.send(std::string(1'000, 'x'))) {
    }
  });
  server.on("/exact", [](TestExchange& x) { x.respond(200, std::string(100, 'x')); });
  for (const char* path : {"/known", "/unknown"}) {
    const auto answer = get(request_for(server.url(path)), 100);
    ASSERT_FALSE(answer.has_value()) << path;
    EXPECT_EQ(answer.error().code, HttpError::kTooLarge) << path;
  }
  EXPECT_TRUE(get(request_for(server.url("/exact")), 100).has_value());
}

TEST_F(HttpClientTest, FollowsRelativeAndAbsoluteRedirects) {
  redirect("/start", "sub/next?x=1", "", 301);
  redirect("/sub/next", "//other.test:" + std::to_string(server.port()) + "/far", "", 307);
  redirect("/far", "/end", "", 308);
  server.on("/end", [](TestExchange& x) { x.respond(200, "there"); });
  const auto answer = get(server.url("/start"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "there");
  EXPECT_EQ(answer->head.final_url, server.url("/end", "other.test"));
}

TEST_F(HttpClientTest, GivesUpOnRedirectsWithoutEnd) {
  redirect("/loop", "/loop");
  EXPECT_EQ(error_of(server.url("/loop")), HttpError::kRedirect);
  EXPECT_EQ(server.requests().size(), 21u);
}

TEST_F(HttpClientTest, RefusesToBeRedirectedOutOfTheWeb) {
  redirect("/file", "file:///etc/passwd");
  redirect("/ftp", "ftp://example.org/x");
  for (const char* path : {"/file", "/ftp"}) EXPECT_EQ(error_of(server.url(path)), HttpError::kRedirect) << path;
}

TEST_F(HttpClientTest, ARedirectWithoutALocationIsAnAnswer) {
  server.on("/odd", [](TestExchange& x) { x.respond(302, "hm"); });
  const auto answer = get(server.url("/odd"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->head.status, 302);
}

TEST_F(HttpClientTest, SendsCredentialsToTheirOwnHostOnly) {
  TestHttpServer other_port;
  other_port.on("/end", [](TestExchange& x) { x.respond(200, ""); });
  redirect("/a", "/b");
  redirect("/b", server.url("/c", "other.test"));
  redirect("/c", other_port.url("/end", "first.test"));
  HttpRequest request = request_for(server.url("/a", "first.test"));
  request.user = "me";
  request.password = "secret:word";
  ASSERT_TRUE(get(request).has_value());
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].field("authorization"), "Basic bWU6c2VjcmV0OndvcmQ=");
  EXPECT_EQ(seen[1].field("authorization"), "Basic bWU6c2VjcmV0OndvcmQ=");
  EXPECT_EQ(seen[2].field("authorization"), "");
  EXPECT_EQ(other_port.requests().at(0).field("authorization"), "") << "another port is another service";
}

TEST_F(HttpClientTest, SendsATokenInPlaceOfAPasswordToItsOwnHostOnly) {
  redirect("/a", "/b");
  redirect("/b", server.url("/c", "other.test"));
  server.on("/c", [](TestExchange& x) { x.respond(200, ""); });
  HttpRequest request = request_for(server.url("/a", "first.test"));
  request.user = "me";
  request.token = "to.ken~1==";
  ASSERT_TRUE(get(request).has_value());
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].field("authorization"), "Bearer to.ken~1==");
  EXPECT_EQ(seen[1].field("authorization"), "Bearer to.ken~1==");
  EXPECT_EQ(seen[2].field("authorization"), "");
}

TEST_F(HttpClientTest, TakesCredentialsFromTheUrlAndKeepsThemOutOfSight) {
  server.on("/private", [](TestExchange& x) { x.respond(200, "in"); });
  const std::string port = std::to_string(server.port());
  const auto answer = get("http://me:p%40ss@127.0.0.1:" + port + "/private");
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(server.requests().at(0).field("authorization"), "Basic bWU6cEBzcw==");
  EXPECT_EQ(answer->head.final_url, "http://127.0.0.1:" + port + "/private");
  const auto bad = get("gopher://me:p%40ss@example.org/");
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(bad.error().message, Not(HasSubstr("p%40ss")));
}

TEST_F(HttpClientTest, CarriesCookiesAlongARedirect) {
  redirect("/login", "/media",
           "Set-Cookie: session=abc; Path=/; HttpOnly\r\nSet-Cookie: other=1; Domain=elsewhere.test\r\n");
  server.on("/media", [](TestExchange& x) { x.respond(200, x.request.field("cookie")); });
  const auto answer = get(server.url("/login", "host.test"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "session=abc");
}

TEST_F(HttpClientTest, FieldsCannotSmuggleOthersIn) {
  server.on("/a", [](TestExchange& x) { x.respond(200, ""); });
  HttpRequest request = request_for(server.url("/a"));
  request.user_agent = "agent\r\nX-Evil: 1";
  request.fields = {{"Range", "bytes=0-\r\nX-Evil: 2"}};
  ASSERT_TRUE(get(request).has_value());
  EXPECT_EQ(server.requests().at(0).field("x-evil"), "");
  EXPECT_EQ(error_of("http://a%0d%0aX-Evil:3/"), HttpError::kBadUrl);
}

TEST_F(HttpClientTest, NamesTheHostAndTheCauseWhenThereIsNoConnection) {
  std::string dead_url;
  {
    const TestHttpServer dead;
    dead_url = dead.url("/");
  }
  const auto refused = get(dead_url);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, HttpError::kConnect);
  EXPECT_THAT(refused.error().message, HasSubstr(": connection refused"));
  const auto unknown = get("http://unknown.invalid/");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, HttpError::kResolve);
  EXPECT_EQ(unknown.error().message, "unknown.invalid:80: no such host");
}

TEST_F(HttpClientTest, TriesTheOtherAddressesOfAHost) {
  HttpClientOptions options;
  options.lookup = [](const std::string&) {
    return Lookup{{boost::asio::ip::make_address("127.0.0.9"), boost::asio::ip::make_address("127.0.0.1")}, {}};
  };
  HttpClient other(io, workers, options);
  server.on("/", [](TestExchange& x) { x.respond(200, "second"); });
  std::optional<HttpResult<HttpResponse>> result;
  const auto call = other.get(request_for(server.url("/", "two.test")), 100, std::chrono::seconds(5),
                              [&](HttpResult<HttpResponse> answer) { result = std::move(answer); });
  ASSERT_TRUE(run_until([&] { return result.has_value(); }));
  ASSERT_TRUE(result->has_value()) << result->error().message;
  EXPECT_EQ((*result)->body, "second");
}

TEST_F(HttpClientTest, PrivateAddressesMayBeForbidden) {
  server.on("/", [](TestExchange& x) { x.respond(200, ""); });
  HttpRequest request = request_for(server.url("/"));
  request.allow_private = false;
  const auto answer = get(request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kForbidden);
  request.url = server.url("/", "inside.test");
  EXPECT_EQ(get(request).error().code, HttpError::kForbidden) << "a name that leads to one, too";
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTest, ASilentServerIsAStall) {
  server.on("/head", [](TestExchange& x) { x.wait_for_close(); });
  server.on("/body", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
    x.wait_for_close();
  });
  for (const char* path : {"/head", "/body"}) {
    HttpRequest request = request_for(server.url(path));
    request.stall_timeout = std::chrono::milliseconds(50);
    const auto answer = get(request);
    ASSERT_FALSE(answer.has_value()) << path;
    EXPECT_EQ(answer.error().code, HttpError::kTimeout) << path;
  }
}

TEST_F(HttpClientTest, AHeadThatDripsIsAStallToo) {
  server.on("/drip", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nX-Long: ");
    while (x.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  HttpRequest request = request_for(server.url("/drip"));
  request.stall_timeout = std::chrono::milliseconds(100);
  const auto answer = get(request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kTimeout);
  EXPECT_NE(answer.error().message.find("too slowly"), std::string::npos) << answer.error().message;
}

TEST_F(HttpClientTest, TheNameLookupHasATimeoutToo) {
  std::mutex gate;
  std::unique_lock closed(gate);
  HttpClientOptions options;
  options.lookup = [&gate](const std::string&) {
    const std::lock_guard wait(gate);
    return Lookup{{}, "late"};
  };
  {
    HttpClient slow(io, workers, options);
    HttpRequest request = request_for("http://slow.test/");
    request.connect_timeout = std::chrono::milliseconds(30);
    std::optional<HttpResult<HttpResponse>> result;
    const auto call = slow.get(request, 100, std::chrono::milliseconds(0),
                               [&](HttpResult<HttpResponse> answer) { result = std::move(answer); });
    ASSERT_TRUE(run_until([&] { return result.has_value(); }));
    EXPECT_EQ(result->error().code, HttpError::kTimeout);
    closed.unlock();
    // The lookup's thread uses the gate of this test: it is let out before the gate goes.
    bool answered = false;
    slow.resolver().resolve("again.test", [&](const Lookup&) { answered = true; });
    ASSERT_TRUE(run_until([&] { return answered; }));
  }
}

TEST_F(HttpClientTest, AGetHasADeadlineAsAWhole) {
  server.on("/drip", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n\r\nx");
    x.wait_for_close();
  });
  std::optional<HttpResult<HttpResponse>> result;
  const auto call = client.get(request_for(server.url("/drip")), 1'000'000, std::chrono::milliseconds(50),
                               [&](HttpResult<HttpResponse> answer) { result = std::move(answer); });
  ASSERT_TRUE(run_until([&] { return result.has_value(); }));
  EXPECT_EQ(result->error().code, HttpError::kTimeout);
}

TEST_F(HttpClientTest, RequestsThatShareConnectionsUseOneAgain) {
  const std::string large(100'000, 'x');
  server.on("/a", [&](TestExchange& x) {
    x.respond(200, large);
    x.keep_open();
  });
  server.on("/chunks", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    x.keep_open();
  });
  server.on("/moved", [](TestExchange& x) {
    x.respond(302, "moved", "Location: /a\r\n");
    x.keep_open();
  });
  HttpRequest request = request_for("");
  request.connections = std::make_shared<HttpConnectionCache>();
  for (const char* path : {"/a", "/moved", "/chunks", "/a"}) {
    request.url = server.url(path);
    const auto answer = get(request);
    ASSERT_TRUE(answer.has_value()) << path << answer.error().message;
    EXPECT_EQ(answer->head.status, 200);
  }
  ASSERT_EQ(server.requests().size(), 5u);
  for (const auto& seen : server.requests()) {
    EXPECT_EQ(seen.connection, 0u) << seen.target;
    EXPECT_EQ(seen.field("connection"), "");
  }
  EXPECT_TRUE(get(server.url("/a")).has_value());
  EXPECT_EQ(server.requests().back().connection, 1u) << "who shares none has one of its own";
  EXPECT_EQ(server.requests().back().field("connection"), "close");
}

TEST_F(HttpClientTest, AKeptConnectionThatTheServerHasClosedIsReplaced) {
  server.on("/a", [](TestExchange& x) { x.respond(200, "hello"); });  // and closes
  server.on("/bye", [](TestExchange& x) { x.respond(200, "hello", "Connection: close\r\n"); });
  server.on("/reset", [](TestExchange& x) { x.abort(); });
  HttpRequest request = request_for(server.url("/a"));
  request.connections = std::make_shared<HttpConnectionCache>();
  for (int i = 0; i < 3; ++i) {
    const auto answer = get(request);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
  }
  request.url = server.url("/bye");
  EXPECT_TRUE(get(request).has_value());
  EXPECT_TRUE(get(request).has_value());
  request.url = server.url("/reset");
  EXPECT_EQ(get(request).error().code, HttpError::kShortRead) << "a fresh one that is reset is not";
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(HttpClientTest, AnAnswerThatWasNotReadToItsEndLeavesNoConnection) {
  server.on("/a", [](TestExchange& x) {
    x.respond(200, std::string(1'000'000, 'x'));
    x.keep_open();
  });
  HttpRequest request = request_for(server.url("/a"));
  request.connections = std::make_shared<HttpConnectionCache>();
  EXPECT_FALSE(get(request, 100).has_value());
  EXPECT_TRUE(get(request, 2'000'000).has_value());
  EXPECT_EQ(server.requests().back().connection, 1u);
}

TEST_F(HttpClientTest, NothingIsHeardOfADestroyedExchange) {
  server.on("/late", [](TestExchange& x) {
    x.wait_for_close();
    x.respond(200, "too late");
  });
  server.on("/a", [](TestExchange& x) { x.respond(200, "hello"); });
  bool called = false;
  const auto note = [&](const HttpResult<HttpHead>&) { called = true; };
  client.exchange(request_for(server.url("/a")))->open(note);
  auto exchange = client.exchange(request_for(server.url("/late")));
  exchange->open(note);
  ASSERT_TRUE(run_until([&] { return !server.requests().empty(); }));
  exchange.reset();
  EXPECT_TRUE(get(server.url("/a")).has_value());
  EXPECT_FALSE(called);
  EXPECT_EQ(server.requests().size(), 2u) << "the first exchange was over before it began";
}

TEST_F(HttpClientTest, AnExchangeMayBeDestroyedByItsOwnHandler) {
  server.on("/a", [](TestExchange& x) { x.respond(200, "hello"); });
  auto exchange = client.exchange(request_for(server.url("/a")));
  std::uint8_t buffer[16];
  bool read = false;
  exchange->open([&](const HttpResult<HttpHead>& head) {
    ASSERT_TRUE(head.has_value());
    exchange->read(buffer, [&](const HttpResult<std::size_t>& bytes) {
      EXPECT_TRUE(bytes.has_value());
      exchange.reset();
      read = true;
    });
  });
  ASSERT_TRUE(run_until([&] { return read; }));
  auto second = client.exchange(request_for(server.url("/a")));
  bool opened = false;
  second->open([&](const HttpResult<HttpHead>&) {
    second.reset();
    opened = true;
  });
  ASSERT_TRUE(run_until([&] { return opened; }));
}

}  // namespace
}  // namespace podswarm::engine::testing
