// Verifying pieces of 1 MiB from memory, on one thread and on two: SHA-1 (v1), one after the other and side by side, and
// Merkle trees over SHA-256 (v2).

#include <benchmark/benchmark.h>

#include "engine/core/merkle.h"
#include "engine/core/torrent_writer.h"
#include "engine/disk/hasher.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPieceSize = 1u << 20;

Metainfo one_piece() {
  NewTorrent torrent;
  torrent.name = "piece";
  torrent.piece_length = kPieceSize;
  torrent.length = kPieceSize;
  torrent.pieces.assign(20, 'x');
  return *Metainfo::parse(encode_torrent(torrent));
}

void hash_v1(benchmark::State& state) {
  const Metainfo metainfo = one_piece();
  const base::Bytes data(kPieceSize, 'd');
  for (auto _ : state) {
    PieceHasher hasher(metainfo, 0);
    hasher.update(data);
    benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kPieceSize);
}

void hash_v1_side_by_side(benchmark::State& state) {
  const Metainfo metainfo = one_piece();
  const std::size_t count = PieceHasher::at_once(metainfo);
  const std::vector<base::Bytes> data(count, base::Bytes(kPieceSize, 'd'));
  const std::vector<base::ByteView> views(data.begin(), data.end());
  std::vector<PieceHasher::Portions> portions;
  for (const base::ByteView& view : views) portions.emplace_back(&view, 1);
  for (auto _ : state) {
    std::vector<PieceHasher> hashers;
    for (std::size_t i = 0; i < count; ++i) hashers.emplace_back(metainfo, 0);
    std::vector<PieceHasher*> pointers;
    for (PieceHasher& hasher : hashers) pointers.push_back(&hasher);
    PieceHasher::update(pointers, portions);
    for (PieceHasher& hasher : hashers) benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * count) * kPieceSize);
}

void hash_v2(benchmark::State& state) {
  const base::Bytes data(kPieceSize, 'd');
  for (auto _ : state) {
    benchmark::DoNotOptimize(merkle_root(merkle_leaves(data), kPieceSize / kMerkleLeafSize, merkle_pad(0)));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kPieceSize);
}

BENCHMARK(hash_v1)->Unit(benchmark::kMicrosecond)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(hash_v1_side_by_side)->Unit(benchmark::kMicrosecond)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(hash_v2)->Unit(benchmark::kMicrosecond)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace podswarm::engine
