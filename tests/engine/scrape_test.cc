// A tracker that does not say how many it counts, unless it is asked (BEP 48).
#include <thread>

#include "engine/core/tracker_http.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine {
namespace {

TEST(ScrapeTest, ATrackerThatKeepsItsCountsToItselfIsAskedOnce) {
  testing::TestHttpServer tracker;
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(500'000, 64 * 1024, 1, {{tracker.url("/announce")}});
  const auto answer = [](const std::string& body) {
    return [text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                   body](testing::TestExchange& exchange) { exchange.send(text); };
  };
  tracker.on("/announce", answer("d8:intervali1800e5:peers0:e"));
  tracker.on("/scrape",
             answer(std::string(base::as_text(encode_scrape_response({{torrent.info_hash(), {7, 3, 100}}})))));
  TestEngine engine;
  engine->add(TestEngine::download(1, torrent, folder.path()));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!engine.status(1).tracker_seeds && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(engine.status(1).tracker_seeds, 7u);
  EXPECT_EQ(engine.status(1).tracker_leechers, 3u);
  EXPECT_EQ(tracker.requests().size(), 2u);
}

}  // namespace
}  // namespace podswarm::engine
