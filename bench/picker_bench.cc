// The piece picker of a torrent of 100,000 pieces (of 1 MiB) with 50 peers, each of which has half of them.

#include <benchmark/benchmark.h>

#include "engine/core/piece_picker.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPieces = 100'000;
constexpr std::uint32_t kPieceSize = 1u << 20;
constexpr std::size_t kPeers = 50;

Bitfield random_half(SmallRandom& random) {
  Bitfield pieces(kPieces);
  for (std::uint32_t i = 0; i < kPieces; ++i) {
    if (random() % 2 == 0) pieces.set(i);
  }
  return pieces;
}

class Picking {
 public:
  Picking() : picker_({kPieces, [](std::uint32_t) { return kPieceSize; }, {}}, 1) {
    for (std::size_t i = 0; i < kPeers; ++i) {
      peers_.push_back(random_half(random_));
      picker_.add_peer(peers_.back());
    }
    // Past the first pieces, which are picked at random.
    for (std::uint32_t i = 0; i < 100; ++i) picker_.set_have(i);
  }

  PiecePicker& picker() { return picker_; }
  [[nodiscard]] const Bitfield& peer(std::size_t i) const { return peers_[i % kPeers]; }
  SmallRandom& random() { return random_; }

  void pick(std::size_t peer, std::size_t count, std::vector<BlockRef>& out) {
    PiecePicker::Request request;
    request.peer = static_cast<PeerKey>(peer % kPeers + 1);
    request.pieces = &this->peer(peer);
    request.count = count;
    request.peers = kPeers;
    picker_.pick(
        request, [](const BlockRef&) { return false; }, out);
  }

 private:
  SmallRandom random_{20261120};
  PiecePicker picker_;
  std::vector<Bitfield> peers_;
};

// A peer joins and leaves: availability of half of all pieces goes up and down.
void picker_add_and_remove_peer(benchmark::State& state) {
  Picking world;
  const Bitfield pieces = random_half(world.random());
  for (auto _ : state) {
    world.picker().add_peer(pieces);
    world.picker().remove_peer(pieces);
  }
}

void picker_add_and_remove_seed(benchmark::State& state) {
  Picking world;
  const Bitfield pieces(kPieces, true);
  for (auto _ : state) {
    world.picker().add_peer(pieces);
    world.picker().remove_peer(pieces);
  }
}

// HAVE messages, in rounds over all pieces.
void picker_have(benchmark::State& state) {
  Picking world;
  std::uint32_t piece = 0;
  for (auto _ : state) {
    world.picker().add_have(piece);
    piece = (piece + 7) % kPieces;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// A download as it goes: peers in turn pick some blocks, which come and complete pieces.
void picker_pick_and_receive(benchmark::State& state) {
  auto world = std::make_unique<Picking>();
  std::vector<BlockRef> blocks;
  std::size_t peer = 0;
  std::int64_t received = 0;
  for (auto _ : state) {
    blocks.clear();
    world->pick(peer, static_cast<std::size_t>(state.range(0)), blocks);
    const auto key = static_cast<PeerKey>(peer % kPeers + 1);
    for (const BlockRef& block : blocks) {
      if (world->picker().received(block, key).piece_complete) world->picker().passed(block.piece);
    }
    received += static_cast<std::int64_t>(blocks.size());
    ++peer;
    if (world->picker().have().count() > kPieces / 2) {
      state.PauseTiming();
      world = std::make_unique<Picking>();
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(received);
}

BENCHMARK(picker_add_and_remove_peer)->Unit(benchmark::kMicrosecond);
BENCHMARK(picker_add_and_remove_seed)->Unit(benchmark::kNanosecond);
BENCHMARK(picker_have);
BENCHMARK(picker_pick_and_receive)->Arg(1)->Arg(16);

}  // namespace
}  // namespace podswarm::engine
