// Metadata messages, fed to an assembly.
#include "engine/core/ut_metadata.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = engine::decode_ut_metadata({data, size});
  if (!message) return 0;
  engine::MetadataAssembly assembly(message->total_size == 0 ? 20'000 : message->total_size);
  (void)assembly.add(message->piece, message->data);
  (void)engine::encode_ut_metadata_answer({data, size}, message->piece);
  return 0;
}
