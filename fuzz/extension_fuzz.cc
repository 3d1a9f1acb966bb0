// The extension handshake: what is read can be written and read again.
#include <cstdlib>

#include "engine/core/extension.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto handshake = engine::decode_extension_handshake({data, size});
  if (!handshake) return 0;
  const auto again = engine::decode_extension_handshake(engine::encode_extension_handshake(*handshake));
  if (!again || !(*again == *handshake)) std::abort();
  return 0;
}
