#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "engine/net/http_client.h"
#include "engine/net/http_connection_cache.h"
#include "tests/engine/http/http_fixture.h"
#include "tests/engine/http/test_certificates.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class TlsTest : public HttpFixture {
 protected:
  TlsTest() : ca_file((folder / "ca.pem").string()) { write(ca_file, authority.ca_pem()); }

  [[nodiscard]] HttpResult<HttpResponse> get_trusting(const std::string& url) {
    HttpRequest request = request_for(url);
    request.ca_file = ca_file;
    return get(request);
  }

  TestAuthority authority;
  std::string ca_file;
};

TEST_F(TlsTest, TrustsTheGivenAuthorityForTheRightHost) {
  TestHttpServer server(authority.issue("DNS:media.test,IP:127.0.0.1"));
  server.on("/a", [](TestExchange& x) { x.respond(200, std::string(200'000, 'x')); });
  for (const char* host : {"media.test", "127.0.0.1"}) {
    const auto answer = get_trusting(server.url("/a", host));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->body.size(), 200'000u);
  }
}

TEST_F(TlsTest, AConnectionIsUsedAgain) {
  TestHttpServer server(authority.issue("DNS:media.test"));
  server.on("/a", [](TestExchange& x) {
    x.respond(200, std::string(50'000, 'x'));
    x.keep_open();
  });
  HttpRequest request = request_for(server.url("/a", "media.test"));
  request.ca_file = ca_file;
  request.connections = std::make_shared<HttpConnectionCache>();
  EXPECT_TRUE(get(request).has_value());
  EXPECT_TRUE(get(request).has_value());
  EXPECT_EQ(server.requests().at(1).connection, 0u);
}

TEST_F(TlsTest, ACertificateForAnotherHostIsRefusedByName) {
  TestHttpServer server(authority.issue("DNS:other.org,DNS:www.other.org"));
  const auto answer = get_trusting(server.url("/a", "media.test"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kTls);
  EXPECT_EQ(answer.error().message,
            "media.test:" + std::to_string(server.port()) + ": certificate is for other.org, www.other.org");
  EXPECT_FALSE(get_trusting(server.url("/a")).has_value()) << "an address is checked as well";
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  TestHttpServer server(TestAuthority().issue("DNS:media.test"));
  const auto answer = get_trusting(server.url("/a", "media.test"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kTls);
  EXPECT_THAT(answer.error().message, EndsWith("certificate is signed by an unknown authority"));
  TestHttpServer known(authority.issue("DNS:media.test"));
  const auto system = get(known.url("/a", "media.test"));
  ASSERT_FALSE(system.has_value()) << "the system's CAs know nothing of the test's";
  EXPECT_EQ(system.error().code, HttpError::kTls);
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  TestHttpServer server(authority.issue("DNS:media.test", 1'800));
  const auto answer = get_trusting(server.url("/a", "media.test"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, EndsWith("certificate has expired"));
}

TEST_F(TlsTest, AMissingAuthorityFileIsAnErrorNotAnOpenDoor) {
  TestHttpServer server(authority.issue("DNS:media.test"));
  ca_file = (folder / "missing.pem").string();
  const auto answer = get_trusting(server.url("/a", "media.test"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kCaFile);
  EXPECT_THAT(answer.error().message, HasSubstr("missing.pem"));
}

TEST_F(TlsTest, PlainTextBehindHttpsIsAnError) {
  boost::asio::io_context plain;
  boost::asio::ip::tcp::acceptor acceptor(plain, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string port = std::to_string(acceptor.local_endpoint().port());
  std::thread server([&acceptor] {
    auto socket = acceptor.accept();
    boost::asio::write(socket, boost::asio::buffer("HTTP/1.1 400 Bad Request\r\n\r\n", 28));
    boost::system::error_code error;
    char rest[512];
    while (!error) socket.read_some(boost::asio::buffer(rest), error);
  });
  const auto answer = get_trusting("https://127.0.0.1:" + port + "/");
  server.join();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, HttpError::kTls);
}

TEST_F(TlsTest, ABodyWithoutALengthMustEndWithTheClosingAlert) {
  TestHttpServer server(authority.issue("DNS:media.test"));
  server.on("/whole", [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\n\r\nwhole"); });
  server.on("/cut", [](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\n\r\ncut");
    x.abort();
  });
  const auto whole = get_trusting(server.url("/whole", "media.test"));
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  EXPECT_EQ(whole->body, "whole");
  const auto cut = get_trusting(server.url("/cut", "media.test"));
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().code, HttpError::kShortRead);
}

TEST_F(TlsTest, RedirectsCrossBetweenPlainAndTlsWithoutLeakingCredentials) {
  TestHttpServer plain;
  TestHttpServer tls(authority.issue("DNS:media.test"));
  plain.on("/up", [&](TestExchange& x) { x.respond(302, "", "Location: " + tls.url("/down", "media.test") + "\r\n"); });
  tls.on("/down",
         [&](TestExchange& x) { x.respond(302, "", "Location: " + plain.url("/end", "media.test") + "\r\n"); });
  plain.on("/end", [](TestExchange& x) { x.respond(200, "end"); });
  HttpRequest request = request_for(tls.url("/down", "media.test"));
  request.ca_file = ca_file;
  request.user = "me";
  request.password = "secret";
  const auto down = get(request);
  ASSERT_TRUE(down.has_value()) << down.error().message;
  EXPECT_NE(tls.requests().at(0).field("authorization"), "");
  EXPECT_EQ(plain.requests().at(0).field("authorization"), "");
  const auto up = get_trusting(plain.url("/up", "media.test"));
  ASSERT_TRUE(up.has_value()) << up.error().message;
  EXPECT_EQ(up->body, "end");
}

}  // namespace
}  // namespace podswarm::engine::testing
