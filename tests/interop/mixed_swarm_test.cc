// One swarm of every client there is, with us in it.

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

}  // namespace
}  // namespace podswarm::interop
