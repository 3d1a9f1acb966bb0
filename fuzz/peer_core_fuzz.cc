// A hostile peer against the whole exchange: every byte after a good handshake is the fuzzer's, in reads of its
// choosing, before and after the metadata is known.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/core/swarm.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {
namespace {

class Host final : public SwarmHost {
 public:
  void attend(PeerCore&) override {}
  void store(const BlockRef&, std::vector<Slice>) override {}
  void got_metadata(MetadataFetch::Candidate info) override { candidate = std::move(info); }
  void got_peers(std::span<const PexPeer>) override {}
  void got_own_address(const Endpoint&, const Endpoint&) override {}
  void ban(const Endpoint&) override {}
  void wake_at(base::SteadyTime) override {}

  MetadataFetch::Candidate candidate;  // to be hashed
};

const Metainfo& metainfo() {
  static const Metainfo made = [] {
    NewTorrent torrent;
    torrent.name = "fuzzed";
    torrent.piece_length = 64 * 1024;
    torrent.length = 20 * 64 * 1024 - 5;
    torrent.pieces.assign(20 * 20, 'x');
    return *Metainfo::parse(encode_torrent(torrent));
  }();
  return made;
}

void run(base::ByteView input) {
  static const FileLayout layout(metainfo());
  if (input.size() < 2) return;
  const bool knows_metadata = (input[0] & 1) != 0;
  const bool complete = (input[0] & 2) != 0;
  const std::size_t read_size = std::size_t{input[1]} + 1;
  input = input.subspan(2);

  Host host;
  Swarm::Options options;
  options.info_hash = metainfo().info_hash();
  Swarm swarm(options, host);
  base::SteadyTime now{std::chrono::hours(1)};
  const auto learn = [&] {
    swarm.set_metadata(layout, metainfo().info, false);
    swarm.set_have(Bitfield(layout.piece_count(), complete), now);
  };
  if (knows_metadata) learn();

  PeerCore::Setup setup;
  setup.key = swarm.next_key();
  setup.info_hash = options.info_hash;
  setup.endpoint = Endpoint::v4({192, 0, 2, 1}, 6881);
  ChunkPool pool(1 << 20);
  PeerCore peer(setup, swarm.peer_host(), now);
  swarm.add(peer, now);
  Handshake handshake;
  handshake.info_hash = options.info_hash;
  handshake.peer_id[0] = 1;
  swarm.receive(peer, encode_handshake(handshake), nullptr, now);
  for (std::size_t at = 0; at < input.size() && !peer.closed();) {
    const ChunkRef chunk = pool.acquire(ChunkPool::kSmall);
    const base::ByteView part = input.subspan(at, std::min(read_size, input.size() - at));
    std::copy(part.begin(), part.end(), chunk->data());
    swarm.receive(peer, base::ByteView(chunk->data(), part.size()), chunk, now);
    at += part.size();
    now += std::chrono::milliseconds(300);
    swarm.tick(now);
    if (const auto info = std::exchange(host.candidate, nullptr)) {
      swarm.metadata_checked(is_metadata_of(options.info_hash, *info));
    }
    if (!swarm.ready() && at > input.size() / 2) learn();
    while (!peer.uploads().empty()) peer.refuse(peer.uploads().front().block);
    peer.on_sent(peer.output().consume(peer.output().size()), now);
  }
  swarm.remove(peer, now);
}

}  // namespace
}  // namespace podswarm::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  podswarm::engine::run({data, size});
  return 0;
}
