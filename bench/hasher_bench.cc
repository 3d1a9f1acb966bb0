// Verifying pieces of 1 MiB from memory, on one thread and on two: SHA-1 (v1), Merkle trees over SHA-256 (v2).

#include <benchmark/benchmark.h>

#include "engine/core/merkle.h"
#include "engine/core/torrent_writer.h"
#include "engine/disk/hasher.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPieceSize = 1u << 20;

void hash_v1(benchmark::State& state) {
  NewTorrent torrent;
  torrent.name = "piece";
  torrent.piece_length = kPieceSize;
  torrent.length = kPieceSize;
  torrent.pieces.assign(20, 'x');
  const auto metainfo = Metainfo::parse(encode_torrent(torrent));
  const base::Bytes data(kPieceSize, 'd');
  for (auto _ : state) {
    PieceHasher hasher(*metainfo, 0);
    hasher.update(data);
    benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kPieceSize);
}

void hash_v2(benchmark::State& state) {
  const base::Bytes data(kPieceSize, 'd');
  for (auto _ : state) {
    benchmark::DoNotOptimize(merkle_root(merkle_leaves(data), kPieceSize / kMerkleLeafSize, merkle_pad(0)));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kPieceSize);
}

BENCHMARK(hash_v1)->Unit(benchmark::kMicrosecond)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(hash_v2)->Unit(benchmark::kMicrosecond)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace podswarm::engine
