// Bencoding: a .torrent of 10,000 files, read and written. Bytes a second are of the encoded form.

#include <benchmark/benchmark.h>

#include "engine/core/bencode.h"
#include "engine/core/metainfo.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {
namespace {

NewTorrent many_files() {
  NewTorrent torrent;
  torrent.name = "archive";
  torrent.piece_length = 1u << 20;
  for (int i = 0; i < 10'000; ++i) {
    torrent.files.push_back({{"season " + std::to_string(i / 100), "episode " + std::to_string(i) + ".mp3"}, 1u << 20});
  }
  torrent.pieces.assign(torrent.files.size() * 20, 'x');
  return torrent;
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void bencode_decode(benchmark::State& state) {
  const base::Bytes torrent = encode_torrent(many_files());
  for (auto _ : state) benchmark::DoNotOptimize(BencodeDocument::parse(torrent));
  count(state, torrent.size());
}

void bencode_encode(benchmark::State& state) {
  const NewTorrent torrent = many_files();
  for (auto _ : state) benchmark::DoNotOptimize(encode_torrent(torrent));
  count(state, encode_torrent(torrent).size());
}

// With all checks of names, sizes and limits.
void metainfo_parse(benchmark::State& state) {
  const base::Bytes torrent = encode_torrent(many_files());
  for (auto _ : state) benchmark::DoNotOptimize(Metainfo::parse(torrent));
  count(state, torrent.size());
}

BENCHMARK(bencode_decode)->Unit(benchmark::kMicrosecond);
BENCHMARK(bencode_encode)->Unit(benchmark::kMicrosecond);
BENCHMARK(metainfo_parse)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace podswarm::engine
