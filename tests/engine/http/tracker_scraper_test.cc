#include "engine/net/tracker_scraper.h"

#include <algorithm>

#include "engine/net/udp_tracker.h"
#include "tests/engine/http/http_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {
namespace {

InfoHash hash_of(std::size_t n) {
  InfoHash hash{};
  hash[0] = static_cast<std::uint8_t>(n);
  return hash;
}

class TrackerScraperTest : public HttpFixture {
 protected:
  TestHttpServer server;
  std::shared_ptr<UdpTrackers> udp = std::make_shared<UdpTrackers>(io, client.resolver(), TrackerClientOptions{});
  TrackerScraper scraper{client, udp, HttpRequest{}, std::chrono::milliseconds(5'000)};
};

TEST_F(TrackerScraperTest, WhoAsksMeanwhileSharesTheNextRequest) {
  ScrapeResponse all;
  for (std::size_t n = 0; n < 60; ++n) all.push_back({hash_of(n), {static_cast<std::uint32_t>(n), 2, 3}});
  server.on("/scrape", [body = std::string(base::as_text(encode_scrape_response(all)))](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  std::size_t told = 0;
  for (std::size_t n = 0; n < 60; ++n) {
    scraper.scrape(server.url("/announce"), hash_of(n), [&told, n](const ScrapeCounts& counts) {
      EXPECT_EQ(counts.complete, n);
      EXPECT_EQ(counts.incomplete, 2u);
      ++told;
    });
  }
  EXPECT_EQ(told, 0u);
  ASSERT_TRUE(run_until([&] { return told == 60; }));
  EXPECT_EQ(server.requests().size(), 3u) << "the first alone, fifty, and the rest";
}

TEST_F(TrackerScraperTest, WhatDoesNotTellIsNotHeardOf) {
  server.on("/scrape", [](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nde"); });
  const auto unheard = [](const ScrapeCounts&) { ADD_FAILURE(); };
  scraper.scrape("udp://127.0.0.1/no-port", hash_of(1), unheard);
  scraper.scrape(server.url("/tracker"), hash_of(1), unheard);
  scraper.scrape(server.url("/announce"), hash_of(1), unheard);
  ASSERT_TRUE(run_until([&] { return server.requests().size() == 1; }));
  server.on("/scrape", [](TestExchange& x) { x.wait_for_close(); });
  {
    TrackerScraper gone(client, udp, HttpRequest{}, std::chrono::milliseconds(5'000));
    gone.scrape(server.url("/announce"), hash_of(2), unheard);
  }
  io.poll();
}

}  // namespace
}  // namespace podswarm::engine::testing
