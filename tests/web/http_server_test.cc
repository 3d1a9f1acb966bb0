#include "web/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/json/parse.hpp>
#include <future>
#include <latch>
#include <thread>

#include "base/file.h"
#include "web/api_client.h"

namespace podswarm::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kToken = "0123456789abcdef";

ApiResponse echo(const ApiRequest& request) {
  ApiResponse response;
  response.body = request.method + " " + request.path;
  for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
  response.body += " " + request.body;
  response.content_type = "text/plain";
  return response;
}

std::unique_ptr<HttpServer> start(ApiHandler handler = echo, HttpServerOptions options = {}) {
  options.token = kToken;
  options.listen.io_timeout = milliseconds(5000);
  auto server = HttpServer::start(std::move(options), std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

ApiClient client(const HttpServer& server, std::string token = kToken, milliseconds timeout = milliseconds(5000)) {
  return ApiClient({"127.0.0.1", server.port(), std::move(token), ::getpid()}, timeout);
}

std::string error_code(const ApiResponse& response) {
  EXPECT_EQ(response.content_type, "application/json");
  const auto parsed = boost::json::parse(response.body);
  EXPECT_FALSE(parsed.at("error").at("message").as_string().empty());
  return std::string(parsed.at("error").at("code").as_string());
}

// A client that speaks HTTP as badly as the test wants.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    const timeval patience{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
  }
  void send(std::string_view text) const { ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  // Until the server closes, or `end` was read.
  std::string receive(std::string_view end = "\n\n\n") const {
    std::string out;
    char buffer[4096];
    while (out.find(end) == std::string::npos) {
      const auto size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (size <= 0) break;
      out.append(buffer, static_cast<std::size_t>(size));
    }
    return out;
  }

 private:
  base::UniqueFd fd_;
};

std::string head(const HttpServer& server, std::string_view start_line, std::string_view more = "") {
  return std::string(start_line) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
         "\r\nAuthorization: Bearer " + kToken + "\r\n" + std::string(more) + "\r\n";
}

TEST(HttpServer, RoundTrip) {
  const auto server = start();
  const auto response = client(*server).call(
      {"POST", "/api/v1/feeds/with blank", {{"url", "http://x/?a=b&c=d+e"}, {"ä", "ö"}}, "{\"x\": 1}"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->body, "POST /api/v1/feeds/with blank url=http://x/?a=b&c=d+e ä=ö {\"x\": 1}");
}

TEST(HttpServer, EveryMethodAndStatusPasses) {
  const auto server = start([](const ApiRequest& request) {
    return ApiResponse{request.method == "DELETE" ? 204 : 409, request.method == "DELETE" ? "" : "{}"};
  });
  EXPECT_EQ(client(*server).call({"DELETE", "/api/v1/feeds/1"})->status, 204);
  EXPECT_EQ(client(*server).call({"PUT", "/api/v1/feeds/1"})->status, 409);
  const auto head_answer = client(*server).call({"HEAD", "/api/v1/feeds/1"});
  ASSERT_TRUE(head_answer) << head_answer.error().message;
  EXPECT_EQ(head_answer->body, "");
}

TEST(HttpServer, LargeBodiesPassBothWays) {
  const auto server = start();
  const std::string body((8u << 20) - 100, 'x');
  const auto response = client(*server).call({"POST", "/api/v1/x", {}, body});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "POST /api/v1/x " + body);
}

TEST(HttpServer, AWrongTokenIsRefused) {
  bool called = false;
  const auto server = start([&](const ApiRequest&) {
    called = true;
    return ApiResponse{};
  });
  for (const char* token : {"", "wrong", "0123456789abcdee", "0123456789abcdef0"}) {
    const auto response = client(*server, token).call({"GET", "/api/v1/feeds"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 401);
    EXPECT_EQ(error_code(*response), "unauthorized");
  }
  EXPECT_FALSE(called);
}

TEST(HttpServer, AnOversizedBodyIsRefused) {
  const auto server = start();
  const std::string body((8u << 20) + 1, 'x');
  const auto response = client(*server).call({"POST", "/api/v1/x", {}, body});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(error_code(*response), "too-large");

  const RawClient announced(server->port());
  announced.send(head(*server, "POST /api/v1/x", "Content-Length: 99999999999\r\n"));
  EXPECT_THAT(announced.receive(), StartsWith("HTTP/1.1 413"));
}

TEST(HttpServer, ChunkedBodiesAreCappedToo) {
  const auto server = start(echo, {.max_body_bytes = 10});
  const RawClient fits(server->port());
  fits.send(head(*server, "POST /api/v1/x", "Transfer-Encoding: chunked\r\nConnection: close\r\n") +
            "5\r\nhello\r\n0\r\n\r\n");
  EXPECT_THAT(fits.receive(), HasSubstr("POST /api/v1/x hello"));
  const RawClient over(server->port());
  over.send(head(*server, "POST /api/v1/x", "Transfer-Encoding: chunked\r\n") + "b\r\nhello world\r\n0\r\n\r\n");
  EXPECT_THAT(over.receive(), StartsWith("HTTP/1.1 413"));
}

TEST(HttpServer, OtherPathsAreNotFound) {
  const auto server = start();
  for (const char* path : {"/api/v1", "/api/v2/x", "/api", "/", "/index.html", "/apix/v1/"}) {
    const auto response = client(*server).call({"GET", path});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 404) << path;
    EXPECT_EQ(error_code(*response), "not-found");
  }
  const RawClient dots(server->port());
  dots.send(head(*server, "GET /api/v1/../../etc/passwd"));
  EXPECT_THAT(dots.receive(), StartsWith("HTTP/1.1 400"));
}

TEST(HttpServer, PagesNeedNoTokenAndAreOnlyRead) {
  const auto server = start(echo, {.pages = [](const ApiRequest& request) {
                              return request.path == "/" ? ApiResponse{200, "<html>", "text/html"}
                                                         : api_error(404, "not-found", "no such page");
                            }});
  const auto page = client(*server, "").call({"GET", "/"});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "<html>");
  EXPECT_EQ(page->content_type, "text/html");
  EXPECT_EQ(client(*server, "").call({"GET", "/other"})->status, 404);
  EXPECT_EQ(client(*server, "").call({"POST", "/"})->status, 405);
  EXPECT_EQ(client(*server, "").call({"GET", "/api/v1/x"})->status, 401);
}

TEST(HttpServer, ARequestForAnotherHostIsRefused) {
  const auto server = start(echo, {.pages = echo});
  for (const char* path : {"/api/v1/x", "/"}) {
    const RawClient rebound(server->port());
    rebound.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: evil.test:" + std::to_string(server->port()) +
                 "\r\nAuthorization: Bearer " + kToken + "\r\n\r\n");
    EXPECT_THAT(rebound.receive(), StartsWith("HTTP/1.1 403"));
  }
}

TEST(HttpServer, AHandlersExceptionIsAnInternalError) {
  const auto server = start([](const ApiRequest& request) -> ApiResponse {
    if (request.path == "/api/v1/odd") throw 7;
    throw std::runtime_error("the secret path /home/x");
  });
  for (const char* path : {"/api/v1/x", "/api/v1/odd"}) {
    const auto response = client(*server).call({"GET", path});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(error_code(*response), "internal");
    EXPECT_EQ(response->body.find("secret"), std::string::npos);
  }
}

TEST(HttpServer, AConnectionServesSeveralRequests) {
  const auto server = start();
  const RawClient browser(server->port());
  for (const char* name : {"one", "two", "three"}) {
    browser.send(head(*server, std::string("GET /api/v1/") + name));
    EXPECT_THAT(browser.receive(name), HasSubstr(name));
  }
}

TEST(HttpServer, CallsRunSideBySide) {
  std::latch all(4);
  const auto server = start([&](const ApiRequest& request) {
    all.arrive_and_wait();
    return echo(request);
  });
  std::vector<std::future<int>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(std::async(std::launch::async, [&server] {
      const auto response = client(*server).call({"GET", "/api/v1/x"});
      return response ? response->status : 0;
    }));
  }
  for (auto& call : calls) EXPECT_EQ(call.get(), 200);
}

TEST(HttpServer, MoreCallsThanThreadsAreAllAnswered) {
  const auto server = start(echo, {.listen = {.address = "127.0.0.1", .max_threads = 2}});
  std::vector<std::future<int>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(std::async(std::launch::async, [&server] {
      const auto response = client(*server).call({"GET", "/api/v1/x"});
      return response ? response->status : 0;
    }));
  }
  for (auto& call : calls) EXPECT_EQ(call.get(), 200);
}

TEST(HttpServer, AStopLetsARunningCallFinish) {
  std::promise<void> entered;
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto server = start([&](const ApiRequest& request) {
    entered.set_value();
    released.wait();
    return echo(request);
  });
  auto call = std::async(std::launch::async, [&] { return client(*server).call({"GET", "/api/v1/slow"}); });
  entered.get_future().wait();
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(call.wait_for(milliseconds(50)), std::future_status::timeout);
  release.set_value();
  const auto response = call.get();
  stopper.join();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(response->body, HasSubstr("/api/v1/slow"));
  const auto after = client(*server).call({"GET", "/api/v1/x"});
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, ClientError::kUnreachable);
}

TEST(HttpServer, IdleAndHalfSentConnectionsDoNotDelayAStop) {
  const auto server = start();
  const RawClient silent(server->port());
  const RawClient kept(server->port());
  kept.send(head(*server, "GET /api/v1/one"));
  kept.receive("one");
  const RawClient half(server->port());
  half.send("GET /api/v1/x HTTP/1.1\r\nHos");
  const RawClient half_body(server->port());
  half_body.send(head(*server, "POST /api/v1/x", "Content-Length: 100\r\n") + "some");
  // One more round trip, so that the server has taken the others up.
  ASSERT_TRUE(client(*server).call({"GET", "/api/v1/x"}));
  const auto begin = steady_clock::now();
  server->stop();
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1500));
}

TEST(HttpServer, AStopAtTheHeelsOfARequestDoesNotWaitForAnIdleThread) {
  // Where a stop waits for Poco's idle time, ten seconds, one round in some hundred does, and the time is over.
  for (int i = 0; i < 1000; ++i) {
    const auto server = start();
    std::vector<std::jthread> callers;
    for (int j = 0; j < 3; ++j) {
      callers.emplace_back([&] { EXPECT_TRUE(client(*server).call({"GET", "/api/v1/x"})); });
    }
    callers.clear();
    server->stop();
  }
}

TEST(HttpServer, StoppingTwiceAndAtOnceIsHarmless) {
  const auto server = start();
  server->stop();
  server->stop();
}

TEST(HttpServer, ListensOnLoopbackOnlyAndWantsAToken) {
  for (const char* address : {"0.0.0.0", "192.168.1.1", "::", "localhost", ""}) {
    const auto server = HttpServer::start({.listen = {.address = address}, .token = "t"}, echo);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code, ServerError::kBadOption);
  }
  EXPECT_EQ(HttpServer::start({}, echo).error().code, ServerError::kBadOption);
}

TEST(HttpServer, APortInUseIsSaid) {
  const auto first = start();
  const auto second = HttpServer::start({.listen = {.address = "127.0.0.1", .port = first->port()}, .token = "t"}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ServerError::kInUse);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(first->port())));
}

TEST(ApiClient, ASilentDaemonIsATimeout) {
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto server = start([&](const ApiRequest&) {
    released.wait();
    return ApiResponse{};
  });
  const auto response = client(*server, kToken, milliseconds(100)).call({"GET", "/api/v1/x"});
  release.set_value();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ClientError::kTimeout);
}

TEST(ApiClient, WhatIsNotHttpOrCutOffIsAProtocolError) {
  for (const char* wire : {"", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"}) {
    const base::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    std::thread fake([&] {
      const base::UniqueFd fd(::accept(listener.get(), nullptr, nullptr));
      char buffer[4096];
      EXPECT_GT(::recv(fd.get(), buffer, sizeof buffer, 0), 0);
      ::send(fd.get(), wire, std::char_traits<char>::length(wire), MSG_NOSIGNAL);
    });
    const ApiClient api({"127.0.0.1", ntohs(here.sin_port), "t", 1}, milliseconds(3000));
    const auto response = api.call({"GET", "/api/v1/x"});
    fake.join();
    ASSERT_FALSE(response) << wire;
    EXPECT_EQ(response.error().code, ClientError::kProtocol) << response.error().message;
  }
}

}  // namespace
}  // namespace podswarm::web
