#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "feeds/fetch_over.h"
#include "tests/feeds/fetcher/hostile_server.h"
#include "tests/feeds/fetcher/test_ca.h"

namespace podswarm::feeds {
namespace {

using std::chrono::milliseconds;
using testing::answer;
using testing::CertificateOptions;
using testing::Connection;
using ::testing::HasSubstr;
using testing::HostileServer;
using testing::Request;
using testing::TestCa;

const base::WallTime kNow = *base::parse_rfc3339("2026-11-20T18:00:00Z");

class FetcherTls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ca_ = std::make_unique<TestCa>(); }
  static void TearDownTestSuite() { ca_.reset(); }

  // Every *.test name is this machine.
  static FetchNetwork network() {
    FetchNetwork network = FetchNetwork::system();
    network.resolve = [](const std::string& host, std::uint16_t port, const IoGuard& guard) {
      return resolve(host.find(".test") != std::string::npos ? "127.0.0.1" : host, port, guard);
    };
    return network;
  }

  static FetchRequest request(const HostileServer& server, const std::string& host = "feed.test") {
    FetchRequest request;
    request.url = "https://" + host + ":" + std::to_string(server.port()) + "/feed";
    request.ca_file = ca_->file();
    request.connect_timeout = milliseconds(3000);
    request.stall_timeout = milliseconds(3000);
    request.deadline = milliseconds(8000);
    return request;
  }

  static FetchResult<FetchResponse> get(const FetchRequest& request) {
    return fetch_over(network(), request, kNow, {});
  }

  // The message of a fetch that must fail for TLS.
  static std::string tls_error(const FetchRequest& request) {
    const auto result = get(request);
    if (result) return "succeeded";
    EXPECT_EQ(result.error().code, FetchError::kTls) << result.error().message;
    return result.error().message;
  }

  static inline std::unique_ptr<TestCa> ca_;
};

TEST_F(FetcherTls, ARightCertificateIsTakenAndTheNameSent) {
  const auto context = ca_->server();
  std::string name;
  SSL_CTX_set_tlsext_servername_arg(context.get(), &name);
  SSL_CTX_set_tlsext_servername_callback(
      context.get(), +[](SSL* tls, int*, void* out) {
        const char* sent = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
        *static_cast<std::string*>(out) = sent != nullptr ? sent : "";
        return SSL_TLSEXT_ERR_OK;
      });
  const std::string body(300'000, 'x');
  HostileServer server(answer(200, body), context.get());
  const auto response = get(request(server));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, body);
  EXPECT_EQ(name, "feed.test");
  EXPECT_EQ(server.requests().at(0).field("Host"), "feed.test:" + std::to_string(server.port()));
}

TEST_F(FetcherTls, Tls12IsEnoughAndOlderIsNot) {
  const auto context = ca_->server();
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  HostileServer server(answer(200, "x"), context.get());
  EXPECT_TRUE(get(request(server)));
  const auto old = ca_->server();
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  HostileServer old_server(answer(200, "x"), old.get());
  tls_error(request(old_server));
}

TEST_F(FetcherTls, AnotherHostsCertificateIsRefusedByName) {
  const auto context = ca_->server({.names = "DNS:other.test,DNS:*.more.test"});
  HostileServer server(answer(200, "x"), context.get());
  EXPECT_THAT(tls_error(request(server)), HasSubstr("not for feed.test, but for other.test, *.more.test"));
  EXPECT_TRUE(get(request(server, "a.more.test")));
  EXPECT_THAT(tls_error(request(server, "a.b.more.test")), HasSubstr("not for a.b.more.test"));
  EXPECT_THAT(tls_error(request(server, "more.test")), HasSubstr("not for more.test"));
  EXPECT_THAT(tls_error(request(server, "127.0.0.1")), HasSubstr("not for 127.0.0.1"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FetcherTls, AnAddressMayBeCertifiedToo) {
  const auto context = ca_->server({.names = "IP:127.0.0.1"});
  HostileServer server(answer(200, "x"), context.get());
  EXPECT_TRUE(get(request(server, "127.0.0.1")));
}

TEST_F(FetcherTls, ExpiredAndFutureCertificatesAreRefused) {
  const auto expired = ca_->server({.valid_from_s = -7200, .valid_to_s = -3600});
  HostileServer server(answer(200, "x"), expired.get());
  EXPECT_THAT(tls_error(request(server)), HasSubstr("expired"));
  const auto future = ca_->server({.valid_from_s = 3600, .valid_to_s = 7200});
  HostileServer future_server(answer(200, "x"), future.get());
  EXPECT_THAT(tls_error(request(future_server)), HasSubstr("not yet valid"));
}

TEST_F(FetcherTls, SelfSignedAndUnknownCasAreRefused) {
  const auto self_signed = ca_->server({.self_signed = true});
  HostileServer server(answer(200, "x"), self_signed.get());
  EXPECT_THAT(tls_error(request(server)), HasSubstr("self-signed"));
  const auto context = ca_->server();
  HostileServer good(answer(200, "x"), context.get());
  auto by_system = request(good);
  by_system.ca_file.clear();
  EXPECT_THAT(tls_error(by_system), HasSubstr("not valid"));
  EXPECT_TRUE(good.requests().empty());
}

TEST_F(FetcherTls, AMissingCaFileIsNamed) {
  const auto context = ca_->server();
  HostileServer server(answer(200, "x"), context.get());
  auto missing = request(server);
  missing.ca_file = "/nonexistent/ca.pem";
  EXPECT_THAT(tls_error(missing), HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(FetcherTls, APlainServerIsNoTlsServer) {
  HostileServer server(
      [](Connection& connection, const Request&) { connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }, nullptr,
      "127.0.0.1", true);
  EXPECT_THAT(tls_error(request(server)), HasSubstr("feed.test"));
}

TEST_F(FetcherTls, ASilentHandshakeEndsInTime) {
  HostileServer server([](Connection& connection, const Request&) { connection.wait_closed(); }, nullptr, "127.0.0.1",
                       true);
  auto slow = request(server);
  slow.connect_timeout = milliseconds(150);
  const auto result = get(slow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FetchError::kTimeout);
}

TEST_F(FetcherTls, ATrickleInsideOneRecordEndsAtTheDeadline) {
  // The header of a handshake record of 16 KiB, then byte by byte.
  HostileServer server(
      [](Connection& connection, const Request&) {
        connection.send(std::string("\x16\x03\x03\x40\x00", 5));
        while (!connection.closed_within(milliseconds(10)) && connection.send(std::string(1, '\x02'))) {
        }
      },
      nullptr, "127.0.0.1", true);
  auto slow = request(server);
  slow.deadline = milliseconds(150);
  const auto begin = std::chrono::steady_clock::now();
  const auto result = get(slow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FetchError::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
}

TEST_F(FetcherTls, ACutBodyIsSeenWithoutAnOrderlyClose) {
  const auto context = ca_->server();
  SSL_CTX_set_quiet_shutdown(context.get(), 1);
  HostileServer server(std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), context.get());
  const auto result = get(request(server));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FetchError::kProtocol);
  HostileServer open_ended(std::string("HTTP/1.1 200 OK\r\n\r\nall of it"), context.get());
  EXPECT_EQ(get(request(open_ended))->body, "all of it");
}

TEST_F(FetcherTls, CredentialsAreNeverSentInClear) {
  HostileServer plain(answer(200, "plain"));
  const auto context = ca_->server();
  HostileServer secure(answer(302, "", "Location: http://feed.test:" + std::to_string(plain.port()) + "/\r\n"),
                       context.get());
  auto with_credentials = request(secure);
  with_credentials.credentials = Credentials{"user", "pass"};
  ASSERT_TRUE(get(with_credentials));
  EXPECT_EQ(secure.requests().at(0).field("Authorization"), "Basic dXNlcjpwYXNz");
  EXPECT_EQ(plain.requests().at(0).field("Authorization"), "");
}

TEST_F(FetcherTls, APlainUrlMayLeadToASecureOne) {
  const auto context = ca_->server();
  HostileServer secure(answer(200, "secure"), context.get());
  HostileServer plain(answer(301, "", "Location: " + request(secure).url + "\r\n"));
  auto from_plain = request(secure);
  from_plain.url = plain.url();
  const auto response = get(from_plain);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "secure");
  EXPECT_EQ(response->permanent_url, request(secure).url);
}

}  // namespace
}  // namespace podswarm::feeds
