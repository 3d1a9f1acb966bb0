// The peer wire protocol: messages decoded as they come from the socket, and encoded.

#include <benchmark/benchmark.h>

#include "engine/core/peer_wire.h"
#include "engine/core/send_queue.h"

namespace podswarm::engine {
namespace {

constexpr std::size_t kRead = 256 * 1024;

// `stream` over and over, in reads of kRead bytes.
void decode(benchmark::State& state, const base::Bytes& stream, std::int64_t messages) {
  WireDecoder decoder;
  WireEvent event;
  for (auto _ : state) {
    for (std::size_t at = 0; at < stream.size(); at += kRead) {
      base::ByteView input = base::ByteView(stream).subspan(at, std::min(kRead, stream.size() - at));
      while (decoder.next(input, event) == WireDecoder::Step::kEvent) benchmark::DoNotOptimize(event);
    }
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(stream.size()));
  state.SetItemsProcessed(rounds * messages);
}

void wire_decode_pieces(benchmark::State& state) {
  constexpr std::uint32_t kBlocks = 1024;
  base::Bytes stream;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    append(stream, encode_piece_header({i / 64, i % 64 * kBlockSize, kBlockSize}));
    stream.resize(stream.size() + kBlockSize);
  }
  decode(state, stream, kBlocks);
}

void wire_decode_requests(benchmark::State& state) {
  constexpr std::uint32_t kRequests = 100'000;
  base::Bytes stream;
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    append(stream, encode_block(WireId::kRequest, {i / 64, i % 64 * kBlockSize, kBlockSize}));
  }
  decode(state, stream, kRequests);
}

void wire_decode_haves(benchmark::State& state) {
  constexpr std::uint32_t kHaves = 100'000;
  base::Bytes stream;
  for (std::uint32_t i = 0; i < kHaves; ++i) append(stream, encode_index(WireId::kHave, i));
  decode(state, stream, kHaves);
}

// Into the queue and out of it, as much as a peer is asked for at once.
void wire_encode_requests(benchmark::State& state) {
  constexpr std::uint32_t kRequests = 256;
  SendQueue queue;
  std::array<base::ByteView, 64> parts;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < kRequests; ++i) {
      queue.append(encode_block(WireId::kRequest, {i / 64, i % 64 * kBlockSize, kBlockSize}));
    }
    benchmark::DoNotOptimize(queue.gather(parts));
    queue.consume(queue.size());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kRequests);
}

BENCHMARK(wire_decode_pieces)->Unit(benchmark::kMicrosecond);
BENCHMARK(wire_decode_requests)->Unit(benchmark::kMicrosecond);
BENCHMARK(wire_decode_haves)->Unit(benchmark::kMicrosecond);
BENCHMARK(wire_encode_requests)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace podswarm::engine
