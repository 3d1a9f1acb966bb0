// One swarm of every client there is and of a web server, with us in it.

#include <algorithm>
#include <map>

#include "tests/interop/interop_fixture.h"

namespace podswarm::interop {
namespace {

using MixedSwarm = Interop;

TEST_F(MixedSwarm, EverybodyFetchesFromOneSeedAndFromUs) {
  PODSWARM_NEED_ISOLATION();
  PODSWARM_NEED_PROGRAM("opentracker");
  for (const std::string& program : test::kClients) PODSWARM_NEED_PROGRAM(program);
  const engine::TestTorrent torrent = many_files(1024 * 1024, {{test::Opentracker::announce_url(tracker_port())}});
  start_tracker(torrent);

  // The seed is slow enough that whoever comes late finds others to ask.
  torrent.put(folder_.path() / "seed", true);
  const auto seed = test::start_client("rtorrent", {folder_.path() / "seeder", "198.18.0.10", 2048});
  seed->seed(bytes_of(torrent), info_hash(torrent), folder_.path() / "seed");

  std::map<std::string, std::unique_ptr<test::Client>> others;
  for (const std::string& program : test::kClients) {
    others[program] =
        test::start_client(program, {folder_.path() / program, fmt::format("198.18.0.{}", 11 + others.size())});
  }
  start_engine();
  begin();
  (*engine_)->add(engine::TestEngine::download(1, torrent, ours()));
  for (const auto& [program, client] : others) {
    fs::create_directories(theirs() / program);
    client->add(bytes_of(torrent), theirs() / program);
  }

  EXPECT_TRUE(test::eventually([&] { return engine_->seen<engine::Finished>(1).has_value(); }, kPatience)) << state();
  report("the swarm to us");
  torrent.expect_in(ours());
  for (const auto& [program, client] : others) {
    EXPECT_TRUE(test::eventually([&] { return client->complete(info_hash(torrent)); }, kPatience))
        << program << state();
    report("the swarm to " + program);
    torrent.expect_in(theirs() / program, client->makes_empty_files());
  }
  EXPECT_GT(engine_->status(1).uploaded, 0u);
}

// The web server is as slow as the seed: neither could bring us all of it by itself in the time that it takes.
TEST_F(MixedSwarm, AWebServerGivesToUsBesideThem) {
  PODSWARM_NEED_ISOLATION();
  PODSWARM_NEED_PROGRAM("opentracker");
  PODSWARM_NEED_PROGRAM("nginx");
  for (const std::string& program : test::kClients) PODSWARM_NEED_PROGRAM(program);
  const engine::TestTorrent torrent = many_files(256 * 1024, {{test::Opentracker::announce_url(tracker_port())}});
  start_tracker(torrent);
  const test::Nginx server(folder_.path() / "nginx", "location /show/ { limit_rate 400k; }");
  torrent.put(server.root());
  torrent.put(folder_.path() / "seed", true);
  const auto seed = test::start_client("rtorrent", {folder_.path() / "seeder", "198.18.0.10", 400});
  seed->seed(bytes_of(torrent), info_hash(torrent), folder_.path() / "seed");
  std::map<std::string, std::unique_ptr<test::Client>> others;
  for (const std::string& program : test::kClients) {
    others[program] =
        test::start_client(program, {folder_.path() / program, fmt::format("198.18.0.{}", 11 + others.size())});
    fs::create_directories(theirs() / program);
    others[program]->add(bytes_of(torrent), theirs() / program);
  }
  start_engine();
  begin();
  engine::AddDownload add = engine::TestEngine::download(1, torrent, ours());
  add.web_seeds = {server.url("/")};
  (*engine_)->add(std::move(add));

  EXPECT_TRUE(test::eventually([&] { return engine_->seen<engine::Finished>(1).has_value(); }, kPatience)) << state();
  report("the swarm and a web server to us");
  torrent.expect_in(ours());
  for (const auto& [program, client] : others) {
    EXPECT_TRUE(test::eventually([&] { return client->complete(info_hash(torrent)); }, kPatience))
        << program << state();
    torrent.expect_in(theirs() / program, client->makes_empty_files());
  }
  const auto requests = server.requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const std::string& line) {
    return line.find(" 206 ") != std::string::npos && line.find("Podswarm") != std::string::npos;
  })) << "it was not asked for anything";
  EXPECT_EQ(engine_->status(1).web_seed_message, "");
  EXPECT_GT(engine_->status(1).uploaded, 0u) << "what came from the server went on to the others";
}

}  // namespace
}  // namespace podswarm::interop
