// A torrent's connections on loopback, without the torrent.
#include "engine/peer_set.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "engine/net/listener.h"

namespace podswarm::engine {
namespace {

PeerId id_of(char name) {
  PeerId id;
  id.fill(static_cast<std::uint8_t>(name));
  return id;
}

// One engine's share of it: what a session makes for its torrents, and a listener that counts who calls.
struct Machine {
  explicit Machine(boost::asio::io_context& context, boost::asio::thread_pool& workers, char name)
      : disk(context, workers, 1),
        timers(context),
        up(timers, bucket),
        down(timers, bucket),
        http(context, workers),
        trackers(context, http, {}),
        dialer(context, "127.0.0.1"),
        cache(disk, chunks, [] {}),
        listener(context, "127.0.0.1", 0,
                 [this](const InfoHash&, std::unique_ptr<Transport> transport, base::Bytes received) {
                   ++calls;
                   if (peers != nullptr) return peers->accept(std::move(transport), std::move(received));
                   transport->close();
                 }),
        services{context, options,  disk, files, chunks, cache,    unread,      timers,          dialer,
                 http,    trackers, up,   down,  random, external, id_of(name), listener.port(), connections} {}

  [[nodiscard]] Endpoint endpoint() const { return Endpoint::v4({127, 0, 0, 1}, listener.port()); }

  EngineOptions options;
  std::size_t connections = 0;
  TokenBucket bucket;
  SmallRandom random{1};
  ExternalAddress external;
  DiskQueue disk;
  FilePool files{4, {}};
  ChunkPool chunks{1 << 20};
  TimerQueue timers;
  Throttle up;
  Throttle down;
  HttpClient http;
  TrackerClient trackers;
  Dialer dialer;
  WakeList unread;
  BlockCache cache;
  int calls = 0;
  PeerSet* peers = nullptr;
  Listener listener;
  Services services;
};

// One torrent whose metadata nobody has.
class Exchange final : private SwarmHost {
 public:
  explicit Exchange(Machine& machine)
      : machine_(machine), swarm_(options(machine), *this), peers(machine.services, swarm_, setup(machine), 1) {
    machine_.peers = &peers;
  }
  ~Exchange() {
    peers.close();
    machine_.peers = nullptr;
  }

 private:
  static Swarm::Options options(const Machine& machine) {
    Swarm::Options options;
    options.our_id = machine.services.peer_id;
    return options;
  }
  static PeerCore::Setup setup(const Machine& machine) {
    PeerCore::Setup setup;
    setup.our_id = machine.services.peer_id;
    return setup;
  }
  void attend(PeerCore& peer) override { peers.attend(peer); }
  void store(const BlockRef&, std::vector<Slice>) override {}
  void got_metadata(MetadataFetch::Candidate) override {}
  void got_peers(std::span<const PexPeer>) override {}
  void got_own_address(const Endpoint&, const Endpoint&) override {}
  void ban(const Endpoint& endpoint) override { peers.ban(endpoint); }
  void wake_at(base::SteadyTime) override {}

  Machine& machine_;
  Swarm swarm_;

 public:
  PeerSet peers;
};

class PeerSetTest : public ::testing::Test {
 protected:
  ~PeerSetTest() override { workers.join(); }
  bool run_until(const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened()) {
      io.run_one_for(std::chrono::milliseconds(50));
      if (std::chrono::steady_clock::now() >= deadline) return false;
    }
    return true;
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work = boost::asio::make_work_guard(io);
  boost::asio::thread_pool workers{1};
  Machine us{io, workers, 'u'};
  Machine them{io, workers, 't'};
};

TEST_F(PeerSetTest, OurselvesAmongATrackersPeersAreCalledOnceAndForgotten) {
  Exchange ours(us), theirs(them);
  ours.peers.add_address(us.endpoint(), PeerBook::Source::kTracker);
  ASSERT_TRUE(run_until([&] { return us.calls == 1 && ours.peers.book().size() == 0 && ours.peers.size() == 0; }));
  // The next answers name us again, and somebody else.
  for (const auto source : {PeerBook::Source::kTracker, PeerBook::Source::kExchange, PeerBook::Source::kUser}) {
    ours.peers.add_address(us.endpoint(), source);
  }
  ours.peers.add_address(them.endpoint(), PeerBook::Source::kTracker);
  EXPECT_EQ(ours.peers.book().size(), 1u);
  ASSERT_TRUE(run_until([&] { return them.calls == 1; }));
  EXPECT_EQ(us.calls, 1);
  EXPECT_EQ(us.connections, 1u);
}

TEST_F(PeerSetTest, CallsThatThereIsNoRoomForAreMadeWhenThereIs) {
  us.dialer.set_limits(0, 0);
  Exchange theirs(them);
  {
    Exchange gone(us);
    gone.peers.add_address(them.endpoint(), PeerBook::Source::kTracker);
  }
  Exchange ours(us);
  ours.peers.add_address(them.endpoint(), PeerBook::Source::kTracker);
  EXPECT_EQ(us.connections, 0u);
  us.dialer.set_limits(1, 0);
  ASSERT_TRUE(run_until([&] { return them.calls == 1; }));
  EXPECT_EQ(us.connections, 1u);
}

TEST_F(PeerSetTest, WhereOnlyPublicAddressesAreAllowedOnlyAUsersPeersMayBeOthers) {
  Exchange theirs(them);
  Exchange ours(us);
  ours.peers.public_only();
  for (const auto source :
       {PeerBook::Source::kMagnet, PeerBook::Source::kResume, PeerBook::Source::kTracker, PeerBook::Source::kExchange}) {
    ours.peers.add_address(them.endpoint(), source);
    EXPECT_EQ(ours.peers.book().size(), 0u);
  }
  ours.peers.add_address(them.endpoint(), PeerBook::Source::kUser);
  ASSERT_TRUE(run_until([&] { return them.calls == 1; }));
}

}  // namespace
}  // namespace podswarm::engine
