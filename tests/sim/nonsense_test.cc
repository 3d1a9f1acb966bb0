// Swarms with peers that send garbage, break off, choke at whim, or claim what they do not have.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/core/extension.h"
#include "tests/sim/hostile_swarm.h"
#include "tests/sim/raw_peer.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;
using Answer = Node::Options::Answer;

constexpr std::uint32_t kPieces = 320;

base::Bytes random_bytes(SmallRandom& random, std::size_t size) {
  base::Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 11);
  return bytes;
}

base::Bytes message(std::uint32_t length, std::uint8_t id, base::ByteView body) {
  base::Bytes bytes(5);
  base::store_be32(bytes.data(), length);
  bytes[4] = id;
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

template <std::size_t N>
base::Bytes bytes_of(const std::array<std::uint8_t, N>& array) {
  return {array.begin(), array.end()};
}

base::Bytes bitfield(const Bitfield& pieces) {
  base::Bytes bytes;
  append_bitfield(bytes, pieces);
  return bytes;
}

base::Bytes extended(std::uint8_t id, base::ByteView payload) {
  base::Bytes bytes;
  append_extended(bytes, id, payload);
  return bytes;
}

base::Bytes block(const BlockRef& ref) {
  base::Bytes bytes = bytes_of(encode_piece_header(ref));
  bytes.resize(bytes.size() + ref.length, 'x');
  return bytes;
}

struct Garbage {
  const char* name;
  bool fast;
  RawPeer::Say say;
};

const std::vector<Garbage>& garbage() {
  static const std::vector<Garbage> all{
      {"random bytes", true, [](SmallRandom& random, std::size_t) { return random_bytes(random, 1000); }},
      {"a bitfield that is too long", true,
       [](SmallRandom&, std::size_t) { return bitfield(Bitfield(kPieces + 9, true)); }},
      {"a bitfield that is too short", true,
       [](SmallRandom&, std::size_t) { return bitfield(Bitfield(kPieces / 2, true)); }},
      {"bitfields without end", true, [](SmallRandom&, std::size_t) { return bitfield(Bitfield(kPieces, true)); }},
      {"haves that do not exist", true,
       [](SmallRandom&, std::size_t n) {
         return bytes_of(encode_index(WireId::kHave, kPieces + static_cast<std::uint32_t>(n)));
       }},
      {"requests that do not exist", true,
       [](SmallRandom&, std::size_t) {
         return bytes_of(encode_block(WireId::kRequest, {kPieces, 0, kBlockSize}));
       }},
      {"requests over the edge of a piece", true,
       [](SmallRandom&, std::size_t) {
         return bytes_of(encode_block(WireId::kRequest, {1, 0xffffc000u, kBlockSize}));
       }},
      {"blocks that do not exist", true,
       [](SmallRandom&, std::size_t) {
         return block({kPieces + 7, 0, kBlockSize});
       }},
      {"blocks that nobody asked for", false,
       [](SmallRandom&, std::size_t n) {
         return block({static_cast<std::uint32_t>(n) % kPieces, 0, kBlockSize});
       }},
      {"a huge length", true, [](SmallRandom&, std::size_t) { return message(0xffffffffu, 7, {}); }},
      {"a huge length of an unknown message", true,
       [](SmallRandom&, std::size_t) { return message(0x7fffffffu, 99, {}); }},
      {"a wrong length", true, [](SmallRandom&, std::size_t) { return message(9, 0, base::Bytes(8)); }},
      {"unknown messages without end", true,
       [](SmallRandom& random, std::size_t) { return message(101, 77, random_bytes(random, 100)); }},
      {"extension handshakes without end", true,
       [](SmallRandom&, std::size_t n) {
         ExtensionHandshake handshake;
         handshake.ut_metadata = static_cast<std::uint8_t>(n);
         handshake.metadata_size = static_cast<std::uint32_t>(n * 1000);
         return extended(0, encode_extension_handshake(handshake));
       }},
      {"extension messages of random bytes", true,
       [](SmallRandom& random, std::size_t n) {
         return extended(static_cast<std::uint8_t>(n % 6), random_bytes(random, 500));
       }},
      {"rejects of what nobody asked for", true,
       [](SmallRandom&, std::size_t) {
         return bytes_of(encode_block(WireId::kRejectRequest, {1, 0, kBlockSize}));
       }},
  };
  return all;
}

// Peers by hand in a swarm, that all honest ones know.
class RawSwarm : public HostileSwarm {
 public:
  explicit RawSwarm(std::uint64_t chance) : HostileSwarm({.pieces = kPieces, .seed = chance}, 8) {}
  RawPeer& add_raw(bool fast, RawPeer::Say say) {
    Host& host = world.network().add(world.new_endpoint(), kSpeed);
    RawPeer::Options options{fast, std::move(say), world.random()()};
    auto& peer = raw.emplace_back(std::make_unique<RawPeer>(world.events(), host, world.torrent(), std::move(options)));
    seed->add_address(peer->endpoint());
    for (Node* node : honest) node->add_address(peer->endpoint());
    return *peer;
  }
  std::vector<std::unique_ptr<RawPeer>> raw;
};

class NonsenseTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  // How long honest peers take by themselves.
  double alone() const {
    RawSwarm swarm(GetParam());
    EXPECT_TRUE(swarm.run(300s));
    return mean_end(swarm.honest);
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, NonsenseTest, testing::Values(1, 2));

TEST_P(NonsenseTest, WhoSendsGarbageIsDisconnectedAndNotCalledAgainForLong) {
  RawSwarm swarm(GetParam());
  for (const Garbage& kind : garbage()) swarm.add_raw(kind.fast, kind.say);
  ASSERT_TRUE(swarm.run(300s));
  // They call, too.
  for (const auto& raw : swarm.raw) {
    for (const Node* node : swarm.honest) raw->call(node->endpoint());
  }
  swarm.report("16 of 25 send garbage");
  EXPECT_LT(mean_end(swarm.honest), alone() * 1.3);
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.2);
  swarm.world.run_for(15min);
  for (std::size_t i = 0; i < garbage().size(); ++i) {
    const RawPeer& raw = *swarm.raw[i];
    std::printf("  %s: %zu calls, at most %.1f s connected\n", garbage()[i].name, raw.calls(), raw.longest_seconds());
    EXPECT_EQ(raw.open(), 0u) << garbage()[i].name;
    EXPECT_GT(raw.calls(), 0u);
    EXPECT_LE(raw.calls(), swarm.honest.size() + 1) << garbage()[i].name;
    EXPECT_LT(raw.longest_seconds(), 15) << garbage()[i].name;
  }
}

TEST_P(NonsenseTest, WhoClaimsToHaveEverythingAndSendsNothingHoldsNobodyUp) {
  RawSwarm swarm(GetParam());
  const auto claims = [](SmallRandom&, std::size_t n) {
    base::Bytes bytes;
    if (n > 0) return bytes;
    bytes = bitfield(Bitfield(kPieces, true));
    append(bytes, encode_plain(WireId::kUnchoke));
    return bytes;
  };
  const auto claims_one_by_one = [](SmallRandom&, std::size_t n) {
    base::Bytes bytes;
    if (n == 0) append(bytes, encode_plain(WireId::kUnchoke));
    if (n < kPieces) append(bytes, encode_index(WireId::kHave, static_cast<std::uint32_t>(n)));
    return bytes;
  };
  for (const bool fast : {true, false}) {
    swarm.add_raw(fast, claims);
    swarm.add_raw(fast, claims_one_by_one);
  }
  ASSERT_TRUE(swarm.run(300s));
  swarm.report("4 of 13 claim and do not give");
  const double time = alone();
  std::printf("%.1f s, alone %.1f s\n", mean_end(swarm.honest), time);
  EXPECT_LT(mean_end(swarm.honest), time + 25);  // they are given up after 20 s
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.08);
}

TEST_P(NonsenseTest, WhoBreaksOffInTheMiddleOfPiecesHoldsNobodyUp) {
  HostileSwarm swarm({.pieces = kPieces, .seed = GetParam()}, 8);
  int breaks = 0;
  for (int i = 0; i < 4; ++i) {
    Node::Options options;
    options.answer = [&swarm, &breaks, i](const BlockRef&, const PeerCore&) {
      if (swarm.world.random()() % 30 == 0) {
        ++breaks;
        swarm.world.events().after(
            5ms, [&swarm, i] { swarm.hostile[static_cast<std::size_t>(i)]->host().break_connections(); });
      }
      return Answer::kServe;
    };
    swarm.hostile.push_back(&swarm.world.add_seed(HostileSwarm::kSpeed, options));
  }
  ASSERT_TRUE(swarm.run(300s));
  swarm.report("4 of 13 break off");
  const double time = alone();
  std::printf("%d times, %.1f s, alone %.1f s\n", breaks, mean_end(swarm.honest), time);
  EXPECT_GT(breaks, 4);
  EXPECT_LT(mean_end(swarm.honest), time * 1.2);
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.1);
}

TEST_P(NonsenseTest, WhoChokesAndUnchokesAtWhimIsGivenToAndHoldsNobodyUp) {
  HostileSwarm swarm({.pieces = kPieces, .seed = GetParam()}, 8);
  for (int i = 0; i < 4; ++i) {
    Node::Options options;
    options.choke_pause = 300ms;
    swarm.hostile.push_back(i % 2 == 0 ? &swarm.world.add(HostileSwarm::kSpeed, options)
                                       : &swarm.world.add_seed(HostileSwarm::kSpeed, options));
  }
  ASSERT_TRUE(swarm.run(300s));
  ASSERT_TRUE(swarm.world.run_until_complete(swarm.hostile, 300s));
  swarm.report("4 of 13 choke at whim");
  const double time = alone();
  std::printf("%.1f s, alone %.1f s\n", mean_end(swarm.honest), time);
  EXPECT_LT(mean_end(swarm.honest), time * 1.3);
  EXPECT_EQ(swarm.honest_bans(), 0);
  EXPECT_LT(swarm.waste(), 0.15);
}

}  // namespace
}  // namespace podswarm::engine::sim
