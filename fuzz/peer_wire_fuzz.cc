// The peer wire: the same events however the stream is cut, and never a byte outside it.
#include <algorithm>
#include <cstdlib>

#include "engine/core/peer_wire.h"

namespace engine = podswarm::engine;
using podswarm::base::Bytes;
using podswarm::base::ByteView;

namespace {

// A digest of everything that was decoded, independent of how the stream was cut.
std::uint64_t run(ByteView stream, std::size_t chunk) {
  engine::WireDecoder decoder;
  std::uint64_t sum = 14695981039346656037u;
  const auto add = [&](std::uint64_t value) { sum = (sum ^ value) * 1099511628211u; };
  while (!stream.empty()) {
    const Bytes part(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(std::min(chunk, stream.size())));
    stream = stream.subspan(part.size());
    ByteView input = part;
    engine::WireEvent event;
    for (;;) {
      const auto step = decoder.next(input, event);
      if (step == engine::WireDecoder::Step::kError) return sum;
      if (step == engine::WireDecoder::Step::kNeedMore) break;
      if (event.kind != engine::WireEvent::Kind::kPieceData) {
        add(static_cast<std::uint64_t>(event.kind));
        add(event.block.piece);
        add(event.block.length);
      }
      for (const std::uint8_t byte : event.data) add(byte);
    }
    if (!input.empty()) std::abort();
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView stream(data, size);
  const std::uint64_t whole = run(stream, std::max<std::size_t>(size, 1));
  if (run(stream, 1) != whole || run(stream, 7) != whole) std::abort();
  if (size >= engine::kHandshakeSize) (void)engine::decode_handshake(stream);
  return 0;
}
