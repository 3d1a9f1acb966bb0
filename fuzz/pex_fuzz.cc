// Peer exchange: bounded, and what is read can be written and read again.
#include <cstdlib>

#include "engine/core/pex.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = engine::decode_pex({data, size});
  if (!message) return 0;
  if (message->added.size() > engine::kMaxPexPeers || message->dropped.size() > engine::kMaxPexPeers) std::abort();
  const auto again = engine::decode_pex(engine::encode_pex(*message));
  if (!again || again->added.size() != message->added.size()) std::abort();
  return 0;
}
